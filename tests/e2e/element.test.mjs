// Every attribute, method, event, slot, part, property and state of <portside-playground> that docs/embedding.md names, each
// tried in a browser. The tables are held to the documentation, the types and the loader: what one of them has and the tables
// do not fails.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { deflateRawSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { DIST, serve } from "../../scripts/serve.mjs";
import { launch } from "./browser.mjs";
import { EVENTS as NAMES, ask, element, event, inner, openHost, state, until } from "./playground.mjs";
import { MOUNT, serveBuilt } from "./server.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n";
const POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {app: web}\nspec:\n  containers:\n  - name: web\n    image: nginx\n";
const YAML = `${SERVICE}---\n${POD}`;
const html = (loader) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Docs</title><link rel="icon" href="${MOUNT}badge.svg"><script src="${loader}"></script></head><body><h1>Docs</h1><div><pre id="block"><code>${YAML}</code></pre></div></body></html>`;

let browser, server, elsewhere, silent;
before(async () => {
  [browser, elsewhere, silent] = await Promise.all([launch(), serveBuilt(), serveBuilt({}, { cors: false })]);
  server = await serveBuilt({ "/host.html": html(`${MOUNT}portside-embed.js`) }, { cors: false, csp: undefined });
});
after(() => Promise.all([browser?.close(), server?.close(), elsewhere?.close(), silent?.close()]));

/** A page whose Portside is that of another host, under a policy with these further directives; it closes with its server. */
async function abroad(host, attributes, connects, from = host) {
  const { origin } = new URL(from.url);
  const script = new URL(host.url).origin;
  const csp = `default-src 'self'; img-src ${script}; script-src ${script}; frame-src ${origin}${connects ? `; connect-src ${origin}` : ""}`;
  const own = await serve({ root: here, pages: { "/host.html": html(`${host.url}portside-embed.js`).replace(`href="${MOUNT}`, `href="${host.url}`) }, csp });
  const page = await loaded(attributes, { url: new URL("/host.html", own.url).href, csp: null });
  page.context().on("close", () => own.close());
  return page;
}

/** A page with one playground that has these attributes and this inside it. */
async function playground(attributes = {}, { inside = `<pre>${YAML}</pre>`, url = new URL("/host.html", server.url).href, ...options } = {}) {
  const page = await openHost(browser, url, options);
  await page.evaluate(({ attributes, inside }) => {
    const one = document.createElement("portside-playground");
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    one.innerHTML = inside;
    document.body.append(one);
  }, { attributes, inside });
  return page;
}

/** The same, loaded. */
async function loaded(attributes, options) {
  const page = await playground(attributes, options);
  await ask(page, "load");
  return page;
}

const value = (page) => page.waitForFunction(() => document.querySelector("portside-playground").value).then((handle) => handle.jsonValue());
const frame = (page) => page.locator("portside-playground >> iframe");
const root = (page) => inner(page).locator("html");
const printed = async (page, line) => (await ask(page, "run", line)).stdout;
const height = (page) => frame(page).evaluate((frame) => frame.offsetHeight);
/** What can be seen in the frame. */
const visible = async (page, ...selectors) => Promise.all(selectors.map(async (selector) => await inner(page).locator(selector).filter({ visible: true }).count() > 0));

/** Which panes each view shows: the chart, the terminal's line, the editor, the log of packets. */
const VIEWS = {
  split: [true, true, false, false],
  graph: [true, false, false, false],
  editor: [false, false, true, false],
  terminal: [false, true, false, false],
  "graph+terminal": [true, true, false, false],
  trace: [true, false, false, true],
};

const ATTRIBUTES = {
  async for() {
    assert.equal(await value(await playground({ for: "prev" }, { inside: "" })), YAML);
    const page = await playground({ for: "#block" }, { inside: "" });
    assert.equal(await value(page), YAML);
    return page;
  },
  async src() {
    const page = await playground({ src: `${MOUNT}data/templates/one-service.yaml` });
    assert.equal(await value(page), readFileSync(`${DIST}/data/templates/one-service.yaml`, "utf8"));
    return page;
  },
  async hash() {
    const page = await loaded({ hash: `p0=${deflateRawSync(SERVICE).toString("base64url")}` });
    assert.equal(await ask(page, "getYaml"), SERVICE);
    return page;
  },
  async example() {
    const page = await loaded({ example: "clusterip" });
    assert.match(await ask(page, "getYaml"), /name: redis/);
    return page;
  },
  async lesson() {
    const page = await loaded({ lesson: "clusterip" });
    await inner(page).locator(".lesson-body").getByText("A web application keeps its sessions in redis").waitFor();
    return page;
  },
  async step() {
    const page = await loaded({ lesson: "clusterip", step: "2" });
    const check = await event(page, "check");
    assert.deepEqual([check.lesson, check.step, check.passed], ["clusterip", 2, false]);
    return page;
  },
  async view() {
    let page;
    for (const [view, shows] of Object.entries(VIEWS)) {
      await page?.context().close();
      page = await loaded({ view });
      assert.equal(await root(page).getAttribute("data-view"), view);
      let shown;
      await until(async () => {
        shown = await visible(page, ".chart", "#command", ".cm-content, #manifest", ".log");
        return isDeepStrictEqual(shown, shows);
      }).catch(() => assert.deepEqual(shown, shows, view));
    }
    return page;
  },
  async hide() {
    const page = await loaded({ hide: "toolbar footer" });
    assert.deepEqual(await visible(page, ".head", ".status", ".chart", "#command"), [false, false, true, true]);
    return page;
  },
  async run() {
    const page = await loaded({ run: "kubectl get nodes; kubectl get svc" });
    const chips = inner(page).locator(".chips button");
    await chips.first().waitFor();
    assert.deepEqual((await chips.allInnerTexts()).map((text) => text.trim()), ["kubectl get nodes", "kubectl get svc"]);
    assert.equal(await page.evaluate(() => globalThis.events.some(([name]) => name === "command")), false, "nothing is typed before the reader asks");
    await chips.first().click();
    assert.equal((await event(page, "command")).line, "kubectl get nodes");
    return page;
  },
  async autorun() {
    const page = await loaded({ run: "kubectl get nodes; kubectl get svc", autorun: "" });
    await event(page, "command", ({ line }) => line === "kubectl get svc");
    assert.equal(await page.evaluate(() => globalThis.events.find(([name]) => name === "command")[1].line), "kubectl get nodes");
    return page;
  },
  async from() {
    for (const [from, host] of [["node/node-2", "node-2\n"], ["pod/default/web", "web\n"], ["client", "web\n"]]) {
      const page = await loaded({ from, run: "kubectl apply -f manifest.yaml", autorun: "" });
      await until(async () => (await printed(page, "hostname")) === host);
      await page.context().close();
    }
    const page = await loaded({ from: "external" });
    await event(page, "command", ({ line }) => line === "ssh outside");
    return page;
  },
  async trace() {
    const page = await loaded({ trace: "web.default:80", run: "kubectl apply -f manifest.yaml", autorun: "" });
    const { hops } = await event(page, "trace");
    assert.ok(hops.length > 0);
    return page;
  },
  async readonly() {
    const page = await loaded({ readonly: "", view: "editor" });
    await until(() => inner(page).locator("#manifest").evaluate((area) => area.readOnly));
    return page;
  },
  async loading() {
    const click = await playground({ loading: "click" });
    await click.getByRole("button", { name: "Try it" }).waitFor();
    assert.deepEqual([click.seen.wasm, await element(click).evaluate((one) => one.state)], [0, "idle"]);
    await click.context().close();
    const eager = await playground({ loading: "eager" });
    await state(eager, "ready");
    await eager.context().close();
    const page = await openHost(browser, new URL("/host.html", server.url).href);
    await page.evaluate(() => {
      const space = document.createElement("div");
      space.style.setProperty("height", "4000px");
      document.body.append(space);
      const one = document.createElement("portside-playground");
      one.setAttribute("loading", "visible");
      document.body.append(one);
    });
    await page.waitForTimeout(300);
    assert.equal(page.seen.wasm, 0);
    await element(page).evaluate((one) => one.scrollIntoView());
    await state(page, "ready");
    assert.equal(await page.evaluate(() => globalThis.shifts), 0);
    return page;
  },
  async poster() {
    const none = await playground({ poster: "none" });
    await none.getByRole("button", { name: "Try it" }).waitFor();
    assert.equal(await none.locator("portside-playground >> img").count(), 0);
    await none.context().close();
    const page = await playground({ poster: `${MOUNT}badge.svg` });
    const picture = page.locator("portside-playground >> img");
    await picture.waitFor();
    assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
    await ask(page, "load");
    assert.equal(await picture.isVisible(), false);
    return page;
  },
  async height() {
    const fixed = await loaded({ height: "333" });
    assert.equal(await height(fixed), 333);
    await fixed.context().close();
    const page = await loaded({ height: "16/9" });
    const box = await frame(page).evaluate((frame) => frame.getBoundingClientRect().toJSON());
    assert.ok(Math.abs(box.height - (box.width * 9) / 16) <= 2, `${box.width} × ${box.height}`);
    await ask(page, "apply");
    assert.equal(await height(page), Math.round(box.height), "a ratio does not grow");
    return page;
  },
  async "min-height"() {
    const page = await loaded({ "min-height": "640" });
    assert.ok(await height(page) >= 640);
    return page;
  },
  async "max-height"() {
    const page = await loaded({ "max-height": "350" });
    await ask(page, "apply");
    await event(page, "resize");
    assert.ok(await height(page) <= 350);
    return page;
  },
  async theme() {
    const dark = await loaded({ theme: "dark" }, { colorScheme: "light" });
    assert.equal(await root(dark).getAttribute("data-theme"), "dark");
    await element(dark).evaluate((one) => one.setAttribute("theme", "light"));
    await inner(dark).locator("html[data-theme=light]").waitFor();
    await dark.context().close();
    // Where neither says anything, the system does.
    const page = await loaded({ theme: "auto" }, { colorScheme: "dark" });
    const paper = (page) => root(page).evaluate((root) => getComputedStyle(root.querySelector("body")).backgroundColor);
    const night = await paper(page);
    await page.emulateMedia({ colorScheme: "light" });
    await until(async () => (await paper(page)) !== night);
    return page;
  },
  async accent() {
    const page = await loaded({ accent: "rgb(1, 2, 3)" });
    assert.equal(await root(page).evaluate((root) => getComputedStyle(root).getPropertyValue("--magenta")), "rgb(1, 2, 3)");
    return page;
  },
  async lang() {
    const page = await playground({});
    await page.evaluate(() => { document.documentElement.lang = "pt-BR"; });
    await ask(page, "load");
    assert.match(await frame(page).getAttribute("src"), /[?&]lang=pt-BR\b/);
    // What the frame says is English so far, and it says so to whoever reads it aloud.
    assert.equal(await root(page).getAttribute("lang"), "en");
    assert.equal(await inner(page).getByRole("alert").count(), 0);
    return page;
  },
  async motion() {
    const page = await loaded({ motion: "off" }, { reducedMotion: "no-preference" });
    assert.notEqual(await root(page).getAttribute("data-still"), null);
    return page;
  },
  async seed() {
    const addresses = [];
    for (const seed of ["9", "9", "10"]) {
      const page = await loaded({ seed });
      await ask(page, "apply");
      addresses.push(await printed(page, "kubectl get svc web -o jsonpath={.spec.clusterIP}"));
      await page.context().close();
    }
    assert.match(addresses[0], /^10\./);
    assert.equal(addresses[0], addresses[1]);
    assert.notEqual(addresses[0], addresses[2]);
  },
  async clock() {
    const page = await loaded({ clock: "2031-02-03T06:00:00+02:00" });
    assert.match(await printed(page, "kubectl get namespace default -o jsonpath={.metadata.creationTimestamp}"), /^2031-02-03T0[34]:/);
    // Whoever opens the session's link sees the same times.
    const other = await loaded({ hash: new URL(await ask(page, "share")).hash });
    assert.match(await printed(other, "kubectl get namespace default -o jsonpath={.metadata.creationTimestamp}"), /^2031-02-03T0[34]:/);
    await other.context().close();
    const wrong = await loaded({ clock: "yesterday" });
    await inner(wrong).getByRole("alert").filter({ hasText: "clock=yesterday" }).waitFor();
    await wrong.context().close();
    return page;
  },
  async k8s() {
    const page = await loaded({ k8s: "1.36" });
    assert.equal((await event(page, "ready")).k8s, "1.36");
    assert.equal(await inner(page).getByRole("alert").count(), 0);
    await page.context().close();
    const old = await loaded({ k8s: "1.12" });
    await inner(old).getByRole("alert").filter({ hasText: "k8s=1.12" }).waitFor();
    return old;
  },
  async origin() {
    const page = await abroad(silent, { origin: elsewhere.url }, true, elsewhere);
    assert.ok((await frame(page).getAttribute("src")).startsWith(elsewhere.url));
    assert.doesNotMatch(await frame(page).getAttribute("sandbox"), /allow-same-origin/);
    assert.equal(await ask(page, "getYaml"), YAML);
    return page;
  },
  async persist() {
    // Where the frame would have the page's own origin, it may not keep anything: it could reach the page.
    const own = await loaded({ persist: "" });
    assert.doesNotMatch(await frame(own).getAttribute("sandbox"), /allow-same-origin/);
    await own.context().close();
    const page = await abroad(elsewhere, { persist: "" }, true);
    assert.match(await frame(page).getAttribute("sandbox"), /allow-same-origin/);
    await ask(page, "run", "kubectl get nodes");
    const kept = () => root(page).evaluate(() => localStorage.getItem("portside.history"));
    await until(async () => /kubectl get nodes/.test(await kept()));
    return page;
  },
  async title() {
    const named = await loaded({ title: "My cluster" });
    assert.equal(await frame(named).getAttribute("title"), "My cluster");
    await named.context().close();
    const page = await loaded();
    assert.equal(await frame(page).getAttribute("title"), "Portside: Kubernetes Services playground");
    return page;
  },
};

/** The methods share a page: each leaves it as the next one wants it. */
const METHODS = {
  load: async (page) => assert.match((await ask(page, "load")).version, /^\d/),
  getYaml: async (page) => assert.equal(await ask(page, "getYaml"), YAML),
  setYaml: async (page) => {
    await ask(page, "setYaml", `# mine\n${YAML}`);
    assert.equal(await ask(page, "getYaml"), `# mine\n${YAML}`);
  },
  apply: async (page) => {
    const { line, exit, stdout } = await ask(page, "apply");
    assert.match(line, /kubectl apply/);
    assert.deepEqual([exit, stdout], [0, "service/web created\npod/web created\n"]);
  },
  run: async (page) => {
    const answer = await ask(page, "run", "kubectl get svc web -o name");
    assert.deepEqual([answer.exit, answer.stdout, answer.stderr], [0, "service/web\n", ""]);
    const failed = await ask(page, "run", "kubectl get svc nobody");
    assert.equal(failed.exit, 1);
    assert.match(failed.stderr, /NotFound/);
  },
  trace: async (page) => {
    // A Pod is ready a moment before its Service's rules know of it.
    await until(async () => /true/.test(await printed(page, "kubectl get endpointslices -l kubernetes.io/service-name=web -o jsonpath={..ready}")));
    const { verdict, hops } = await ask(page, "trace", "web.default:80", { from: "pod/default/web" });
    assert.equal(verdict, "delivered");
    assert.ok(hops.length > 1);
    await assert.rejects(ask(page, "trace", "nobody.default:80"), /nobody/);
    await ask(page, "run", "exit");
  },
  share: async (page) => assert.match(await ask(page, "share"), /#p1=[\w-]+$/),
  setTheme: async (page) => {
    await ask(page, "setTheme", "dark");
    await inner(page).locator("html[data-theme=dark]").waitFor();
  },
  exportSvg: async (page) => assert.match(await ask(page, "exportSvg"), /^<svg /),
  focus: async (page) => {
    await ask(page, "focus");
    assert.equal(await page.evaluate(() => document.activeElement.localName), "portside-playground");
  },
  reset: async (page) => {
    await ask(page, "reset");
    await until(async () => (await ask(page, "run", "kubectl get svc web")).exit === 1);
  },
  goto: async (page) => {
    await ask(page, "goto", { lesson: "clusterip", step: 1 });
    assert.equal((await event(page, "check")).step, 1);
  },
};

