// Ten thousand Pods in the built page: what is drawn, and that it can be used.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const type = (page, line) => page.evaluate((line) => globalThis.portside.type(line), line);

test("row 68: ten thousand Pods are grouped, filtered, unfolded, and what is not ready stays in sight", { timeout: 240_000 }, async () => {
  const page = await open(browser, `${server.url}?speed=0`);
  await started(page);
  await editor(page).waitFor();
  // 110 Pods a node, as the kubelet allows.
  await write(page, Array.from({ length: 100 }, (_, i) => `apiVersion: v1\nkind: Node\nmetadata:\n  name: big-${i}\n`).join("---\n"));
  await editor(page).press("Control+Enter");
  await page.waitForFunction(() => globalThis.portside.transcript().includes("node/big-99 created"));
  for (let i = 0; i < 10; i++) {
    await type(page, `kubectl create deployment web-${i} --image=nginx --replicas=1000`);
    await type(page, `kubectl expose deployment web-${i} --port=80`);
    await page.evaluate(() => globalThis.portside.step(20_000));
  }
  await page.evaluate(() => globalThis.portside.step(60_000));
  const count = (filter) => page.evaluate((filter) => { globalThis.portside.type(`kubectl get pods --no-headers | ${filter}`); return Number(globalThis.portside.transcript().trimEnd().split("\n").at(-1)); }, filter);
  assert.equal(await count("wc -l"), 10_000);
  assert.ok(await count("grep -c Running") > 9_000);
  await page.locator(".notice", { hasText: /^Showing \d+ of 10,?\d{3} objects one by one/ }).waitFor();
  const drawn = () => page.locator(".map .node").count();
  assert.ok(await drawn() <= 500, `${await drawn()} are drawn`);
  await page.locator(".map", { hasText: /\+9[89]\d/ }).waitFor();
  await assertAccessible(page);
  // Pods that are not ready are drawn before those that are, and the others of them are counted.
  await type(page, "kubectl annotate pods -l app=web-3 portside.dev/fail=unready");
  await page.evaluate(() => globalThis.portside.step(30_000));
  await page.locator(".map", { hasText: /more, \d+ not ready/ }).waitFor();
  assert.ok(await page.locator(".map .node[data-place^='pod/'][aria-label*='not ready']").count() >= 6);
  // The filter answers while one types.
  await page.locator("#filter").pressSequentially("app=web-7");
  await page.getByText(/^Showing \d+ of 10,?\d{3} objects/).first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".map [data-place='service/default/web-7']").length > 0 && document.querySelectorAll(".map [data-place='service/default/web-6']").length === 0);
  await page.locator("#filter").fill("");
  // A namespace folds and unfolds.
  await page.locator(".fold", { hasText: "default" }).click();
  await page.locator(".map", { hasText: "10 Services, 10000 Pods" }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
