// <portside-playground> in a page of somebody's documentation: how it loads, reads its source, pauses, fails, comes back, and the
// message protocol; element.test.mjs has every attribute, method and event.
//
// The host sends no CORS header and allows only its own scripts and frames, as the documentation asks for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { DIST } from "../../scripts/serve.mjs";
import { launch } from "./browser.mjs";
import { ask, element, event, inner, openHost, state } from "./playground.mjs";
import { MOUNT, serveBuilt } from "./server.mjs";

const YAML = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n";
const page_ = (body, attributes = "") => `<!doctype html><html lang="en" ${attributes}><head><meta charset="utf-8"><title>Docs</title><link rel="icon" href="${MOUNT}badge.svg"><script src="${MOUNT}portside-embed.js"></script></head><body><h1>Docs</h1>${body}<p id="after">After.</p></body></html>`;
const fence = `<pre><code class="language-yaml">${YAML}</code></pre>`;
const pages = {
  "/prev.html": page_(`${fence}<portside-playground for="prev"></portside-playground>`),
  "/eager.html": page_(`${fence}<portside-playground for="prev" loading="eager" seed="7"></portside-playground>`),
  "/forms.html": page_(`
    <portside-playground id="nested"><pre><code>${YAML}</code></pre></portside-playground>
    <portside-playground id="script"><script type="application/yaml">
      ${YAML.replaceAll("\n", "\n      ")}</script></portside-playground>
    <portside-playground id="area"><textarea>${YAML}</textarea></portside-playground>
    <portside-playground id="text">\n    a: b\n    c:\n      d: e\n    </portside-playground>
    <pre id="block">${YAML}</pre><portside-playground id="by-id" for="#block"></portside-playground>
    <portside-playground id="two"><pre>a: 1</pre><pre>b: 2</pre></portside-playground>
    <portside-playground id="src" src="${MOUNT}data/templates/one-service.yaml"></portside-playground>
    <div class="lines"><table><tr><td class="linenos"><pre>1\n2</pre></td><td><pre><span>a: 1</span>\n<button>Copy</button><span>b: 2</span></pre></td></tr></table></div><portside-playground id="numbered" for="prev"></portside-playground>
    <div><pre><code class="language-yaml"><span>a: 1<br></span><span>b: 2<br></span></code></pre></div><portside-playground id="breaks" for="prev"></portside-playground>
    <pre><code class="language-yaml portside">${YAML}</code></pre>`),
  "/many.html": page_(Array.from({ length: 4 }, (_, at) => `<portside-playground id="p${at}"><pre>${YAML.replace("web\n", `web${at}\n`)}</pre></portside-playground>`).join("")),
  "/slots.html": page_(`<portside-playground id="p" origin="/nowhere/" title="My cluster"><pre>${YAML}</pre><p slot="caption">A caption</p><p slot="fallback">No cluster today</p><a slot="toolbar" href="#x">More</a></portside-playground>`),
  "/dark.html": page_(`<portside-playground loading="eager"><pre>${YAML}</pre></portside-playground>`, 'data-md-color-scheme="slate"'),
};

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt(pages, { cors: false, csp: undefined })]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const host = (path, options) => openHost(browser, new URL(path, server.url).href, options);

test("the loader is at most 4 KB", () => {
  const size = gzipSync(readFileSync(`${DIST}/portside-embed.js`), { level: 9 }).length;
  assert.ok(size <= 4_000, `${size} bytes`);
});

test("a click puts a sandboxed frame under the block; nothing before that, nothing moves afterwards", async () => {
  const page = await host("/prev.html");
  const button = page.getByRole("button", { name: "Try it" });
  await button.waitFor();
  assert.equal(page.seen.wasm, 0);
  assert.equal(page.frames().length, 1);
  await button.click();
  await state(page, "ready");
  assert.equal(page.seen.wasm, 2, "the two modules");
  const frame = page.locator("iframe");
  const attributes = await frame.evaluate((frame) => ({ sandbox: frame.getAttribute("sandbox"), title: frame.title, policy: frame.referrerPolicy, allow: frame.allow, src: frame.src }));
  assert.equal(attributes.sandbox, "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads");
  assert.equal(attributes.title, "Portside: Kubernetes Services playground");
  assert.equal(attributes.policy, "no-referrer");
  assert.match(attributes.allow, /clipboard-write/);
  assert.equal(await ask(page, "getYaml"), YAML);
  // A mouse does not move the focus into the frame, and the page was not scrolled.
  assert.equal(await page.evaluate(() => scrollY), 0);
  assert.equal(await page.evaluate(() => globalThis.shifts), 0);
  assert.deepEqual(page.seen.complaints, []);
});

test("every way to write the source", async () => {
  const page = await host("/forms.html");
  await element(page).waitFor();
  const values = await page.waitForFunction(() => {
    const all = [...document.querySelectorAll("portside-playground")].map((one) => [one.id, one.value]);
    return all.every(([, value]) => value) && all.length === 10 && all;
  }).then((handle) => handle.jsonValue());
  const by = Object.fromEntries(values);
  for (const id of ["nested", "script", "area", "by-id", ""]) assert.equal(by[id], YAML, id);
  assert.equal(by.text, "a: b\nc:\n  d: e\n");
  assert.equal(by.two, "a: 1\n---\nb: 2\n");
  assert.equal(by.src, readFileSync(`${DIST}/data/templates/one-service.yaml`, "utf8"));
  assert.equal(by.numbered, "a: 1\nb: 2\n");
  assert.equal(by.breaks, "a: 1\nb: 2\n");
  assert.deepEqual(page.seen.complaints, []);
});

