// A page of somebody's documentation with playgrounds in it: what the tests of the element share.

import assert from "node:assert/strict";

/** The policy that docs/embedding.md asks of a page. */
export const CSP = "default-src 'self'";

export const EVENTS = ["ready", "change", "diagnostics", "apply", "command", "trace", "check", "complete", "share", "resize", "error"];

/** Opens a host page: what it complains of, what it fetches, what its playgrounds tell, how much it moves. */
export async function openHost(browser, url, { csp = CSP, ...options } = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1000, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { complaints: [], wasm: 0, requests: [] };
  page.on("console", (message) => { if (message.type() === "error") seen.complaints.push(message.text()); });
  page.on("pageerror", (error) => seen.complaints.push(error.message));
  page.on("request", (request) => {
    seen.requests.push(request.url());
    if (request.url().endsWith(".wasm")) seen.wasm += 1;
  });
  // A page that is not what its server sent may fetch from no other host of this machine: `csp: null` leaves it as it is.
  if (csp) await page.route(url, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": csp } });
  });
  await page.addInitScript((names) => {
    if (window !== top) return;
    globalThis.events = [];
    globalThis.shifts = 0;
    for (const name of names) {
      document.addEventListener(`portside-${name}`, (event) => globalThis.events.push([name, event.detail, event.target.id]));
    }
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value; }).observe({ type: "layout-shift", buffered: true });
  }, EVENTS);
  await page.goto(url);
  return Object.assign(page, { seen });
}

/** The first playground of a page. */
export const element = (page) => page.locator("portside-playground").first();

/** What is in its frame. */
export const inner = (page) => page.frameLocator("portside-playground >> iframe");

/** Waits until a playground is in a state. */
export const state = (page, wanted, at = 0) => page.waitForFunction(({ wanted, at }) => document.querySelectorAll("portside-playground")[at].state === wanted, { wanted, at });

/** Calls a method of the first playground. */
export const ask = (page, method, ...args) => page.evaluate(([method, args]) => document.querySelector("portside-playground")[method](...args), [method, args]);

/** Waits for an event and gives its detail; with `holds`, for one of which that is true. */
export async function event(page, name, holds = () => true) {
  let found;
  await until(async () => {
    const details = await page.evaluate((name) => globalThis.events.filter(([told]) => told === name).map(([, detail]) => detail), name);
    found = details.find(holds);
    return found;
  });
  return found;
}

export async function until(holds) {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 120, "it takes too long");
    await new Promise((resolve) => { setTimeout(resolve, 125); });
  }
}
