// Brings the subjects to dist/: Portside's wasm, whose path is the argument, and the peer in one file.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const run = (...command) => execFileSync(command[0], command.slice(1), { stdio: "inherit" });
// As in index.html, so that the page's own code is measured.
const FEATURES = ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];

rmSync(`${here}dist`, { recursive: true, force: true });
mkdirSync(`${here}dist/portside`, { recursive: true });
run("wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", "bench-subject", "--out-dir", `${here}dist/portside`, process.argv[2]);
const wasm = `${here}dist/portside/bench-subject_bg.wasm`;
run("wasm-opt", "-Oz", ...FEATURES.map((feature) => `--enable-${feature}`), "--strip-debug", "--strip-producers", wasm, "-o", wasm);
cpSync(`${here}subjects/portside.js`, `${here}dist/portside/subject.js`);

await build({
  entryPoints: [`${here}subjects/webernetes.js`],
  outfile: `${here}dist/webernetes/subject.js`,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
});
