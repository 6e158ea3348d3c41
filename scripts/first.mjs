// Makes www/first.txt: the functions of the simulator that a page needs until it is there and answers the first glance. They
// are found by looking on: each function of the whole module tells when it is called. Run `make first` when the page starts
// by other ways than before, then build again; a function that is missing there costs its reader a moment, never the answer.

import { readFileSync, writeFileSync } from "node:fs";
import { launch, started } from "../tests/e2e/browser.mjs";
import { marked, markOf } from "../www/wasm/split.mjs";
import { parse } from "../www/wasm/module.mjs";
import { serve } from "./serve.mjs";

const module = parse(readFileSync(new URL("../node_modules/.cache/portside/page.wasm", import.meta.url)));
const body = Buffer.from(marked(module));
const [browser, server] = await Promise.all([launch(), serve()]);
const called = new Set();

/** Looks on while a first visitor does something. */
async function visit(options, what) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.route(/_bg\.wasm$/, (route) => route.fulfill({ body, contentType: "application/wasm" }));
  await page.route(/_rest\.wasm$/, () => {});
  await page.addInitScript(() => {
    const marks = (globalThis.marks = []);
    const { instantiate } = WebAssembly;
    WebAssembly.instantiate = (module, imports) => instantiate(module, { ...imports, trace: { mark: (index) => { marks[index] = 1; } } });
  });
  await page.goto(server.url);
  await started(page);
  await what(page);
  // The panel of a fault rescues the manifests.
  await page.evaluate(() => globalThis.portside.manifest());
  for (const index of await page.evaluate(() => Object.keys(globalThis.marks))) called.add(Number(index));
  await context.close();
}

const look = async (page) => {
  await page.locator(".cm-content").waitFor({ state: "attached" });
  await page.mouse.move(700, 300);
  await page.waitForTimeout(4_000);
};
const write = async (page) => {
  await look(page);
  for (const node of await page.locator(".map .node").all()) await node.hover({ timeout: 1_000 }).catch(() => {});
  await page.locator("#command").click();
  await page.keyboard.type("kubectl get pods");
  await page.locator(".cm-content").click();
  await page.keyboard.type("# a line");
  await page.waitForTimeout(1_000);
  // What a quiet cluster does now and then.
  await page.evaluate(() => globalThis.portside.step(900_000));
  await page.waitForTimeout(1_000);
};
await visit({ viewport: { width: 1280, height: 800 }, reducedMotion: "no-preference" }, write);
await visit({ viewport: { width: 1600, height: 1000 }, colorScheme: "dark", reducedMotion: "reduce" }, look);
await visit({ viewport: { width: 900, height: 800 } }, look);
await visit({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }, async (page) => { await page.waitForTimeout(4_000); });
await Promise.all([browser.close(), server.close()]);

const all = module.functions.map((_, at) => markOf(module, module.imports.length + at));
const wanted = new Set([...called].filter((index) => index >= module.imports.length).map((index) => all[index - module.imports.length]));
const others = new Set(all.filter((mark) => !wanted.has(mark)));
const lines = (marks) => [...marks].sort().join("\n");
const head = "# The functions that a page needs first, then the others, as digests of their names; made by `make first`.";
writeFileSync(new URL("../www/first.txt", import.meta.url), `${head}\n${lines(wanted)}\n\n${lines(others)}\n`);
console.log(`${called.size} functions of ${module.functions.length} are called`);
