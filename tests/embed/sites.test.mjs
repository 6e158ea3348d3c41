// Example sites, each built and served by its own documentation tool: the block is read byte for byte, the playground runs, its
// checks pass, and nobody complains; a page under `default-src 'self'` and the two directives of docs/embedding.md hears no
// complaint that it would not hear without Portside. The snippets are those that the Share dialog gives.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { launch } from "../e2e/browser.mjs";
import { serveBuilt } from "../e2e/server.mjs";
import { MANIFEST, POLICY, SITES, makeFolder, openSite, serveSite } from "./sites.mjs";

let browser, sites, portside, snippets;
before(async () => {
  [browser, portside] = await Promise.all([launch(), serveBuilt()]);
  sites = makeFolder();
  const page = await browser.newPage();
  await page.goto(`${portside.url}?speed=0#p0=${deflateRawSync(MANIFEST).toString("base64url")}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const names = page.locator("#share").getByRole("button", { name: /^Copy: / });
  await names.first().waitFor();
  const texts = await page.locator("#share textarea").evaluateAll((areas) => areas.map((area) => area.value));
  const labels = await names.evaluateAll((buttons) => buttons.map((button) => (button.ariaLabel ?? button.textContent).replace("Copy: ", "")));
  snippets = Object.fromEntries(labels.map((label, at) => [label, texts[at]]));
  await page.close();
});
after(() => {
  sites?.remove();
  return Promise.all([browser?.close(), portside?.close()]);
});

/** The text of every playground of a page, once each runs. */
const texts = (page) => page.evaluate(async () => {
  const texts = [];
  for (const one of document.querySelectorAll("portside-playground")) {
    await one.load();
    texts.push(await one.getYaml());
  }
  return texts;
});

/** Applies what the first playground holds, then goes to a lesson in it and does its first step, until its check passes. */
async function assertWorks(page) {
  const told = await page.evaluate(async () => {
    const one = document.querySelector("portside-playground");
    const check = (wanted) => new Promise((resolve) => { one.addEventListener("portside-check", ({ detail }) => detail.passed === wanted && resolve(detail)); });
    const { stdout } = await one.apply();
    const open = check(false);
    await one.goto({ lesson: "clusterip", step: 1 });
    const { reasons } = await open;
    const done = check(true);
    for (const line of ["kubectl create deployment redis --image=redis", "kubectl delete pod -l app=redis"]) await one.run(line);
    const { lesson, step } = await done;
    return { stdout, lesson, step, reasons: reasons.length };
  });
  assert.deepEqual(told, { stdout: "service/web created\nconfigmap/shapes created\n", lesson: "clusterip", step: 1, reasons: 3 });
}

for (const [name, { playgrounds, other, clientSide, snippet }] of Object.entries(SITES)) {
  test(name, { timeout: 300_000 }, async (t) => {
    const site = await serveSite(sites.folder, name, snippets);
    try {
      await t.test("the block is read byte for byte, the playground runs, a check passes, nobody complains", async () => {
        const page = await openSite(browser, site.url, { playgrounds });
        assert.deepEqual(await texts(page), Array(playgrounds).fill(MANIFEST));
        await assertWorks(page);
        assert.deepEqual([...await page.told()], []);
        await page.context().close();
      });
      await t.test("the same under a strict policy, which nothing of Portside's offends", async () => {
        const without = await openSite(browser, site.url, { policy: POLICY, loader: false });
        const itsOwn = await without.told();
        await without.context().close();
        const page = await openSite(browser, site.url, { policy: POLICY, playgrounds });
        assert.deepEqual(await texts(page), Array(playgrounds).fill(MANIFEST));
        await assertWorks(page);
        assert.deepEqual([...await page.told()].filter((complaint) => !itsOwn.has(complaint)), []);
        await page.context().close();
      });
      await t.test("the snippet from the Share dialog, pasted", async () => {
        const page = await openSite(browser, site.url + snippet.at);
        assert.deepEqual(await texts(page), [MANIFEST]);
        assert.deepEqual([...await page.told()], []);
        await page.context().close();
      });
      if (!other) return;
      await t.test("to another page and back", async () => {
        const page = await openSite(browser, site.url, { playgrounds });
        await page.evaluate(() => { globalThis.stays = true; return document.querySelector("portside-playground").load(); });
        // With the key: a sidebar may have scrolled the link out of the pointer's reach.
        await page.locator(`a[href$="${other}"]`).first().press("Enter");
        await page.getByRole("heading", { name: "Other" }).waitFor();
        assert.equal(await page.evaluate(() => globalThis.stays ?? false), clientSide ?? false);
        await page.goBack();
        await page.waitForFunction((count) => [...document.querySelectorAll("portside-playground")].filter((one) => one.state).length === count, playgrounds);
        assert.deepEqual(await texts(page), Array(playgrounds).fill(MANIFEST));
        assert.deepEqual([...await page.told()], []);
        await page.context().close();
      });
    } finally {
      site.close();
    }
  });
}