const EVENTS = {
  ready: async (page) => {
    const { version, k8s } = await event(page, "ready");
    assert.match(version, /^\d/);
    assert.equal(k8s, "1.36");
  },
  change: async (page) => {
    await ask(page, "setYaml", "kind: Servise\n");
    const { yaml, diagnostics } = await event(page, "change", ({ yaml }) => /Servise/.test(yaml));
    assert.equal(yaml, "kind: Servise\n");
    assert.ok(Array.isArray(diagnostics));
  },
  diagnostics: async (page) => {
    const { diagnostics } = await event(page, "diagnostics", ({ diagnostics }) => diagnostics.length > 0);
    assert.deepEqual(Object.keys(diagnostics[0]), ["line", "severity", "message"]);
  },
  apply: async (page) => {
    await ask(page, "setYaml", YAML);
    await ask(page, "apply");
    assert.deepEqual((await event(page, "apply")).objects, ["service/web", "pod/web"]);
  },
  command: async (page) => {
    await ask(page, "run", "echo a");
    const { exit, stdout, stderr } = await event(page, "command", ({ line }) => line === "echo a");
    assert.deepEqual([exit, stdout, stderr], [0, "a\n", ""]);
  },
  trace: async (page) => {
    await until(async () => /1\/1/.test(await printed(page, "kubectl get pods")));
    await ask(page, "trace", "web.default:80", { from: "client" });
    await ask(page, "run", "exit");
    const { verdict, hops } = await event(page, "trace");
    assert.equal(typeof verdict, "string");
    assert.deepEqual(Object.keys(hops[0]).slice(0, 2), ["seq", "at"]);
  },
  share: async (page) => {
    const url = await ask(page, "share");
    assert.equal((await event(page, "share")).url, url);
  },
  resize: async (page) => assert.ok((await event(page, "resize")).height > 300),
  check: async (page) => {
    await ask(page, "goto", { lesson: "policy", step: 1 });
    const { lesson, step, passed, reasons } = await event(page, "check");
    assert.deepEqual([lesson, step, passed], ["policy", 1, false]);
    assert.ok(reasons.length > 0);
  },
  complete: async (page) => {
    for (let step = 1; step <= 4; step++) {
      await ask(page, "goto", { lesson: "policy", step });
      await inner(page).locator(".contents .meta", { hasText: `Step ${step} of 4` }).waitFor();
      const runs = inner(page).locator(".lesson-body .run");
      for (let at = 0; at < await runs.count(); at++) await runs.nth(at).click();
      const solve = inner(page).getByRole("button", { name: "Solve" });
      if (await solve.isVisible()) await solve.click();
      await root(page).evaluate(() => globalThis.portside.step(30_000));
      await event(page, "check", (detail) => detail.step === step && detail.passed);
    }
    assert.equal((await event(page, "complete")).lesson, "policy");
  },
  error: async () => {
    const page = await playground({ origin: "/nowhere/" });
    await page.evaluate(() => { const real = setTimeout; globalThis.setTimeout = (run, ms) => real(run, ms > 5_000 ? 100 : ms); });
    await assert.rejects(ask(page, "load"), /no answer/);
    assert.deepEqual(await event(page, "error"), { code: "handshake", message: "no answer" });
    await page.context().close();
  },
};

