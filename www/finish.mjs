// Trunk's post_build hook: makes the built page strict and fit for frames, and parts the simulator in two.
//
// The simulator's functions that a page needs until it is there, www/first.txt, stay in the module that the page starts
// with; the others become a module of their own, which follows (js/simulator.mjs).
//
// One classic script, portside-HASH.js, takes the place of Trunk's inline module: it needs neither 'unsafe-inline' nor, in a
// sandboxed frame, a host that sends CORS headers. The page gets its content security policy, and a twin for frames,
// embed.html, without what only the whole page wants: the picture of the start, fonts, the module's preload.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { parse } from "./wasm/module.mjs";
import { chooser, split } from "./wasm/split.mjs";
import { linked } from "./wasm/symbols.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const dist = process.env.TRUNK_STAGING_DIR;
const find = (pattern) => readdirSync(dist).find((name) => pattern.test(name));
const glue = find(/^portside-web-.*\.js$/);
const wasm = find(/_bg\.wasm$/);
const remaining = wasm.replace("_bg.wasm", "_rest.wasm");

// The whole module with its names is kept for `make first`, which finds out what is needed first.
const whole = readFileSync(join(dist, wasm));
const kept = path("../node_modules/.cache/portside");
mkdirSync(kept, { recursive: true });
writeFileSync(join(kept, "page.wasm"), whole);
const module = parse(whole);
// As rustc wrote it, where Cargo puts it.
const { target_directory: target } = JSON.parse(execFileSync(process.env.CARGO ?? "cargo", ["metadata", "--format-version=1", "--no-deps"], { encoding: "utf8" }));
const raw = join(target, "wasm32-unknown-unknown", process.env.TRUNK_PROFILE === "release" ? "web" : "debug", "portside-web.wasm");
const { first, rest } = split(module, chooser(module, readFileSync(path("first.txt"), "utf8")), linked(readFileSync(raw)));
writeFileSync(join(dist, wasm), first);
writeFileSync(join(dist, remaining), rest);

/** What is allowed: the page's own files, WebAssembly, and pictures that it makes itself. frame-ancestors is a header's. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'";

const { outputFiles: [script] } = await build({
  entryPoints: [path("js/boot.mjs")],
  bundle: true,
  write: false,
  format: "iife",
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  plugins: [{
    name: "glue",
    setup: (build) => {
      build.onResolve({ filter: /^portside-glue$/ }, () => ({ path: join(dist, glue) }));
      // The page puts the two modules together itself: it takes the glue's parts.
      build.onLoad({ filter: /portside-web-.*\.js$/ }, ({ path }) => ({ contents: `${readFileSync(path, "utf8")}\nexport { __wbg_finalize_init, __wbg_get_imports };\n` }));
    },
  }],
  define: {
    // The module's address and size are the page's to know; the glue's own guess is never asked.
    "import.meta.url": '"about:blank"',
    WASM: JSON.stringify(wasm),
    WASM_SIZE: JSON.stringify(first.length),
    REST: JSON.stringify(remaining),
    REST_SIZE: JSON.stringify(rest.length),
  },
});
// The loader, for the pages of others: one name for ever, so that it can be linked.
const { outputFiles: [loader] } = await build({
  entryPoints: [path("loader/portside-embed.js")],
  write: false,
  minify: true,
  target: "es2022",
  define: { WASM: JSON.stringify(wasm) },
});
writeFileSync(join(dist, "portside-embed.js"), loader.contents);

const hash = createHash("sha256").update(script.contents).digest("hex").slice(0, 16);
const name = `portside-${hash}.js`;
writeFileSync(join(dist, name), script.contents);
rmSync(join(dist, glue));

const poster = readFileSync(path("poster.html"), "utf8").trim();
const page = readFileSync(join(dist, "index.html"), "utf8")
  .replace(/<script type="module">[^]*?<\/script>/, `<script src="./${name}" defer></script>`)
  .replace(/<link rel="modulepreload"[^>]*>/g, "")
  // Integrity makes a frame ask for CORS; names carry a hash of their own.
  .replace(/ integrity="[^"]*"/g, "")
  .replace(/\n\s*\n+/g, "\n");
if (/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i.test(page)) throw new Error("index.html has a script or a style of its own");
// `trunk serve` brings a script of its own into the page: only the release is strict.
const meta = process.env.TRUNK_PROFILE === "release" ? `\n  <meta http-equiv="Content-Security-Policy" content="${POLICY}">` : "";
const strict = page.replace(/<meta charset="utf-8">/, (tag) => `${tag}${meta}`);
writeFileSync(join(dist, "index.html"), strict);

const frame = strict
  .replace('<html lang="en"', '<html lang="en" data-embed')
  .replace(/\s*<link rel="preload"[^>]*>/g, "")
  .replace(/\s*<link rel="icon"[^>]*>/g, "")
  .replace(/\s*<!-- A picture of the page[^]*?-->/, "")
  .replace(poster, "");
if (frame.includes("poster")) throw new Error("embed.html still holds the picture of the start");
writeFileSync(join(dist, "embed.html"), frame);