test("several on a page: the simulator comes once, the least recently used is paused", async () => {
  const page = await host("/many.html");
  for (let at = 0; at < 4; at++) {
    await page.locator(`#p${at}`).getByRole("button", { name: "Try it" }).click();
    await state(page, "ready", at);
  }
  assert.equal(page.seen.wasm, 2, "the two modules");
  const clock = (at) => page.frames()[at + 1].evaluate(() => document.querySelector(".status").textContent);
  await page.waitForTimeout(500);
  const [before, last] = [await clock(0), await clock(3)];
  await page.waitForTimeout(2_500);
  assert.equal(await clock(0), before, "the first one stands still");
  assert.notEqual(await clock(3), last, "the last one goes on");
  await page.locator("#p0").hover();
  await page.waitForTimeout(2_500);
  assert.notEqual(await clock(0), before, "and goes on when it is used again");
  assert.deepEqual(page.seen.complaints, []);
});

test("a frame that does not come keeps the block, says so and leads out", async () => {
  const page = await host("/slots.html");
  await page.getByText("A caption").waitFor();
  assert.equal(await page.getByText("No cluster today").isVisible(), false);
  await page.getByRole("link", { name: "More" }).waitFor();
  await page.evaluate(() => { const real = setTimeout; globalThis.setTimeout = (run, ms) => real(run, ms > 5_000 ? 200 : ms); });
  await page.getByRole("button", { name: "Try it" }).click();
  await state(page, "failed");
  const error = await event(page, "error");
  assert.equal(error.code, "handshake");
  assert.equal(await page.getByText("No cluster today").isVisible(), true);
  assert.equal(await page.locator("pre").isVisible(), true);
  assert.equal(await page.getByRole("link", { name: /Open in Portside/ }).isVisible(), true);
});

test("taken away and put back: the reader's text is there again", async () => {
  const page = await host("/eager.html");
  await event(page, "ready");
  await ask(page, "setYaml", "# mine\n");
  await page.waitForFunction(() => document.querySelector("portside-playground").value === "# mine\n");
  await page.evaluate(() => { globalThis.kept = document.querySelector("portside-playground"); globalThis.kept.remove(); });
  await page.waitForFunction(() => window.length === 0);
  await page.evaluate(() => { globalThis.events.length = 0; document.getElementById("after").before(globalThis.kept); });
  await event(page, "ready");
  assert.equal(await ask(page, "getYaml"), "# mine\n");
  assert.deepEqual(page.seen.complaints, []);
});

test("the theme follows the page around", async () => {
  const page = await host("/dark.html");
  await event(page, "ready");
  await inner(page).locator("html[data-theme=dark]").waitFor();
  await page.evaluate(() => { document.documentElement.dataset.mdColorScheme = "default"; });
  await inner(page).locator("html[data-theme=light]").waitFor();
  await page.evaluate(() => { document.documentElement.removeAttribute("data-md-color-scheme"); document.documentElement.className = "dark"; });
  await inner(page).locator("html[data-theme=dark]").waitFor();
});

test("keyboard: Enter loads and moves into the frame, Esc twice leads out", async () => {
  const page = await host("/prev.html");
  await page.getByRole("button", { name: "Try it" }).focus();
  await page.keyboard.press("Enter");
  await state(page, "ready");
  await inner(page).locator("h1:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector("portside-playground").shadowRoot.activeElement?.localName === "a");
});

test("messages of strangers are not listened to", async () => {
  const page = await host("/eager.html");
  await event(page, "ready");
  const before = await ask(page, "getYaml");
  await page.evaluate(() => {
    const frame = document.querySelector("portside-playground").shadowRoot.querySelector("iframe").contentWindow;
    const { port1, port2 } = new MessageChannel();
    globalThis.answered = 0;
    port1.onmessage = () => { globalThis.answered += 1; };
    // A second line, words that are no messages, names of the prototype.
    frame.postMessage({ portside: 1, type: "port" }, "*", [port2]);
    port1.postMessage({ portside: 1, type: "call", id: 1, method: "setYaml", args: ["# stolen"] });
    for (const data of [null, 1, "x", { portside: 2 }, { portside: 1, type: "__proto__" }, { portside: 1, type: "hello" }]) {
      frame.postMessage(data, "*");
      postMessage(data, "*");
    }
  });
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => globalThis.answered), 0);
  assert.equal(await ask(page, "getYaml"), before);
  await assert.rejects(ask(page, "run", "x".repeat((1 << 20) + 1)), /1 MiB/);
  assert.deepEqual(page.seen.complaints, []);
});

test("a value that means nothing is told once, in the frame", async () => {
  const page = await host("/prev.html");
  await element(page).evaluate((one) => { one.setAttribute("view", "sideways"); one.setAttribute("k8s", "1.12"); return one.load(); });
  await inner(page).getByRole("alert").filter({ hasText: "view=sideways, k8s=1.12" }).waitFor();
  await inner(page).getByRole("button", { name: "Close" }).click();
});