const sheet = (page, css) => page.evaluate((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}, css);
const style = (locator, name) => locator.evaluate((node, name) => getComputedStyle(node).getPropertyValue(name), name);

const SLOTS = {
  async caption() {
    const page = await playground({}, { inside: `<pre>${YAML}</pre><p slot="caption">A caption</p>` });
    await page.getByText("A caption").waitFor();
    await ask(page, "load");
    assert.ok(await page.getByText("A caption").isVisible());
    return page;
  },
  async fallback() {
    const page = await playground({ origin: "/nowhere/" }, { inside: `<pre>${YAML}</pre><p slot="fallback">No cluster today</p>` });
    assert.equal(await page.getByText("No cluster today").isVisible(), false);
    await page.evaluate(() => { const real = setTimeout; globalThis.setTimeout = (run, ms) => real(run, ms > 5_000 ? 100 : ms); });
    await assert.rejects(ask(page, "load"), /no answer/);
    assert.ok(await page.getByText("No cluster today").isVisible());
    page.seen.complaints.length = 0;
    return page;
  },
  async toolbar() {
    const page = await loaded({}, { inside: `<pre>${YAML}</pre><a slot="toolbar" href="#x">More</a>` });
    assert.ok(await page.getByRole("link", { name: "More" }).isVisible());
    return page;
  },
};

