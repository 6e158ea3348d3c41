// The npm package: packed, installed in a clean folder, and a page that uses what was installed.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";
import { launch } from "./browser.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
let browser, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "portside-"));
  browser = await launch();
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  return browser?.close();
});

test("what npm pack packs runs from a clean folder", async () => {
  execFileSync("node", [join(root, "scripts/package.mjs")]);
  const run = (...args) => execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [{ filename, files }] = JSON.parse(run("pack", "--json", join(root, "npm")));
  assert.ok(files.some(({ path }) => path === "index.d.ts"));
  writeFileSync(join(folder, "package.json"), '{"private": true}');
  run("install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  const installed = join(folder, "node_modules/portside-playground");
  assert.match(readFileSync(join(installed, "index.d.ts"), "utf8"), /PortsidePlayground/);
  const html = '<!doctype html><title>x</title><link rel="icon" href="/portside/badge.svg"><script src="/portside/portside-embed.js"></script><portside-playground><pre>kind: Service</pre></portside-playground>';
  const server = await serve({ root: join(installed, "dist"), mount: "/portside/", pages: { "/": html }, cors: false });
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  await page.goto(new URL("/", server.url).href);
  const yaml = await page.evaluate(async () => {
    const one = document.querySelector("portside-playground");
    await one.load();
    return one.getYaml();
  });
  assert.equal(yaml, "kind: Service\n");
  assert.deepEqual(complaints, []);
  await server.close();
});
