// The chapter on ClusterIP Services from its beginning to its end, in the built page, as a reader would go through it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, manifest, open, started, write } from "./browser.mjs";
import { MOUNT, serveBuilt } from "./server.mjs";

const host = readFileSync(new URL("host.html", import.meta.url), "utf8").replace("MOUNT", MOUNT);
let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt({ "/host.html": host })]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const command = (page) => page.locator("#command");
const transcript = (page) => page.evaluate(() => globalThis.portside.transcript());

/** Types a line and waits until the terminal has taken it. */
async function type(page, line) {
  const before = await page.locator(".block").count();
  await command(page).fill(line);
  await command(page).press("Enter");
  await page.locator(".block").nth(before).waitFor({ state: "attached" });
}

async function begin(options = {}, query = "?speed=0") {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  await command(page).waitFor({ state: "attached" });
  return page;
}

/** The chapter up to the shell in busybox. */
async function toBusybox(page) {
  await type(page, "kubectl create deployment redis –image=redis");
  await type(page, "cd ~/modern-devops/ch6/services/");
  await type(page, "kubectl apply -f redis-clusterip.yaml");
  await type(page, "kubectl run busybox –rm –restart Never -it –image=busybox / #");
}

test("row 49: the whole chapter, typed", async () => {
  const page = await begin();
  await toBusybox(page);
  await page.locator(".term-line .p", { hasText: "/ #" }).waitFor();
  for (const line of ["- # telnet 10.96.118.99 6379 Connected to 10.96.118.99", "PING", "QUIT", "nslookup 10.96.118.99"]) await type(page, line);
  for (const name of ["redis", "redis.default", "redis.default.svc", "redis.default.svc.cluster.local"]) {
    await type(page, `telnet ${name} 6379`);
    await type(page, "QUIT");
  }
  await type(page, "exit");
  const text = await transcript(page);
  for (const words of [
    "Read the typographic dash as --",
    "deployment.apps/redis created",
    "service/redis created",
    "Connected to 10.96.118.99",
    "+PONG",
    "99.118.96.10.in-addr.arpa\tname = redis.default.svc.cluster.local",
    "Connected to redis.default.svc.cluster.local",
    'pod "busybox" deleted from default namespace',
  ]) assert.ok(text.includes(words), `${words}\n---\n${text}`);
  assert.equal(text.match(/^Connected to /gm).length, 5);

  // The same in kubectl's other forms.
  const printed = async (line) => { await type(page, line); return (await transcript(page)).split(`${line}\n`).pop(); };
  assert.match(await printed("kubectl get service redis"), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nredis +ClusterIP +10\.96\.118\.99 +<none> +6379\/TCP +\d+m?\d*s?\n/);
  assert.match(await printed("kubectl get service redis -o wide"), /SELECTOR\n.*app=redis\n/);
  assert.match(await printed("kubectl get service redis -o name"), /^service\/redis\n/);
  assert.match(await printed("kubectl get service redis -o yaml"), /^apiVersion: v1\nkind: Service\n[^]*\n  clusterIP: 10\.96\.118\.99\n/);
  const json = (await printed("kubectl get service redis -o json")).replace(/\n[^}]*$/, "\n");
  assert.equal(JSON.parse(json).spec.clusterIP, "10.96.118.99");
  assert.match(await printed("kubectl get service redis -o jsonpath='{.spec.ports[0].port}'"), /^6379/);

  // From the laptop the address is out of reach; without Pods the Service refuses.
  await type(page, "telnet 10.96.118.99 6379");
  await type(page, "kubectl delete deployment redis");
  await type(page, "kubectl run busybox --rm --restart=Never -it --image=busybox");
  await type(page, "telnet redis 6379");
  const later = await transcript(page);
  assert.match(later, /Connection timed out/);
  assert.match(later, /Connection refused/);
  await page.locator(".map", { hasText: "No endpoints:" }).waitFor();
  assert.match(await page.locator(".rows tr.now").textContent(), /REFUSED.*line \d+/);
  await assertAccessible(page);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 45: the lines under the terminal do the same with clicks, while the clock runs", async () => {
  const page = await begin({}, "?seed=1905019");
  for (const chip of await page.locator(".chips button").all()) {
    const before = await page.locator(".block").count();
    await chip.click();
    await page.locator(".block").nth(before).waitFor({ state: "attached" });
    await page.waitForFunction(() => globalThis.portside.step(4000) === undefined);
  }
  assert.match(await transcript(page), /Connected to 10\.96\.118\.99/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the packet moves for those who like motion, and leaves its route", async () => {
  const page = await begin({ reducedMotion: "no-preference" });
  await toBusybox(page);
  await type(page, "telnet redis 6379");
  await page.locator(".packet:not(.ahead)").waitFor({ state: "attached" });
  await page.locator(".stretch:not(.ahead) [href='#v-ok']").waitFor({ state: "attached" });
  assert.equal(await page.locator(".stretch.ahead").count(), 0);
  await page.context().close();
});

