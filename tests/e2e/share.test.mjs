// Share: whoever opens a link sees the same event log; a link that cannot be opened says why and changes nothing.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { assertAccessible, launch, manifest, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const log = (page) => page.evaluate(() => globalThis.portside.events());
const type = (page, ...lines) => page.evaluate((lines) => lines.forEach((line) => globalThis.portside.type(line)), lines);
const begin = async (address, options) => {
  const page = await open(browser, `${server.url}${address}`, options);
  await started(page);
  await page.locator("#command").waitFor({ state: "attached" });
  return page;
};
const sheet = (page) => page.locator("#share");
const link = async (page) => {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const text = await sheet(page).getByLabel(/^Link(?! to)/).inputValue();
  await page.keyboard.press("Escape");
  return text;
};

test("the receiver sees the same log, files, pane and theme", async () => {
  const page = await begin("?theme=dark");
  await type(page, "kubectl create deployment redis --image=redis", "cd ~/modern-devops/ch6/services/", "kubectl apply -f redis-clusterip.yaml");
  await page.waitForFunction(() => globalThis.portside.events().split("\n").length > 60);
  await type(page, "kubectl run busybox --rm --restart=Never -it --image=busybox", "telnet redis 6379");
  const address = await link(page);
  assert.match(address, /#p1=[\w-]+$/);
  assert.ok(address.length < 2000, `${address.length}`);
  const sent = (await log(page)).split("\n");
  const other = await begin(address.slice(server.url.length));
  await other.waitForFunction(() => /telnet redis 6379/.test(globalThis.portside.transcript()));
  const seen = (await log(other)).split("\n");
  // Both clocks go on after the link was made.
  const length = Math.min(sent.length, seen.length) - 1;
  assert.ok(length > 60, `${length}`);
  assert.deepEqual(seen.slice(0, length), sent.slice(0, length));
  assert.equal(await manifest(other), await manifest(page));
  assert.equal(await other.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.deepEqual(other.complaints, []);
  assert.deepEqual(page.complaints, []);
});

test("with a frozen clock the logs are equal to the last byte", async () => {
  const page = await begin("?speed=0&seed=42");
  await type(page, "kubectl create deployment web --image=nginx --replicas=3", "kubectl expose deployment web --port=80", "kubectl get pods -o wide");
  const address = await link(page);
  const other = await begin(`?speed=0${new URL(address).hash}`);
  await other.waitForFunction(() => /get pods -o wide/.test(globalThis.portside.transcript()));
  assert.equal(await log(other), await log(page));
});

test("a lesson's session is carried with the lesson", async () => {
  const page = await begin("?lesson=clusterip&step=2&speed=0");
  await page.getByRole("button", { name: "Next", exact: true }).waitFor();
  await type(page, "kubectl get svc");
  const address = await link(page);
  const other = await begin(`?speed=0${new URL(address).hash}`);
  await other.waitForFunction(() => /kubectl get svc/.test(globalThis.portside.transcript()));
  assert.equal(await log(other), await log(page));
  await other.getByRole("button", { name: "Next", exact: true }).waitFor();
});

test("the dialog offers every form, says that nothing is sent, and is accessible", async () => {
  const page = await begin("?speed=0", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await sheet(page).getByText("Nothing is sent anywhere").waitFor();
  const forms = await sheet(page).locator("textarea").evaluateAll((areas) => areas.map((area) => area.value));
  assert.equal(forms.length, 11);
  for (const form of forms) assert.match(form, /#p1=|"p1=|kind: Service/);
  assert.match(forms[2], new RegExp(`badge\\.svg\\)\\]\\(${server.url}#p1=`));
  const badge = await page.request.get(`${server.url}badge.svg`);
  assert.equal(badge.headers()["content-type"], "image/svg+xml");
  await assertAccessible(page);
  await sheet(page).getByRole("button", { name: "Copy: mdBook" }).click();
  await sheet(page).getByText("Copied.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^```yaml,portside\n/);
  assert.deepEqual(page.complaints, []);
});

/** The forms of the dialog by their names. */
async function formsOf(page) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const names = sheet(page).getByRole("button", { name: /^Copy: / });
  await names.first().waitFor();
  const labels = await names.evaluateAll((buttons) => buttons.map((button) => (button.ariaLabel ?? button.textContent).replace("Copy: ", "")));
  const texts = await sheet(page).locator("textarea").evaluateAll((areas) => areas.map((area) => area.value));
  assert.equal(labels.length, texts.length);
  return Object.fromEntries(labels.map((label, at) => [label, texts[at]]));
}
const MINE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\ndata:\n  greeting: hello\n";
const target = (text) => text.match(/\((http[^()]*)\)$/)[1].slice(server.url.length);
/** A page of somebody else's that has this markup in it. */
async function pasted(markup) {
  const host = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>Mine</title>${markup}`));
  await new Promise((listening) => { host.listen(0, "127.0.0.1", listening); });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${host.address().port}/`);
  host.close();
  return page;
}
const elementsText = (page) => page.evaluate(async () => {
  await customElements.whenDefined("portside-playground");
  const one = document.querySelector("portside-playground");
  await one.load();
  return one.getYaml();
});
const arrives = async (address) => {
  const page = await begin(address);
  assert.equal(await manifest(page), MINE);
  assert.deepEqual(page.complaints, []);
};
/** What is done with each form where it is pasted. Forms of documentation tools are built by these tools: tests/embed. */
const PASTED = {
  "Link": async (text) => arrives(text.slice(server.url.length)),
  "Markdown link": async (text) => arrives(target(text)),
  "Markdown badge": async (text) => {
    await arrives(target(text));
    const picture = await pasted(`<img src="${text.match(/!\[[^\]]*\]\(([^)]*)\)/)[1]}">`);
    await picture.waitForFunction(() => document.images[0].naturalWidth > 0);
  },
  "iframe": async (text) => {
    const page = await pasted(text);
    const frame = page.frames().at(-1);
    await frame.waitForFunction((text) => globalThis.portside?.manifest() === text, MINE);
  },
  "HTML": async (text) => assert.equal(await elementsText(await pasted(text)), MINE),
  "kubectl": async (text) => {
    const page = await begin("?speed=0");
    await type(page, text);
    await page.waitForFunction(() => /configmap\/mine created/.test(globalThis.portside.transcript()));
  },
  "Link to this step": async (text) => {
    const page = await begin(text.slice(server.url.length));
    await page.getByRole("button", { name: "Next", exact: true }).waitFor();
    assert.match(await page.title(), /\b2\b/);
  },
  "HTML, this step": async (text) => {
    const page = await pasted(text);
    const at = await page.evaluate(async () => {
      await customElements.whenDefined("portside-playground");
      const one = document.querySelector("portside-playground");
      const step = new Promise((resolve) => { one.addEventListener("portside-check", ({ detail }) => resolve(detail)); });
      await one.load();
      return step;
    });
    assert.deepEqual([at.lesson, at.step], ["clusterip", 2]);
  },
};
const BUILT = ["Docusaurus or MDX", "MkDocs", "Hugo", "mdBook", "reStructuredText"];

test("each form of the dialog, pasted, opens what was shared", { timeout: 240_000 }, async (t) => {
  const plain = await formsOf(await begin(`?speed=0#p0=${deflateRawSync(MINE).toString("base64url")}`));
  const lesson = await formsOf(await begin("?lesson=clusterip&step=2&speed=0"));
  assert.deepEqual(Object.keys(lesson).sort(), [...Object.keys(PASTED), ...BUILT].sort());
  for (const [name, paste] of Object.entries(PASTED)) await t.test(name, () => paste(plain[name] ?? lesson[name]));
});

test("a link that cannot be opened says why, and the work stays", async () => {
  const page = await begin("");
  await type(page, "kubectl create deployment web --image=nginx");
  const before = await page.evaluate(() => globalThis.portside.transcript());
  const bomb = deflateRawSync(Buffer.alloc(64 << 20, "a")).toString("base64url");
  for (const [hash, words] of [
    ["p7=AAAA", "does not know"],
    ["pako:eNo", "does not know"],
    ["p1=AAAA", "missing or changed"],
    ["p0=%%%", "missing or changed"],
    [`p0=${bomb}`, "more than 1 MiB"],
  ]) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    const told = page.getByRole("alert").filter({ hasText: words });
    await told.waitFor();
    await told.getByRole("button", { name: "Close" }).click();
    assert.equal(await page.evaluate(() => globalThis.portside.transcript()), before);
  }
  const kept = await begin("#p1=broken");
  await kept.getByRole("alert").filter({ hasText: "missing or changed" }).waitFor();
  await kept.locator("#command").waitFor();
  assert.deepEqual(kept.complaints, []);
});

test("a manifest is opened that some other tool packed, or a hand wrote", async () => {
  const yaml = "apiVersion: v1\nkind: Service\nmetadata:\n  name: é\nspec:\n  ports:\n  - port: 80\n";
  for (const hash of [`p0=${deflateRawSync(yaml).toString("base64url")}`, `src=${encodeURIComponent(yaml)}`]) {
    const page = await begin(`#${hash}`);
    await page.waitForFunction((yaml) => globalThis.portside.manifest() === yaml, yaml);
    assert.deepEqual(page.complaints, []);
  }
});

test("what was there before a link was opened is among the drafts", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator("#command").waitFor();
  await page.locator(".cm-content").fill("# mine\n");
  await page.waitForFunction(() => globalThis.portside.manifest() === "# mine\n");
  await page.evaluate(() => { location.hash = "src=%23%20theirs"; });
  await page.waitForFunction(() => globalThis.portside.manifest() === "# theirs");
  const drafts = await page.evaluate(() => localStorage.getItem("portside.drafts"));
  assert.match(drafts, /# mine/);
  await context.close();
});
