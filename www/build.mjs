// Trunk's pre_build hook: brings what the page takes from npm packages to where index.html expects it.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const b612 = path("../node_modules/@fontsource/b612");
const esbuild = await import("esbuild").catch(() => null);
if (!existsSync(b612) || !esbuild) {
  console.error("node_modules is missing: run `npm ci --ignore-scripts` first, or use `make dist`.");
  process.exit(1);
}

const fonts = path("fonts");
rmSync(fonts, { recursive: true, force: true });
mkdirSync(fonts);
for (const weight of [400, 700]) {
  const file = `b612-latin-${weight}-normal.woff2`;
  cpSync(`${b612}/files/${file}`, `${fonts}/${file}`);
}
cpSync(`${b612}/LICENSE`, `${fonts}/LICENSE`);

// The islands: each a script of its own, fetched when it is first needed.
const vendor = path("vendor");
rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor);
const { metafile } = await esbuild.build({
  entryPoints: [path("island/editor.mjs")],
  outdir: vendor,
  bundle: true,
  // A classic script: a sandboxed frame gets modules only from hosts that send CORS headers.
  format: "iife",
  globalName: "portside_editor",
  minify: true,
  target: "es2022",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
const packages = new Set(Object.keys(metafile.inputs).flatMap((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
const licences = [...packages].sort().map((name) => `${name}\n\n${readFileSync(path(`../node_modules/${name}/LICENSE`), "utf8")}`);
writeFileSync(`${vendor}/LICENSES`, licences.join("\n---\n\n"));
