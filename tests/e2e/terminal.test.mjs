// The terminal's line in the built page: completion, readline's keys, the history, what was meant, pastes, tabs, waits.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt({})]); });
after(() => Promise.all([browser?.close(), server?.close()]));

async function begin(query, options = {}) {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  const line = page.locator("#command");
  await line.waitFor({ state: "attached" });
  return { page, line, text: () => line.inputValue() };
}

test("rows 47 and 48: a line is completed, edited, searched for and corrected", async () => {
  const { page, line, text } = await begin("?speed=0");
  await line.fill("kubectl des");
  await line.press("Tab");
  assert.equal(await text(), "kubectl describe ");
  await line.fill("kubectl get pods -n kube");
  for (let tabs = 0; tabs < 3; tabs += 1) await line.press("Tab");
  assert.equal(await text(), "kubectl get pods -n kube-");
  assert.match(await page.locator(".candidates").textContent(), /kube-public {2}kube-system/);
  // Kinds, names, flags.
  await line.fill("kubectl get servicea");
  await line.press("Tab");
  assert.equal(await text(), "kubectl get serviceaccounts ");
  await line.fill("kubectl describe service kuber");
  await line.press("Tab");
  assert.equal(await text(), "kubectl describe service kubernetes ");
  await line.fill("kubectl get pods --show-lab");
  await line.press("Tab");
  assert.match(await text(), /^kubectl get pods --show-labels/);
  await line.fill("kubectl get pods -n kube-");
  for (const key of ["Control+a", "Control+k"]) await line.press(key);
  assert.equal(await text(), "");
  await line.press("Control+y");
  assert.equal(await text(), "kubectl get pods -n kube-");
  for (const typed of ["echo one", "echo two"]) { await line.fill(typed); await line.press("Enter"); }
  const walked = [];
  for (const key of ["ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"]) { await line.press(key); walked.push(await text()); }
  assert.deepEqual(walked, ["echo two", "echo one", "echo two", ""]);
  await line.press("Control+r");
  await page.keyboard.type("one");
  assert.equal(await text(), "echo one");
  assert.match(await page.locator(".term-line .p").textContent(), /reverse-i-search/);
  await line.press("Enter");
  await page.keyboard.type("kubeclt get pods ");
  await page.locator(".term .note", { hasText: "Did you mean kubectl get pods" }).waitFor();
  await line.press("Tab");
  assert.equal(await text(), "kubectl get pods ");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 51: several terminals stand as tabs, and a paste is asked about once", async () => {
  const { page, line } = await begin("?speed=0");
  await line.fill("echo first");
  await line.press("Enter");
  await page.locator(".term-new").click();
  assert.equal(await page.locator(".term-tab").count(), 2);
  assert.equal(await page.locator(".block").count(), 0);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text", "echo a\necho b\n");
    document.getElementById("command").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.locator("[aria-label='Pasted lines']", { hasText: "2 lines" }).waitFor();
  await line.press("Enter");
  assert.equal(await page.locator(".block").count(), 2);
  // This one goes into a Pod, whose prompt, tab and title say so; the other stays where it was.
  await line.fill("kubectl run box --image=busybox --restart=Never -it -- sh");
  await line.press("Enter");
  await page.locator(".term-line .p", { hasText: "/ #" }).waitFor();
  await page.getByRole("region", { name: "Terminal, box, namespace default" }).waitFor();
  await page.locator(".term-tab.on", { hasText: "box" }).waitFor();
  await page.locator(".term-tab button").first().click();
  await page.locator(".term-line .p", { hasText: "$" }).waitFor();
  await page.locator(".block", { hasText: "echo first" }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a wait is shown with its clock, and ends within seconds", async () => {
  const { page, line } = await begin("?speed=1", { reducedMotion: "no-preference" });
  await line.fill("sleep 30; echo done");
  await line.press("Enter");
  await page.locator(".term-line .wait", { hasText: "of 0:30" }).waitFor();
  await page.locator(".block pre", { hasText: "done" }).waitFor({ timeout: 10_000 });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 46: a line that was typed is copied and run again", async () => {
  const { page, line } = await begin("?speed=0", { permissions: ["clipboard-read", "clipboard-write"] });
  await line.fill("echo once more");
  await line.press("Enter");
  await page.locator(".block").last().hover();
  await page.getByRole("button", { name: "Copy echo once more" }).click();
  await page.waitForFunction(() => document.querySelector("#said").textContent === "Copied.");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "echo once more");
  await page.getByRole("button", { name: "Run again: echo once more" }).click();
  assert.equal(await page.locator(".block").count(), 2);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
