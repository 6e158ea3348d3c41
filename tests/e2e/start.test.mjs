// The built page starts under a sub-path, and says so when it cannot.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

test("it starts below a sub-path, without a complaint", async () => {
  const page = await open(browser, server.url);
  await started(page);
  assert.equal(await page.title(), "Portside");
  assert.equal(await page.locator("#crash").isHidden(), true);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the loading screen and the panel of a failed start can be read by everyone", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.route(/\.wasm$/, (route) => route.abort());
  await page.goto(server.url);
  const panel = page.getByRole("alertdialog", { name: "Portside could not start" });
  await panel.waitFor();
  assert.match(await panel.locator("#crash-message").textContent(), /did not load/);
  assert.equal(await page.locator("#crash-yaml").isVisible(), false, "there is no work to rescue yet");
  assert.equal(await page.evaluate(() => document.activeElement.id), "crash-heading");
  await assertAccessible(page);
  await page.unroute(/\.wasm$/);
  await page.getByRole("button", { name: "Reload" }).click();
  await started(page);
  await context.close();
});

test("row 44: Reset workspace forgets what was stored and what the link brought", async () => {
  const page = await open(browser, `${server.url}?embed=1&seed=4#share`);
  await started(page);
  await page.evaluate(() => {
    localStorage.setItem("portside.workspace", "poison");
    localStorage.setItem("other", "kept");
    document.getElementById("crash").hidden = false;
  });
  const reloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Reset workspace" }).click();
  await reloaded;
  await started(page);
  assert.equal(page.url(), `${server.url}?embed=1`);
  assert.deepEqual(await page.evaluate(() => [localStorage.getItem("portside.workspace") === "poison", localStorage.getItem("other")]), [false, "kept"]);
  await page.context().close();
});

test("row 76: the same lines give the same log, byte for byte", async () => {
  const logs = [];
  for (let i = 0; i < 2; i++) {
    const page = await open(browser, `${server.url}?speed=0`);
    await started(page);
    await page.evaluate(() => { for (const line of ["kubectl create deployment web --image=nginx --replicas=3", "kubectl expose deployment web --port=80", "kubectl run box --restart=Never -it --rm --image=busybox -- wget -qO- web"]) { globalThis.portside.type(line); globalThis.portside.step(3_000); } });
    logs.push(await page.evaluate(() => globalThis.portside.events()));
    await page.context().close();
  }
  assert.ok(logs[0].length > 1_000);
  assert.equal(logs[0], logs[1]);
});

test("row 77: the page says that it simulates, and which Kubernetes", async () => {
  const page = await open(browser, `${server.url}?speed=0`);
  await started(page);
  assert.match(await page.locator(".status").innerText(), /^simulated\s+Kubernetes 1\.36/);
  await page.getByRole("button", { name: "Help and keyboard shortcuts" }).click();
  await page.getByRole("dialog").getByText("Everything here is simulated in this page").waitFor();
  await page.context().close();
});
