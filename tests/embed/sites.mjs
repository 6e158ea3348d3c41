// The example sites: how each documentation tool builds and serves its own, and a browser that looks at them.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DIST } from "../../scripts/serve.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const CACHE = process.env.PORTSIDE_CACHE ?? join(homedir(), ".cache/portside");
const python = ["python3", "-m", "http.server", "--bind", "127.0.0.1"];

/** What every site shows: a Service, and a text that a highlighter or a renderer may spoil. */
export const MANIFEST = readFileSync(join(here, "manifest.yaml"), "utf8");
/** The policy of the sites' pages, word for word what docs/embedding.md asks for. */
export const POLICY = "default-src 'self'; script-src 'self'; frame-src 'self'";

/**
 * The tools: where static files go; how many playgrounds the first page has; what builds and what serves, with PORT and OUT
 * filled in; where a page with a snippet goes, what stands around it, and which snippet of the Share dialog it takes.
 */
export const SITES = {
  html: {
    files: ".", playgrounds: 2, other: "other.html",
    serve: [...python, "--directory", ".", "PORT"],
    snippet: { form: "HTML", file: "shared.html", at: "shared.html", page: (text) => `<!doctype html><title>Shared</title><link rel="icon" href="portside/badge.svg">${text}` },
  },
  hugo: {
    files: "static", playgrounds: 2,
    serve: ["hugo", "server", "--bind", "127.0.0.1", "--port", "PORT", "--baseURL", "http://127.0.0.1:PORT/", "--disableLiveReload"],
    snippet: { form: "Hugo", file: "content/shared.md", at: "shared/", page: (text) => `---\ntitle: Shared\n---\n${text}` },
  },
  sphinx: {
    files: "static", playgrounds: 1,
    build: ["sphinx-build", "-q", "-b", "html", ".", "OUT"],
    serve: [...python, "--directory", "OUT", "PORT"],
    snippet: { form: "reStructuredText", file: "shared.rst", at: "shared.html", page: (text) => `:orphan:\n\nShared\n======\n\n${text}` },
  },
  mkdocs: {
    files: "docs", playgrounds: 1, other: "other/", clientSide: true,
    serve: [join(CACHE, "docs/bin/mkdocs"), "serve", "-q", "--no-livereload", "-a", "127.0.0.1:PORT"],
    snippet: { form: "MkDocs", file: "docs/shared.md", at: "shared/", page: (text) => `# Shared\n\n${text}` },
  },
  mdbook: {
    files: "src", playgrounds: 2, other: "other.html",
    serve: [join(CACHE, "tools/bin/mdbook"), "serve", "--hostname", "127.0.0.1", "--port", "PORT"],
    snippet: { form: "mdBook", file: "src/shared.md", at: "shared.html", page: (text) => `# Shared\n\n${text}` },
  },
  docusaurus: {
    files: "static", playgrounds: 3, other: "other", clientSide: true,
    install: (source) => {
      cpSync(join(here, "../../integrations/docusaurus/Portside.jsx"), join(source, "src/components/Portside.jsx"));
      symlinkSync(join(CACHE, "docusaurus/node_modules"), join(source, "node_modules"));
    },
    build: ["node_modules/.bin/docusaurus", "build", "--out-dir", "OUT"],
    serve: ["node_modules/.bin/docusaurus", "serve", "--dir", "OUT", "--host", "127.0.0.1", "--port", "PORT", "--no-open"],
    snippet: { form: "Docusaurus or MDX", file: "docs/shared.mdx", at: "shared", page: (text) => `# Shared\n\n${text}` },
  },
};

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return String(port);
}

/** A folder for the sites' copies; Hugo takes its layouts from the integrations, by a path from the site. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "portside-sites-"));
  cpSync(join(here, "../../integrations"), join(folder, "integrations"), { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Builds and serves a site with its own tool; `snippets` are the texts of the Share dialog, by their names. */
export async function serveSite(folder, name, snippets) {
  const site = SITES[name];
  const source = join(folder, "tests/embed", name);
  cpSync(join(here, name), source, { recursive: true });
  mkdirSync(join(source, site.files), { recursive: true });
  cpSync(DIST, join(source, site.files, "portside"), { recursive: true, filter: (file) => !file.includes(".stage") });
  const { form, file, page } = site.snippet;
  assert.ok(snippets[form], `the Share dialog has no form for ${form}`);
  writeFileSync(join(source, file), page(snippets[form]));
  if (existsSync(join(source, "src/SUMMARY.md"))) writeFileSync(join(source, "src/SUMMARY.md"), "- [Shared](shared.md)\n", { flag: "a" });
  site.install?.(source);
  const port = await freePort();
  const fill = (words) => words.map((word) => word.replaceAll("PORT", port).replaceAll("OUT", join(folder, `${name}-out`)));
  const options = { cwd: source, env: { ...process.env, NODE_ENV: undefined, CI: "1" } };
  if (site.build) {
    const [program, ...args] = fill(site.build);
    execFileSync(program, args, { ...options, stdio: ["ignore", "ignore", "inherit"] });
  }
  const [program, ...args] = fill(site.serve);
  const server = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
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

/**
 * Opens a page and notes what is complained of. With `policy` the page gets that policy, whatever its tool's own scripts and
 * styles may say to it; without `loader` nothing of Portside comes, so that what is told then is the tool's own.
 */
export async function openSite(browser, url, { policy, loader = true, playgrounds = 1, ...look } = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1200, height: 900 }, ...look });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    globalThis.refused = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile }) => globalThis.refused.push(`${effectiveDirective} ${blockedURI} ${sourceFile}`));
  });
  if (!loader) await page.route("**/portside-embed.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  if (policy) {
    await page.route(url, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
    });
  }
  await page.goto(url, { waitUntil: loader ? "load" : "networkidle" });
  if (loader) await page.waitForFunction((count) => [...document.querySelectorAll("portside-playground")].filter((one) => one.state).length === count, playgrounds);
  return Object.assign(page, {
    /** Each complaint once: a tool may repeat itself, and how often hangs on its timing. */
    told: async () => new Set([...complaints, ...await page.evaluate(() => globalThis.refused)]),
  });
}