const PARTS = {
  async button() {
    const page = await playground();
    await sheet(page, "portside-playground::part(button) { color: rgb(1, 2, 3) }");
    assert.equal(await style(page.getByRole("button", { name: "Try it" }), "color"), "rgb(1, 2, 3)");
    return page;
  },
  async frame() {
    const page = await loaded();
    await sheet(page, "portside-playground::part(frame) { outline: 2px solid rgb(1, 2, 3) }");
    assert.equal(await style(frame(page), "outline-width"), "2px");
    return page;
  },
};

const PROPERTIES = Object.fromEntries([["height", "height", "400px"], ["radius", "border-top-left-radius", "9px"], ["border", "border-top-width", "5px"]].map(([name, property, wanted]) => [`--portside-${name}`, async () => {
  const page = await loaded();
  await sheet(page, `portside-playground { --portside-${name}: ${name === "border" ? "5px solid red" : wanted} }`);
  assert.equal(await style(frame(page), property), wanted);
  return page;
}]));

/** The states share a page; each is also one for style sheets. */
const STATES = {
  idle: async () => {},
  loading: async (page) => { await page.evaluate(() => { document.querySelector("portside-playground").load(); }); },
  ready: async (page) => { await event(page, "ready"); },
  running: async (page) => { await ask(page, "run", "kubectl get nodes"); },
  failed: async (page) => {
    await ask(page, "goto", { lesson: "clusterip", step: 1 });
    await event(page, "check");
  },
  passed: async (page) => {
    for (const line of ["kubectl create deployment redis --image=redis", "kubectl delete pod -l app=redis"]) await ask(page, "run", line);
    await event(page, "check", ({ passed }) => passed);
  },
};

