// What a playground in a page costs: from the click to the answer of the first command, and each further one; the median of
// five. `node benches/browser/embed.mjs` measures dist/ on a host that sends no CORS header.

import { launch } from "../../tests/e2e/browser.mjs";
import { serve } from "../../scripts/serve.mjs";

const YAML = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";
const html = `<!doctype html><title>x</title><script src="/portside/portside-embed.js"></script>${`<portside-playground><pre>${YAML}</pre></portside-playground>`.repeat(3)}`;
const [browser, server] = await Promise.all([launch(), serve({ mount: "/portside/", pages: { "/host.html": html }, cors: false })]);
const first = [], further = [];
let wasm = 0;
for (let round = 0; round < 5; round++) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  page.on("request", (request) => { if (request.url().endsWith(".wasm")) wasm += 1; });
  await page.goto(new URL("/host.html", server.url).href);
  const times = await page.evaluate(async () => {
    const times = [];
    for (const one of document.querySelectorAll("portside-playground")) {
      const start = performance.now();
      await one.load();
      await one.run("kubectl get nodes");
      times.push(performance.now() - start);
    }
    return times;
  });
  first.push(times[0]);
  further.push(...times.slice(1));
  await context.close();
}
const median = (list) => Math.round(list.sort((a, b) => a - b)[list.length >> 1]);
console.table([
  { what: "click to interactive", figure: `${median(first)} ms`, limit: "≤ 1000 ms" },
  { what: "each further playground", figure: `${median(further)} ms`, limit: "≤ 300 ms" },
  { what: "downloads of each of the two modules per page", figure: wasm / 10, limit: "1" },
]);
await Promise.all([browser.close(), server.close()]);
process.exitCode = wasm === 10 ? 0 : 1;
