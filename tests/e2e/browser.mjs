// Chromium for the tests, and a page that notes whatever it should not do.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

// The flags keep Chromium quiet on a closed network; no-sandbox is for root, as on a build machine.
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const executablePath = execFileSync("sh", ["-c", 'command -v "${CHROMIUM:-chromium}"'], { encoding: "utf8" }).trim();

export const launch = () => chromium.launch({ executablePath, args: FLAGS });

/**
 * Opens `url` in a context of its own. The page has `.complaints`: console errors, uncaught errors,
 * failed or refused requests, and requests that leave the origin. Options are those of `browser.newContext`.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const { origin } = new URL(url);
  page.on("console", (message) => { if (message.type() === "error") complaints.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  // Under load Chromium tells of the preloaded module as aborted, though the page starts from it; the rest may still be coming when a page is left.
  const isPreload = (request) => /_(bg|rest)\.wasm$/.test(request.url()) && request.failure()?.errorText === "net::ERR_ABORTED";
  page.on("requestfailed", (request) => isPreload(request) || complaints.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ""}`));
  page.on("response", (response) => { if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`); });
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol.startsWith("http") && target.origin !== origin) complaints.push(`left the origin: ${request.url()}`);
  });
  await page.goto(url);
  return Object.assign(page, { complaints });
}

/** Asserts that the page at `url`, whose block is `kind: Service`, embeds a playground that starts without a complaint. */
export async function assertEmbeds(browser, url) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  await page.goto(url);
  const yaml = await page.evaluate(async () => {
    const one = document.querySelector("portside-playground");
    await one.load();
    return one.getYaml();
  });
  assert.equal(yaml, "kind: Service\n");
  assert.deepEqual(complaints, []);
}

/** Resolves once the application has taken the loading screen away. */
export const started = (page) => page.locator("#app > .boot").waitFor({ state: "detached" });

/** The editor's island, once it has come. */
export const editor = (page) => page.locator(".cm-content");

/** The open manifest's text. */
export const manifest = (page) => page.evaluate(() => globalThis.portside.manifest());

/** Writes a text into the editor, in place of what is there. */
export async function write(page, text) {
  await editor(page).fill(text);
  await page.waitForFunction((text) => globalThis.portside.manifest() === text, text);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Asserts that axe-core finds nothing on the page as it now stands. */
export async function assertAccessible(page) {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async (runOnly) => (await globalThis.axe.run(document, { runOnly })).violations, AXE_TAGS);
  const lines = violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
  assert.deepEqual(lines, [], "axe-core finds violations");
}
