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

/** Follows a link that opens a tab of its own; the tab shows the section that the link names. */
async function follow(page, link, id) {
  const [tab] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await tab.waitForLoadState();
  assert.match(tab.url(), new RegExp(`/docs/diagnoses\\.html#${id}$`));
  await tab.locator(`section[id="${id}"]:target h3`).waitFor();
  assert.equal(await tab.evaluate(() => window.opener), null);
  return tab;
}

test("before anything is applied the editor warns of what would not work, mends it, and leads to what explains it", async () => {
  const page = await open(browser, `${server.url}?speed=0`);
  await started(page);
  await editor(page).waitFor();
  await write(page, service("webb", 80) + workload());
  const card = page.locator(".cm-problem.odd", { hasText: "webb" });
  await card.waitFor();
  const tab = await follow(page, card.getByRole("link", { name: "What this means" }), "selector-slip");
  await tab.close();
  await assertAccessible(page);
  await card.getByRole("button", { name: "Change to web" }).click();
  await card.waitFor({ state: "detached" });
  assert.match(await manifest(page), /app: web\n/);
  // Defined twice: the first definition is told, and a fix is nobody's but the reader's.
  await write(page, service("web", 80) + service("web", 8080) + workload());
  await page.locator(".cm-problem.odd", { hasText: "is defined again" }).getByRole("link").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a finding of the debug path leads to its section, which is there in the dark and on a phone", async () => {
  const page = await begin(service("webb", 80) + workload());
  await mark(page, "Endpoints").click();
  const tab = await follow(page, page.locator(".path-card").getByRole("link", { name: "What this means" }).first(), "selector-slip");
  await assertAccessible(tab);
  for (const [width, height] of [[390, 844], [1280, 800]]) {
    await tab.setViewportSize({ width, height });
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}: nothing is wider than the page`);
  }
  await tab.emulateMedia({ colorScheme: "dark" });
  await assertAccessible(tab);
  // Every link of the page leads to a section, or back to the application.
  const lost = await tab.evaluate(() => [...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.getElementById(a.hash.slice(1))).length);
  assert.equal(lost, 0);
  await tab.getByRole("link", { name: "Portside" }).click();
  await started(tab);
  await page.context().close();
});

test("the command for a real cluster is copied, and what it writes is restored", async () => {
  const page = await begin(service("webb", 80) + workload());
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Files, import and export" }).first().click();
  const sheet = page.locator("#files");
  await sheet.getByRole("button", { name: /^Copy: Collects/ }).click();
  await sheet.getByText("Copied.").waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(line, /^kubectl get all,.* -A -o yaml > dump\.yaml$/);
  await page.keyboard.press("Escape");
  await type(page, line);
  await type(page, "cat dump.yaml");
  const dump = await page.evaluate(() => globalThis.portside.transcript());
  assert.match(dump, /kind: EndpointSlice/);
  assert.doesNotMatch(dump, /kind: Secret/);
  await page.context().close();
});