for (const [what, table] of Object.entries({ attribute: ATTRIBUTES, slot: SLOTS, part: PARTS, property: PROPERTIES })) {
  for (const [name, run] of Object.entries(table)) {
    test(`the ${what} ${name}`, { timeout: 120_000 }, async () => {
      const page = await run();
      assert.deepEqual(page?.seen.complaints ?? [], []);
      await page?.context().close();
    });
  }
}

for (const [what, table] of Object.entries({ method: METHODS, event: EVENTS })) {
  test(`every ${what}`, { timeout: 240_000 }, async (t) => {
    const page = await loaded({}, { colorScheme: "light" });
    for (const [name, run] of Object.entries(table)) await t.test(name, () => run(page));
    assert.deepEqual(page.seen.complaints, []);
    await page.context().close();
  });
}

test("every state", { timeout: 120_000 }, async (t) => {
  const page = await playground();
  await element(page).waitFor();
  for (const [name, run] of Object.entries(STATES)) {
    await t.test(name, async () => {
      await run(page);
      const told = await element(page).evaluate((one, name) => [one.state, one.dataset.state ?? "idle", name === "idle" || one.matches(`:state(${name})`)], name);
      assert.deepEqual(told, [name, name, true]);
    });
  }
  await page.context().close();
});

test("a host of another origin that sends no CORS header, and one that the page's policy keeps from being fetched", async () => {
  for (const [host, connects] of [[silent, true], [elsewhere, false]]) {
    const page = await abroad(host, {}, connects);
    // The frame is of Portside's own origin, and takes what it needs itself.
    assert.match(await frame(page).getAttribute("sandbox"), /allow-same-origin/);
    assert.equal(await ask(page, "getYaml"), YAML);
    assert.equal((await ask(page, "apply")).exit, 0);
    await page.context().close();
  }
});

