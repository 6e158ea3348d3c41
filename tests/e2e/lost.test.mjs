// Nothing is lost: each mishap is provoked, and the work is still there. Rows 29, 73 and 74 of the feature table.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, manifest, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const TEXT = "apiVersion: v1\nkind: Service\nmetadata:\n  name: kept\nspec:\n  ports:\n  - port: 80\n";

test("row 74: a panic shows the text as it was; the next visit has it again", async () => {
  const page = await open(browser, server.url);
  await started(page);
  await editor(page).waitFor();
  await write(page, TEXT);
  await page.goto(`${server.url}#/debug/panic`);
  await page.reload();
  const panel = page.getByRole("alertdialog", { name: "Portside stopped" });
  await panel.waitFor();
  assert.match(await panel.locator("#crash-yaml").inputValue(), /name: kept/);
  await assertAccessible(page);
  await page.goto(server.url);
  await started(page);
  assert.match(await manifest(page), /name: kept/);
  await page.context().close();
});

test("each key is kept before anything looks at it", async () => {
  const page = await open(browser, server.url);
  await started(page);
  await editor(page).waitFor();
  await write(page, TEXT);
  assert.match(await page.evaluate(() => localStorage.getItem("portside.work")), /name: kept/);
  await page.context().close();
});

test("storage that is blocked: the page works, and keeps the text while it is open", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  await context.addInitScript(() => {
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
  });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(server.url);
  await started(page);
  await editor(page).waitFor();
  await write(page, TEXT);
  await editor(page).press("Control+Enter");
  await page.getByText("service/kept created").first().waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("storage that is full: the page works", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  await context.addInitScript(() => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(server.url);
  await started(page);
  await editor(page).waitFor();
  await write(page, TEXT);
  assert.equal(await manifest(page), TEXT);
  assert.deepEqual(errors, []);
  await context.close();
});

test("an editor that does not come: the text area does its work", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.route(/vendor\/editor\.js/, (route) => route.abort());
  await page.goto(server.url);
  await started(page);
  const area = page.locator("textarea#manifest");
  await area.fill(TEXT.replace("metadata", "metadta"));
  await page.locator(".problems").getByRole("button", { name: "Change to metadata" }).click();
  await page.waitForFunction(() => document.getElementById("manifest").value.includes("metadata:"));
  await assertAccessible(page);
  await area.press("Control+Enter");
  await page.getByText("service/kept created").first().waitFor();
  await context.close();
});

test("an editor that comes late takes over text, caret and focus", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(/vendor\/editor\.js/, async (route) => { await held; await route.continue(); });
  await page.goto(server.url);
  await started(page);
  const area = page.locator("textarea#manifest");
  await area.fill(TEXT);
  await area.evaluate((element) => element.setSelectionRange(12, 12));
  release();
  await editor(page).waitFor();
  await page.keyboard.type("X");
  await page.waitForFunction(() => portside.manifest().startsWith("apiVersion: Xv1"));
  await context.close();
});

test("texts that do not come are told of, and nothing else stops", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.route(/\/data\//, (route) => route.abort());
  await page.goto(server.url);
  await started(page);
  await editor(page).waitFor();
  await write(page, TEXT);
  await page.getByRole("button", { name: "Templates" }).click();
  await page.getByRole("alert").filter({ hasText: "did not come" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await manifest(page), TEXT);
  await context.close();
});

test("offline: what is open goes on working", async () => {
  const page = await open(browser, server.url);
  await started(page);
  await editor(page).waitFor();
  await page.context().setOffline(true);
  await write(page, TEXT);
  await editor(page).press("Control+Enter");
  await page.getByText("service/kept created").first().waitFor();
  await page.context().close();
});

test("a hidden tab: the clock stands still there and does not catch up", async () => {
  const page = await open(browser, server.url);
  await started(page);
  const clock = () => page.evaluate(() => /clock (\d+):(\d+)/.exec(document.querySelector(".status").textContent).slice(1).reduce((sum, part) => sum * 60 + Number(part), 0));
  // Frames stop, as they do in a hidden tab, and come again after five seconds.
  await page.evaluate(() => {
    globalThis.real = requestAnimationFrame.bind(window);
    globalThis.waiting = [];
    window.requestAnimationFrame = (call) => { waiting.push(call); return waiting.length; };
  });
  await page.waitForFunction(() => waiting.length > 0);
  const before = await clock();
  await page.waitForTimeout(5_000);
  await page.evaluate(() => { window.requestAnimationFrame = real; waiting.forEach((call) => real(call)); });
  await page.waitForTimeout(1_000);
  const passed = (await clock()) - before;
  assert.ok(passed < 4, `${passed} seconds were caught up`);
  await page.context().close();
});
