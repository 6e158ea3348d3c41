// Hostile sessions in the real page: nothing executes, nothing leaves the origin, and the page goes on working.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { launch, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

const SCRIPT = "<img src=x onerror=\"globalThis.pwned=1\"><script>globalThis.pwned=1</script><svg onload=globalThis.pwned=1>";
const CALL = "javascript:globalThis.pwned=1";
const object = (fields) => JSON.stringify(fields);
const everywhere = (text) => object({
  apiVersion: "v1", kind: "Service",
  metadata: { name: text, namespace: text, labels: { [text]: text, app: text }, annotations: { [text]: text } },
  spec: { type: text, selector: { app: text }, externalName: text, clusterIP: text, ports: [{ name: text, port: 80, targetPort: text, protocol: text }] },
});
const CORPUS = {
  "scripts in every string": everywhere(SCRIPT),
  "addresses that are scripts": everywhere(CALL),
  "an annotation that lives": object({ apiVersion: "v1", kind: "Service", metadata: { name: "web", annotations: { note: SCRIPT, link: CALL } }, spec: { ports: [{ port: 80 }] } }),
  "names of the prototype": object({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "constructor", labels: { __proto__x: "a", constructor: "b", toString: "c" } }, data: { hasOwnProperty: "1", valueOf: SCRIPT } }) + '\n---\n{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p"}}',
  "huge numbers": "apiVersion: v1\nkind: Service\nmetadata: {name: n}\nspec:\n  ports:\n  - port: 99999999999999999999999999999999\n    nodePort: -1e999\n    targetPort: 0x7fffffffffffffffffff\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 9223372036854775807, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}\n",
  "bidi and invisible characters": everywhere("\u202Egnp.exe\u202C\u2066\u200B\uFEFF\u0000\u2028</textarea>"),
  "deep nesting": `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  "deep mappings": Array.from({ length: 3_000 }, (_, depth) => `${" ".repeat(depth % 300)}a:`).join("\n"),
  "a billion laughs": `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(",")}]`).join("\n")}\n`,
  "closing tags": "</textarea></pre></code></script><script>globalThis.pwned=1</script>",
};

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

async function watched(address) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const faults = [];
  const { origin } = new URL(server.url);
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (new URL(request.url()).origin !== origin && !/^(data|blob):/.test(request.url())) faults.push(`left: ${request.url()}`); });
  await page.goto(`${server.url}?speed=0${address}`);
  await started(page);
  await page.waitForFunction(() => globalThis.portside);
  return Object.assign(page, { faults });
}

/** The page is whole: nothing ran, nothing is polluted, and it still does its work. */
async function assertWhole(page, name) {
  const seen = await page.evaluate(() => ({ pwned: globalThis.pwned, polluted: {}.polluted, scripts: document.querySelectorAll("script:not([src])").length, handlers: document.querySelectorAll("[onerror], [onload], [onclick]").length, links: [...document.querySelectorAll("[href]")].filter((a) => /^javascript/i.test(a.getAttribute("href"))).length, stopped: !document.getElementById("crash").hidden }));
  assert.deepEqual(seen, { pwned: undefined, polluted: undefined, scripts: 0, handlers: 0, links: 0, stopped: false }, name);
  const answer = await page.evaluate(() => JSON.parse(globalThis.portside.ask("run", "kubectl get namespace default -o name", "")));
  assert.deepEqual([answer.exit, answer.stdout], [0, "namespace/default\n"], name);
  assert.deepEqual(page.faults, [], name);
}

for (const [name, yaml] of Object.entries(CORPUS)) {
  test(`a hostile manifest: ${name}`, async () => {
    const page = await watched(`#p0=${deflateRawSync(yaml).toString("base64url")}`);
    await page.evaluate(() => globalThis.portside.ask("apply", "", ""));
    for (const line of ["kubectl get all -A", "kubectl get svc,cm -o yaml", "kubectl describe svc"]) {
      await page.evaluate((line) => globalThis.portside.ask("run", line, ""), line);
    }
    await assertWhole(page, name);
    await page.context().close();
  });
}

test("hostile lines and payloads", async () => {
  const page = await watched("");
  for (const line of [`echo '${SCRIPT}'`, `kubectl get '${SCRIPT}'`, `kubectl run '${CALL}' --image='${SCRIPT}'`, `nslookup '${SCRIPT}'`, "\u202E echo x", "x".repeat(100_000)]) {
    await page.evaluate((line) => globalThis.portside.ask("run", line, ""), line);
  }
  for (const hash of [`${SCRIPT}=1`, "__proto__=1", "p1=".padEnd(70_000, "A"), `p0=${deflateRawSync(Buffer.alloc(256 << 20)).toString("base64url")}`, "p1=%00", "src=%FF%FE"]) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    await page.waitForTimeout(50);
  }
  await assertWhole(page, "lines");
  await page.context().close();
});

test("hostile settings in the address", async () => {
  const text = encodeURIComponent(SCRIPT);
  const page = await watched(`&view=${text}&accent=${encodeURIComponent("red;}*{background:url(//evil.example)}")}&hide=${text}&lesson=..%2F..%2Fx&example=${text}&run=${text}&from=${text}&trace=${text}&theme=${text}&lang=${text}`);
  await page.getByRole("alert").filter({ hasText: "The address asks for what is not there" }).waitFor();
  await assertWhole(page, "address");
  await page.context().close();
});