test("a text that is too long for an address goes by message", async () => {
  const long = Array.from({ length: 60 }, (_, at) => SERVICE.replace("web", `web-${at}`)).join("---\n");
  const page = await loaded({}, { inside: `<pre>${long}</pre>` });
  assert.ok(long.length > 6_000);
  assert.ok((await frame(page).getAttribute("src")).length < 500);
  assert.equal(await ask(page, "getYaml"), long);
  assert.deepEqual(page.seen.complaints, []);
  // A session that no link should hold says so.
  let seed = 7;
  const noise = Array.from({ length: 70_000 }, () => String.fromCharCode(33 + ((seed = (seed * 48_271) % 2_147_483_647) % 90))).join("");
  await ask(page, "setYaml", `# ${noise}\n`);
  await assert.rejects(ask(page, "share"), /too long for a link/);
  await page.context().close();
});

test("a frame that is loaded again is still heard", async () => {
  const page = await loaded();
  await root(page).evaluate(() => setTimeout(() => location.reload(), 0));
  await until(async () => (await page.evaluate(() => globalThis.events.filter(([name]) => name === "ready").length)) === 2);
  assert.equal(await ask(page, "getYaml"), YAML);
  await page.context().close();
});

test("a host that sends embed.html on to embed and forgets the query", async () => {
  const page = await openHost(browser, new URL("/host.html", server.url).href);
  await page.route("**/embed.html?*", (route) => route.fulfill({ status: 301, headers: { location: `${MOUNT}embed` } }));
  await page.route(new RegExp(`${MOUNT}embed$`), async (route) => route.fulfill({ response: await route.fetch({ url: `${server.url}embed.html` }) }));
  await page.evaluate(() => {
    const one = document.createElement("portside-playground");
    one.setAttribute("for", "prev");
    one.setAttribute("seed", "9");
    document.body.append(one);
  });
  await ask(page, "load");
  assert.equal(await ask(page, "getYaml"), YAML);
  assert.match(await inner(page).locator(".status").textContent(), /seed 9/);
  await page.context().close();
});

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const sorted = (names) => [...names].sort();

