// Every lesson is done from start to end by a reader who only clicks what it offers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, launch, manifest, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const index = readFileSync(new URL("../../www/data/lessons/index.tsv", import.meta.url), "utf8");
const LESSONS = index.trim().split("\n").map((line) => line.split("\t")).map(([id, title, , , , steps]) => ({ id, title, steps: Number(steps) }));

const heading = (page) => page.locator(".lesson-body > h3");
const passed = (page) => page.locator(".lesson-foot .state", { hasText: "Passed" });

/** Clicks whatever the page of a lesson has its reader type, then Solve if that did not pass the step. */
async function doStep(page) {
  const runs = page.locator(".lesson-body .run");
  for (let at = 0; at < await runs.count(); at += 1) await runs.nth(at).click();
  const solve = page.getByRole("button", { name: "Solve" });
  if (await solve.isVisible()) await solve.click();
}

for (const { id, title, steps } of LESSONS) {
  test(`${title}: done by clicks alone`, async () => {
    const page = await open(browser, `${server.url}?speed=0&lesson=${id}`);
    await started(page);
    await page.getByRole("button", { name: "Begin", exact: true }).click();
    for (let step = 1; step <= steps; step += 1) {
      await page.locator(".contents .meta", { hasText: `Step ${step} of ${steps}` }).waitFor();
      assert.equal(new URL(page.url()).searchParams.get("step"), `${step}`);
      assert.equal(await passed(page).count(), 0, `step ${step} is not passed before it is done`);
      await doStep(page);
      await page.evaluate(() => globalThis.portside.step(30_000));
      await passed(page).waitFor({ timeout: 10_000 }).catch(async () => {
        assert.fail(`${await heading(page).innerText()}: ${await page.locator(".checks").innerText()}`);
      });
      await page.locator(".lesson-foot .primary").click();
    }
    await page.locator(".contents .meta", { hasText: "Finished" }).waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

test("a lesson is found from the page, can be read by everyone, says what is missing and keeps its progress", async () => {
  for (const [viewport, colorScheme] of [[{ width: 1280, height: 800 }, "light"], [{ width: 390, height: 844 }, "dark"]]) {
    const page = await open(browser, server.url, { viewport, colorScheme });
    await started(page);
    if (viewport.width < 760) await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("button", { name: "Lessons", exact: true }).click();
    await assertAccessible(page);
    await page.getByRole("button", { name: /^3\. Endpoints/ }).click();
    await heading(page).waitFor();
    await assertAccessible(page);
    await page.getByRole("button", { name: "Begin", exact: true }).click();
    await page.getByText("Call the Service from the Pod client with").waitFor();
    await assertAccessible(page);
    await doStep(page);
    await passed(page).waitFor();
    assert.equal(await page.locator("#said").textContent(), "Step passed: A Service that finds nobody");
    await page.reload();
    await started(page);
    await page.locator(".contents summary").click();
    await page.locator(".contents li", { hasText: "Passed" }).waitFor();
    await page.context().close();
  }
});

test("Solve changes the editor too, and the step can be begun again", async () => {
  const page = await open(browser, `${server.url}?speed=0&lesson=endpoints&step=2`);
  await started(page);
  await page.getByText("The Service still looks for other labels").waitFor();
  await page.getByText("spec.selector.app is wbe.").waitFor();
  await page.getByRole("button", { name: "service.yaml, line 7" }).click();
  assert.match(await manifest(page), /app: wbe/);
  await page.getByRole("button", { name: "Lesson", exact: true }).click();
  await page.getByRole("button", { name: "Solve" }).click();
  await passed(page).waitFor();
  assert.match(await manifest(page), /app: web\n/);
  await page.getByRole("button", { name: "Begin this step again" }).click();
  await page.getByText("The Service still looks for other labels").waitFor({ state: "detached" });
  assert.match(await manifest(page), /app: wbe|kind: Deployment/);
  await page.context().close();
});

test("a quiz says at once whether an answer is right, and why", async () => {
  const page = await open(browser, `${server.url}?speed=0&lesson=ports&step=3`);
  await started(page);
  await page.getByLabel("The Service sends to port 80").check();
  await page.getByText("The name is a name in the Pod's manifest").waitFor();
  await page.getByLabel("It is no endpoint for that port.").check();
  await page.locator(".quiz .right").waitFor();
  await page.context().close();
});

test("a lesson that does not exist leaves the page as it is", async () => {
  const page = await open(browser, `${server.url}?lesson=no-such-lesson`);
  await started(page);
  await page.locator("#said", { hasText: "did not load" }).waitFor();
  assert.equal(await page.locator(".lesson").count(), 0);
  await page.context().close();
});
