// The page paints at once and stays where it is; everyone can use it: rows 27 to 30 and 34 of the feature table.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

async function begin(options = {}, query = "?speed=0") {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  await page.locator("#command").waitFor({ state: "attached" });
  return page;
}

/** Opens a dialog of the head, which a narrow page keeps behind its menu. */
async function openSheet(page, name) {
  const direct = page.locator(".head").getByRole("button", { name, exact: true });
  if (await direct.isVisible()) return direct.click();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}

test("the page paints as it will be before the simulator has come, and nothing moves when it comes", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries().map((entry) => entry.value))).observe({ type: "layout-shift", buffered: true });
  });
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(/\.wasm$/, async (route) => { await held; await route.continue(); });
  await page.goto(server.url + "?speed=0", { waitUntil: "commit" });
  await page.locator(".poster .map").waitFor();
  const boxes = () => page.evaluate(() => [".head", ".editor", ".chart", ".dock", ".status"].map((name) => {
    const { x, y, width, height } = document.querySelector(`#app ${name}`).getBoundingClientRect();
    return [name, x, y, width, height].join(" ");
  }));
  const names = () => page.evaluate(() => document.querySelector("#app .map").textContent.match(/coredns-\S+|node-\d|kube-dns/g));
  const [before, poster] = [await boxes(), await names()];
  assert.equal(await page.locator(".poster").getAttribute("inert"), "");
  await assertAccessible(page);
  release();
  await started(page);
  await editor(page).waitFor();
  assert.deepEqual(await boxes(), before, "the regions stand where the poster drew them");
  assert.deepEqual(await names(), poster, "the poster shows another chart: run `make poster`");
  assert.deepEqual(await page.evaluate(() => globalThis.shifts.filter((value) => value > 0)), []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390, 320]) {
    test(`each dialog and the error can be used by everyone: ${colorScheme}, ${width} wide`, async () => {
      const page = await begin({ colorScheme, viewport: { width, height: 800 } });
      for (const name of ["Templates", "Cluster", "Help and keyboard shortcuts"]) {
        await openSheet(page, name);
        await page.locator("dialog.sheet").waitFor();
        if (name === "Templates") await page.locator(".cards li").first().waitFor();
        await assertAccessible(page);
        assert.equal(await page.evaluate(() => { const body = document.querySelector("dialog .sheet-body"); return body.scrollWidth > body.clientWidth; }), false, `${name} scrolls sideways`);
        await page.keyboard.press("Escape");
        await page.locator("dialog.sheet").waitFor({ state: "detached" });
      }
      if (width < 760) await page.getByRole("tab", { name: "YAML" }).click();
      await editor(page).waitFor();
      await write(page, "apiVersion: v1\nkind: Service\nmetadta:\n  name: a\n");
      await page.locator(".cm-problem").waitFor();
      await assertAccessible(page);
      await page.getByRole("button", { name: "Files, import and export" }).click();
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "the page scrolls sideways");
      await page.context().close();
    });
  }
}

test("whatever is pressed is 24 pixels and more each way", async () => {
  for (const width of [1280, 390]) {
    const page = await begin({ viewport: { width, height: 844 } });
    if (width < 760) await page.getByRole("tab", { name: "YAML" }).click();
    await editor(page).waitFor();
    const small = await page.evaluate(() => [...document.querySelectorAll("#app :is(button, select, summary, input:not(.vh, [type=checkbox]))")]
      .filter((element) => element.checkVisibility() && !element.closest("p, li, pre, [role=status], .term-body, .skips"))
      .map((element) => [element, element.getBoundingClientRect()])
      .filter(([, { width, height }]) => width > 0 && (width < 24 || height < 24))
      .map(([element, { width, height }]) => `${element.ariaLabel ?? element.textContent} ${Math.round(width)}×${Math.round(height)}`));
    assert.deepEqual(small, []);
    await page.context().close();
  }
});

test("row 28: in forced colours what is told by colour is told by shape and word too", async () => {
  const page = await begin({ forcedColors: "active" });
  await editor(page).waitFor();
  await write(page, "apiVersion: v1\nkind: Service\nmetadta:\n  name: a\n");
  await page.locator(".cm-problem", { hasText: "unknown field" }).waitFor();
  await page.locator(".pane-foot .state", { hasText: "problem" }).locator("svg").waitFor();
  // On the chart, in the logbook and on the path: symbols of their own, drawn in the system's colours, with the words beside.
  await page.evaluate(() => ["kubectl create service clusterip lone --tcp=80", "kubectl run box --rm --restart=Never -it --image=busybox", "telnet lone 80"].forEach((line) => globalThis.portside.type(line)));
  await page.locator(".stamp [href='#v-none']").waitFor({ state: "attached" });
  const row = page.locator(".rows tr.now");
  assert.equal(await row.locator("[href='#v-none']").count(), 1);
  assert.match(await row.textContent(), /REFUSED/);
  await page.locator(".path li.no", { hasText: "Endpoints" }).locator("svg").waitFor();
  const system = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    const of = (colour) => { probe.style.setProperty("color", colour); return getComputedStyle(probe).color; };
    const colours = { text: of("CanvasText"), canvas: of("Canvas"), mark: of("Highlight") };
    const wake = getComputedStyle(document.querySelector(".wake:not(.failed)"));
    const failed = getComputedStyle(document.querySelector(".wake.failed"));
    document.querySelector(".map .node[tabindex='0']").focus();
    return { colours, wake: wake.stroke, failed: failed.stroke, dashes: [wake.strokeDasharray, failed.strokeDasharray], pier: getComputedStyle(document.querySelector(".pier")).fill };
  });
  assert.equal(system.wake, system.colours.mark);
  assert.equal(system.failed, system.colours.text);
  assert.notEqual(system.dashes[0], system.dashes[1], "a failed way has other dashes");
  assert.equal(system.pier, system.colours.canvas);
  await assertAccessible(page);
  await page.context().close();
});

test("row 30: a dialog holds the focus while it is open and gives it back", async () => {
  const page = await begin();
  const button = page.getByRole("button", { name: "Cluster", exact: true });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.locator("dialog.sheet").waitFor();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), true);
  }
  await page.keyboard.press("Escape");
  await page.locator("dialog.sheet").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cluster");
  await page.context().close();
});

test("row 27: the theme is the system's, light or dark, and is remembered", async () => {
  const page = await begin({ colorScheme: "light" }, "");
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await paper(), light, "it follows the system");
  const dark = await paper();
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  assert.equal(await paper(), light, "whatever the system has");
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Theme: light" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await paper(), dark);
  await page.reload();
  await started(page);
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await page.context().close();
});
