// Trunk's pre_build hook: brings what the page takes from npm packages to where index.html expects it.

import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const b612 = path("../node_modules/@fontsource/b612");
if (!existsSync(b612)) {
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

mkdirSync(path("data"), { recursive: true });
