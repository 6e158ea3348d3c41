// Holds what dist/ promises: no address that is absolute or outside, and no more bytes than tests/budget.json allows.

import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { DIST } from "./serve.mjs";

const budget = JSON.parse(readFileSync(new URL("../tests/budget.json", import.meta.url), "utf8"));
const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
const faults = [];

// What a browser would fetch: attributes, imports, url(), fetch() and new URL() with a literal. Links for a reader to follow are free.
const FETCHED = [
  /<(?:link|script|img|iframe|source|use)\b[^>]*?\s(?:src|href)=["']?(\/|[a-z]+:\/\/)[^"'\s>]*/gi,
  /\b(?:from|import)\s*\(?\s*["'](\/|[a-z]+:\/\/)[^"']*/gi,
  /\burl\(\s*["']?(\/|[a-z]+:\/\/)[^"')]*/gi,
  /\b(?:fetch|new URL)\(\s*["'`](\/|[a-z]+:\/\/)[^"'`]*/gi,
];
for (const file of files.filter((name) => [".html", ".css", ".js", ".mjs"].includes(extname(name)))) {
  const text = readFileSync(file, "utf8");
  for (const pattern of FETCHED) {
    for (const [found] of text.matchAll(pattern)) faults.push(`${relative(DIST, file)}: not a relative address: ${found.slice(0, 120)}`);
  }
}

// What is fetched only when it is first needed is counted by itself.
const isLazy = (file) => /^(?:vendor|data|docs)[/\\]/.test(relative(DIST, file));
const size = (lazy, ...extensions) =>
  files.filter((file) => extensions.some((end) => file.endsWith(end)) && isLazy(file) === lazy)
    .reduce((sum, file) => sum + (extname(file) === ".woff2" ? readFileSync(file) : gzipSync(readFileSync(file), { level: 9 })).length, 0);
const sizes = { html: size(false, ".html"), css: size(false, ".css"), js: size(false, ".js", ".mjs"), wasm: size(false, "_bg.wasm"), fonts: size(false, ".woff2") };
// What a first visit fetches until the page is there; the rest of the simulator follows.
sizes.total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
sizes.rest = size(false, "_rest.wasm");
sizes.loader = gzipSync(readFileSync(join(DIST, "portside-embed.js")), { level: 9 }).length;
sizes.editor = size(true, ".js");
sizes.data = size(true, ".txt", ".yaml");
sizes.docs = size(true, ".html", ".css");
for (const [what, bytes] of Object.entries(sizes)) {
  const limit = budget.gzip[what];
  console.log(`${what.padEnd(6)} ${String(bytes).padStart(7)} of ${String(limit).padStart(7)} bytes, gzip`);
  if (!(bytes <= limit)) faults.push(`${what}: ${bytes} bytes are more than the ${limit} that tests/budget.json allows`);
}
if (!files.some((file) => file.endsWith("_bg.wasm"))) faults.push("dist/ holds no wasm module");

for (const fault of faults) console.error(`dist: ${fault}`);
process.exit(faults.length ? 1 : 0);
