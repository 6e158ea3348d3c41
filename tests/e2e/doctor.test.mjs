// The doctor in the page: the debug path marks each question, a failed command is asked why, and what is offered mends it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, manifest, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const workload = (more = "") => `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        ports:\n        - name: http\n          containerPort: 80\n${more}`;
const service = (selector, target) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: ${selector}\n  ports:\n  - port: 80\n    targetPort: ${target}\n---\n`;

/** A page on which a text was applied, with time for what it begins. */
async function begin(text, options = {}) {
  const page = await open(browser, `${server.url}?speed=0`, options);
  await started(page);
  await editor(page).waitFor();
  await write(page, text);
  await editor(page).press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await page.evaluate(() => globalThis.portside.step(60_000));
  return page;
}

const path = (page) => page.locator(".path");
const mark = (page, name) => path(page).getByRole("button", { name: new RegExp(`^${name}: `) });

test("three broken clusters are mended by what is offered alone, and an undo brings the fault back", async () => {
  // Each with the question that is answered no once the cluster has come to rest.
  const broken = [
    ["Endpoints", service("webb", 80) + workload()],
    ["Endpoints", service("web", "htpp") + workload()],
    ["Pods", service("web", 80) + workload().replace("replicas: 2", "replicas: 0")],
  ];
  for (const [question, text] of broken) {
    const page = await begin(text);
    await path(page).getByRole("button", { name: `${question}: here is what is wrong` }).click();
    await page.locator(".path-card .mend").first().click();
    await page.evaluate(() => globalThis.portside.step(60_000));
    await page.locator(".path.well").waitFor();
    await type(page, "kubectl run t --rm -it --restart=Never --image=busybox -- wget -qO- web");
    assert.match(await page.evaluate(() => globalThis.portside.transcript()), /Welcome to nginx/);
    assert.notEqual(await manifest(page), text);
    await editor(page).press("Control+z");
    await page.waitForFunction((text) => globalThis.portside.manifest() === text, text);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

const type = (page, line) => page.evaluate((line) => globalThis.portside.type(line), line);

test("each question opens what its answer rests on, and leads to the line", async () => {
  const page = await begin(service("webb", 80) + workload());
  await mark(page, "Endpoints").click();
  const card = page.locator(".path-card");
  await card.getByText("Does the Service have endpoints?").waitFor();
  await assertAccessible(page);
  await card.getByRole("button", { name: /^line \d+$/ }).first().click();
  await page.keyboard.press("Escape");
  await mark(page, "Service").click();
  await card.getByText("Does the Service exist?").waitFor();
  await card.getByRole("button", { name: "Close" }).click();
  await card.waitFor({ state: "detached" });
  await page.context().close();
});

test("a command that failed is asked why", async () => {
  const page = await begin(service("webb", 80) + workload());
  await type(page, "kubectl run box --image=busybox --restart=Never -it --rm");
  await type(page, "telnet web 80");
  await page.locator(".term .note").getByRole("button", { name: "Why?" }).click();
  await page.locator(".path-card .finding", { hasText: "webb" }).waitFor();
  await assertAccessible(page);
  await page.context().close();
});

test("on a phone the path stands over the chart, and names what is wrong", async () => {
  const page = await onPhone();
  const box = await path(page).boundingBox();
  assert.equal(Math.round(box.height), 44);
  assert.ok(await path(page).locator("li.no span").first().isVisible());
  await assertAccessible(page);
  await page.context().close();
});

/** The same on a phone, where the editor is behind its tab. */
async function onPhone() {
  const page = await open(browser, `${server.url}?speed=0`, { viewport: { width: 390, height: 844 } });
  await started(page);
  await page.evaluate(() => { for (const line of ["kubectl create service clusterip web --tcp=80", "kubectl create deployment api --image=nginx"]) globalThis.portside.type(line); globalThis.portside.step(30_000); });
  await path(page).locator("li.no").first().waitFor();
  return page;
}
