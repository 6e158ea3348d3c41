// Example sites, each built and served by its own documentation tool: the block is read byte for byte, the playground runs,
// and the page has no complaint, also under a policy of `default-src 'self'`.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DIST } from "../../scripts/serve.mjs";
import { launch } from "../e2e/browser.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const MANIFEST = readFileSync(join(here, "manifest.yaml"), "utf8");
const TOOLS = join(process.env.PORTSIDE_CACHE ?? join(homedir(), ".cache/portside"), "docs/bin");

/** The tools: where static files go, what builds, what serves. `port` and `out` are filled in. */
const SITES = {
  hugo: { files: "static", playgrounds: 2, serve: ["hugo", "server", "--bind", "127.0.0.1", "--port", "PORT", "--baseURL", "http://127.0.0.1:PORT/", "--disableLiveReload"] },
  sphinx: { files: "static", playgrounds: 1, build: ["sphinx-build", "-q", "-b", "html", ".", "OUT"], at: "_static/", serve: ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", "OUT", "PORT"] },
  mkdocs: { files: "docs", playgrounds: 1, serve: [join(TOOLS, "mkdocs"), "serve", "-q", "--no-livereload", "-a", "127.0.0.1:PORT"] },
};

let browser, folder;
before(async () => {
  browser = await launch();
  // Hugo takes its layouts from the integrations, by a path from the site.
  folder = mkdtempSync(join(tmpdir(), "portside-sites-"));
  cpSync(join(here, "../../integrations"), join(folder, "integrations"), { recursive: true });
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  return browser?.close();
});

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return String(port);
}

async function serveSite(name) {
  const site = SITES[name];
  const source = join(folder, "tests/embed", name);
  cpSync(join(here, name), source, { recursive: true });
  mkdirSync(join(source, site.files), { recursive: true });
  cpSync(DIST, join(source, site.files, "portside"), { recursive: true, filter: (file) => !file.includes(".stage") });
  const port = await freePort();
  const fill = (words) => words.map((word) => word.replaceAll("PORT", port).replaceAll("OUT", join(folder, `${name}-out`)));
  if (site.build) {
    const [program, ...args] = fill(site.build);
    execFileSync(program, args, { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
  }
  const [program, ...args] = fill(site.serve);
  const server = spawn(program, args, { cwd: source, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => { said += data; });
  server.on("error", (error) => { said += error; });
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; !(await fetch(url).then((response) => response.ok, () => false)); tries++) {
    assert.ok(tries < 240, `${name} does not serve: ${said}`);
    await new Promise((resolve) => { setTimeout(resolve, 250); });
  }
  return { url, close: () => server.kill() };
}

async function openSite(url, strict) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(error.message));
  if (strict) {
    // The tool's own scripts and styles are its business; the playground needs these two and no more.
    await page.route(url, async (route) => {
      const response = await route.fetch();
      const csp = "default-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-src 'self'";
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": csp } });
    });
  }
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector("portside-playground")?.state);
  return Object.assign(page, { complaints });
}

for (const [name, { playgrounds }] of Object.entries(SITES)) {
  test(`${name}: the block is read byte for byte and the playground runs`, async () => {
    const site = await serveSite(name);
    try {
      for (const strict of [false, true]) {
        const page = await openSite(site.url, strict);
        const texts = await page.evaluate(async () => {
          const texts = [];
          for (const one of document.querySelectorAll("portside-playground")) {
            await one.load();
            texts.push(await one.getYaml());
          }
          return texts;
        });
        assert.deepEqual(texts, Array(playgrounds).fill(MANIFEST), name);
        const applied = await page.evaluate(() => document.querySelector("portside-playground").apply());
        assert.equal(applied.stdout, "service/web created\nconfigmap/shapes created\n");
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      }
    } finally {
      site.close();
    }
  });
}

test("mkdocs: instant navigation and the way back", async () => {
  const site = await serveSite("mkdocs");
  try {
    const page = await openSite(site.url, false);
    await page.evaluate(() => document.querySelector("portside-playground").load());
    await page.getByRole("link", { name: "Another page" }).click();
    await page.getByRole("heading", { name: "Other" }).waitFor();
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("portside-playground")?.state);
    const yaml = await page.evaluate(async () => {
      const one = document.querySelector("portside-playground");
      await one.load();
      return one.getYaml();
    });
    assert.equal(yaml, MANIFEST);
    assert.deepEqual(page.complaints, []);
  } finally {
    site.close();
  }
});
