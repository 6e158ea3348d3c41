// The page on a phone: one pane at a time, what happened in the others told by badges and the logbook's last line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

test("row 34: a phone shows chart, playback and the last line of the logbook; badges tell of the rest", async () => {
  const page = await open(browser, `${server.url}?speed=0`, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await started(page);
  const tab = (name) => page.locator(".tabs").getByRole("tab", { name });
  const badge = (name) => tab(name).locator(".badge").count();
  await page.locator(".map .node").first().waitFor({ state: "attached" });
  for (const line of ["cd ~/modern-devops/ch6/services/", "kubectl apply -f redis-clusterip.yaml", "kubectl run box --rm --restart=Never -it --image=busybox", "telnet redis 6379"]) {
    await page.evaluate((line) => globalThis.portside.type(line), line);
  }
  await page.locator(".last-row", { hasText: /REFUSED\s*no endpoints/ }).waitFor();
  assert.deepEqual([await badge("Terminal"), await badge("Logbook"), await badge("YAML")], [1, 1, 0]);
  for (const name of ["Step back to the hop before", "Pause the clock", "Step to the next hop"]) assert.ok(await page.getByRole("button", { name }).isVisible());
  assert.equal(await page.locator("#filter").isVisible(), false, "the tools are folded away");
  await page.getByRole("button", { name: "Speed, filter, zoom, table" }).click();
  await page.locator("#filter").waitFor();
  await assertAccessible(page);
  await tab("Terminal").click();
  await tab("Chart").click();
  assert.equal(await badge("Terminal"), 0, "what was seen is no news");
  await page.locator(".last-row .ref").click();
  await editor(page).waitFor();
  assert.equal(await tab("YAML").getAttribute("aria-selected"), "true");
  await write(page, "apiVersion: v1\nkind: Service\nmetadta:\n  name: a\n");
  await page.locator(".cm-problem").waitFor();
  assert.equal(await tab("YAML").locator(".badge").textContent(), "1");
  await tab("Chart").click();
  await page.locator(".refusal", { hasText: "Line 3" }).waitFor();
  await assertAccessible(page);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
