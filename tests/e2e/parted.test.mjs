// The simulator in two modules: a first visit begins with the one, and nothing that its reader does before the other has
// come is lost or answered otherwise.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "../../www/wasm/module.mjs";
import { split } from "../../www/wasm/split.mjs";
import { linked } from "../../www/wasm/symbols.mjs";
import { launch, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

/**
 * Opens the page as on a first visit, with the rest held back; `asked` tells how often it was wanted. A list that is older
 * than the program may lack a function of the start: the page then fetches the rest at once, which `early` tells.
 */
async function first(options = {}) {
  const held = { asked: 0, early: false };
  const released = new Promise((resolve) => { held.release = resolve; });
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.route(/_rest\.wasm$/, async (route) => {
    held.asked += 1;
    const followed = route.request().resourceType() === "fetch";
    held.early ||= held.asked === 1 && !followed;
    if (held.asked === 1 && followed) await released;
    await route.continue();
  });
  const errors = [];
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  await page.goto(server.url);
  await started(page);
  return Object.assign(page, { held, errors });
}

const transcript = (page) => page.evaluate(() => globalThis.portside.transcript());

test("a first visit is drawn, and goes on, with the first module alone", async (t) => {
  for (const width of [1280, 390]) {
    const page = await first({ viewport: { width, height: 800 } });
    await page.locator(".map").first().waitFor();
    await page.waitForTimeout(2_000);
    if (page.held.early) t.diagnostic("something asked for the rest at once: run `make first`");
    assert.equal(page.held.asked, 1);
    // Data that were missing would be zeros.
    assert.doesNotMatch(await page.locator("#app").innerHTML(), /\0|&#0;/);
    assert.deepEqual(page.errors, []);
    page.held.release();
    await page.waitForFunction(() => !("portsidePart" in globalThis));
    // The cluster is the same as where all was there from the beginning.
    const whole = await open(browser, `${server.url}?theme=light`, { viewport: { width, height: 800 } });
    await started(whole);
    const [early, later] = await Promise.all([page, whole].map((one) => one.evaluate(() => {
      globalThis.portside.type("kubectl get pods,services,deployments,configmaps,endpointslices -A -o yaml");
      return globalThis.portside.transcript();
    })));
    assert.match(early, /Corefile: [^]*mode: ""/);
    assert.equal(early, later);
    await Promise.all([page.context().close(), whole.context().close()]);
  }
});

test("what is clicked and typed before the rest has come is done when it comes, in order", async () => {
  const page = await first();
  await page.locator("#command").click();
  await page.keyboard.type("kubectl get nodes\n");
  await page.keyboard.type("kubectl get ns\n");
  await page.getByRole("button", { name: "Help and keyboard shortcuts" }).click();
  if (!page.held.early) assert.doesNotMatch(await page.getByRole("log").innerText(), /node-1/);
  page.held.release();
  await page.getByRole("dialog").waitFor();
  assert.match(await transcript(page), /\$ kubectl get nodes\n[^]*\$ kubectl get ns\n[^]*kube-system/);
  assert.equal(page.held.asked, 1);
  await page.context().close();
});

test("who calls into the rest before it has come gets the same answer", async () => {
  const page = await first();
  await page.evaluate(() => globalThis.portside.type("kubectl get pods -A -o wide"));
  const early = await transcript(page);
  assert.equal(page.held.asked, page.held.early ? 1 : 2);
  page.held.release();
  const whole = await open(browser, `${server.url}?theme=light`);
  await started(whole);
  await whole.evaluate(() => globalThis.portside.type("kubectl get pods -A -o wide"));
  const names = (text) => text.match(/^\S+ +\S+ +\d\/\d/gm);
  assert.deepEqual(names(early), names(await transcript(whole)));
  await Promise.all([page.context().close(), whole.context().close()]);
});

test("a rest that does not come is said, and nothing is lost", async () => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  const asked = [];
  await page.route(/_rest\.wasm$/, (route) => (asked.push(route.request().resourceType()), route.abort()));
  await page.goto(server.url);
  const panel = page.getByRole("alertdialog");
  await panel.waitFor();
  assert.match(await panel.locator("#crash-message").textContent(), /did not load/);
  // Where the list is older than the program there may be no page yet that could be asked.
  if (asked[0] === "fetch") {
    assert.equal(asked.length, 5, "a network that fails is tried again");
    assert.match(await panel.locator("#crash-yaml").inputValue(), /kind: /);
  }
  await page.unroute(/_rest\.wasm$/);
  await page.getByRole("button", { name: "Reload" }).click();
  await started(page);
  await page.waitForFunction(() => !("portsidePart" in globalThis));
  await context.close();
});

const SOURCE = `(module
  (import "host" "add" (func $add (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 3 3 funcref)
  (elem (i32.const 1) $twice $read)
  (data (i32.const 1024) "\\05\\00\\00\\00\\07\\00\\00\\00")
  (global $count (mut i32) (i32.const 0))
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $read (param i32) (result i32) (i32.add (i32.load (i32.const 1028)) (local.get 0)))
  (func $table (param i32 i32) (result i32) (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)))
  (func $count (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (call $add (global.get $count)))
  (func (export "run") (param i32) (result i32)
    (block $out (block $loop (br_table $loop $out (i32.const 9))))
    (i32.add (call $count) (i32.add (call $table (i32.const 1) (local.get 0)) (call $table (i32.const 2) (local.get 0))))))`;

test("a module that is parted answers as the whole one, wherever it is parted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parted-"));
  writeFileSync(join(folder, "one.wat"), SOURCE);
  execFileSync("node_modules/.bin/wasm-as", [join(folder, "one.wat"), "-o", join(folder, "one.wasm")]);
  const module = parse(readFileSync(join(folder, "one.wasm")));
  rmSync(folder, { recursive: true });
  const things = [1024, 1028].map((start) => ({ start, end: start + 4, reach: start + 4, points: [], pinned: false }));
  const calls = [];
  for (let sides = 0; sides < 32; sides++) {
    const parts = split(module, (index) => sides & (1 << (index - 1)), { things, uses: new Map() });
    const host = { add: (value) => value + 100 };
    let needed = 0;
    let exports;
    const need = () => {
      needed += 1;
      new WebAssembly.Instance(new WebAssembly.Module(parts.rest), { host, first: exports });
      exports.ready.value = 1;
    };
    exports = new WebAssembly.Instance(new WebAssembly.Module(parts.first), { host, rest: { need } }).exports;
    assert.deepEqual([exports.run(10), exports.run(20)], [20 + 17 + 101, 40 + 27 + 102], `parted ${sides.toString(2)}`);
    calls.push(needed);
    // What only the rest reads is not in the first module.
    const has = parse(parts.rest).data.some((one) => one.offset <= 1028 && one.offset + one.bytes.length > 1028);
    assert.equal(has, !(sides & 2), `data, parted ${sides.toString(2)}`);
  }
  assert.deepEqual([calls[31], calls[0]], [0, 1]);
});

test("a module without the linker's word on its data has none to part", () => {
  assert.deepEqual(linked(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])).things, []);
});
