// What Portside's work costs in the browser, beside the native figures of the last `cargo bench`, whose folder
// (target/criterion) is the argument.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";
import { launch } from "../../tests/e2e/browser.mjs";

const criterion = process.argv[2];
const server = await serve({ root: fileURLToPath(new URL(".", import.meta.url)) });
const browser = await launch();
const page = await browser.newPage();
page.on("pageerror", (error) => { throw error; });
await page.goto(`${server.url}work.html`);
const figures = await page.waitForFunction(() => window.work, null, { timeout: 600_000 }).then((handle) => handle.jsonValue());
await browser.close();
await server.close();

/** Milliseconds that criterion measured natively, if it did. */
function native(name) {
  const file = `${criterion}/${name}/new/estimates.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).median.point_estimate / 1e6 : undefined;
}

console.log("| work | wasm | native | ratio |\n|---|---:|---:|---:|");
for (const [name, value] of Object.entries(figures)) {
  const ms = native(name);
  if (name.includes("/")) console.log(`| ${name} | ${value.toFixed(2)} ms | ${ms?.toFixed(2) ?? "—"} ms | ${ms ? (value / ms).toFixed(1) : "—"} |`);
  else console.log(`| ${name} | ${Math.round(value).toLocaleString("en")} a second | see above | |`);
}