test("nothing that is documented, typed or read by the loader is without a test", () => {
  const docs = read("docs/embedding.md");
  const section = (title) => docs.split(`## ${title}\n`)[1].split("\n## ")[0];
  const coded = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
  const table = section("Attributes");
  const rows = table.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split("|")[1]);
  assert.deepEqual(sorted(rows.flatMap((row) => coded(row, /`([^`]+)`/g))), sorted(Object.keys(ATTRIBUTES)));
  const list = (word) => coded(table.match(new RegExp(`${word}:\\s([^.]*?)\\.`, "s"))[1], /`([\w-]+)`/g);
  assert.deepEqual(sorted(list("Slots")), sorted(Object.keys(SLOTS)));
  assert.deepEqual(sorted(list("Parts")), sorted(Object.keys(PARTS)));
  assert.deepEqual(sorted(list("Custom properties")), sorted(Object.keys(PROPERTIES)));
  assert.deepEqual(sorted(list("States").filter((name) => name !== "data-state")), sorted(Object.keys(STATES)));
  const events = sorted(Object.keys(EVENTS).map((name) => `portside-${name}`));
  assert.deepEqual(sorted(coded(section("Events"), /`(portside-\w+)`/g)), events);
  assert.deepEqual(sorted(NAMES), sorted(Object.keys(EVENTS)));
  const methods = sorted(Object.keys(METHODS));
  assert.deepEqual(sorted(coded(section("Methods"), /`(\w+)\(/g)), methods);
  const types = read("integrations/npm/index.d.ts");
  assert.deepEqual(sorted(coded(types, /"(portside-\w+)": CustomEvent/g)), events);
  // focus is every element's.
  assert.deepEqual(sorted([...coded(types, /^ {2}(\w+)\(.*\): Promise/gm), "focus"]), methods);
  const loader = read("www/loader/portside-embed.js");
  const [, passed] = loader.match(/const PASSED = \[(.*)\]/);
  const named = [passed, ...coded(loader, /(?:getAttribute|hasAttribute|limit|observedAttributes =|\] = \[)(\(?.*)/g)].flatMap((text) => coded(text, /"([a-z\d-]+)"/g));
  for (const name of named) assert.ok(name in ATTRIBUTES || name === "none" || name === "eager" || name === "visible" || name === "light" || name === "dark", `the loader reads ${name}`);
});