test("a manifest that lost its indentation is repaired, applied with a key, and kept for the next visit", async () => {
  const page = await begin({}, "");
  const flat = "apiVersion: v1\nkind: Service\nmetadata:\nlabels:\napp: redis\nname: redis\nspec:\nports:\nport: 6379\nprotocol: TCP\ntargetPort: 6379\nselector:\napp: redis\n";
  await write(page, flat);
  await page.locator(".cm-problem", { hasText: "the indentation of this manifest is lost" }).waitFor();
  await assertAccessible(page);
  await page.locator(".cm-problem").getByRole("button", { name: "Repair" }).click();
  await page.locator(".cm-problem").waitFor({ state: "detached" });
  assert.match(await manifest(page), /\n {2}ports:\n {2}- port: 6379\n/);
  await editor(page).press("Control+Enter");
  await page.getByText("service/redis created").first().waitFor();
  assert.deepEqual(page.complaints, []);
  await page.reload();
  await started(page);
  await editor(page).waitFor();
  assert.match(await manifest(page), /\n {2}- port: 6379\n/);
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`everyone can use it: ${colorScheme}, ${viewport.width} wide`, async () => {
      const page = await begin({ colorScheme, viewport });
      await assertAccessible(page);
      if (viewport.width < 760) {
        for (const name of ["YAML", "Terminal", "Logbook", "Chart"]) {
          await page.getByRole("tab", { name }).click();
          await assertAccessible(page);
        }
        await page.getByRole("tab", { name: "Terminal" }).click();
      }
      await toBusybox(page);
      await type(page, "telnet redis 6379");
      await assertAccessible(page);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(sideways, false, "the page scrolls sideways");
      if (viewport.width < 760) await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("button", { name: "Help and keyboard shortcuts" }).click();
      await page.getByRole("dialog", { name: /playground/ }).waitFor();
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.context().close();
    });
  }
}

test("row 30: the keyboard alone reaches everything and is held nowhere", async () => {
  const page = await begin();
  await editor(page).waitFor();
  // All that a pointer could press or write into, each with a number.
  const all = await page.evaluate(() => {
    const able = [...document.querySelectorAll("#app :is(button, select, input, textarea, summary, a, [tabindex='0'], #manifest-editor)")];
    const stops = able.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled && element.tabIndex >= (element.id === "manifest-editor" ? -1 : 0));
    stops.forEach((element, number) => { element.dataset.stop = number; });
    return stops.map((element) => element.ariaLabel || element.id || element.textContent.slice(0, 30));
  });
  const walk = async (key) => {
    const seen = new Set();
    for (let i = 0; i < 2 * all.length + 20; i++) {
      await page.keyboard.press(key);
      const [stop, id] = await page.evaluate(() => [document.activeElement.dataset.stop, document.activeElement.id]);
      if (stop !== undefined) seen.add(Number(stop));
      if (id === "manifest-editor") await page.keyboard.press("Escape");
    }
    return all.filter((_, number) => !seen.has(number));
  };
  assert.ok(all.length > 30);
  assert.deepEqual(await walk("Tab"), [], "not reached");
  assert.deepEqual(await walk("Shift+Tab"), [], "not reached backwards");
  await page.context().close();
});

test("a fault shows the panel, with the manifests intact", async () => {
  const page = await open(browser, `${server.url}?speed=0#/debug/panic`);
  const panel = page.getByRole("alertdialog", { name: "Portside stopped" });
  await panel.waitFor();
  assert.match(await panel.locator("#crash-yaml").inputValue(), /kind: Service/);
  assert.match(await panel.locator("#crash-message").textContent(), /fault that the address asked for/);
  await assertAccessible(page);
  await page.context().close();
});

test("a page of documentation embeds it over its own manifest", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  await page.goto(new URL("/host.html", server.url).href);
  const frame = page.frameLocator("#portside");
  await frame.locator("#command").waitFor();
  assert.match(await frame.locator(".chips").textContent(), /^kubectl apply -f manifest.yaml/);
  await frame.getByRole("button", { name: /Apply/ }).click();
  await frame.getByText("service/web created").first().waitFor();
  await frame.getByRole("tab", { name: "Manifests" }).click();
  await frame.locator(".cm-content", { hasText: "name: web" }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
