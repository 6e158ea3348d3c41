// Makes www/poster.html from dist/: the page's own markup as it starts, inert, which index.html paints before the
// simulator has come. Run `make poster` when the look of the start changes, then build again.

import { writeFileSync } from "node:fs";
import { launch } from "../tests/e2e/browser.mjs";
import { serve } from "./serve.mjs";

const [browser, server] = await Promise.all([launch(), serve()]);
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
// The picture shows the plain text area: the island's place is the same.
await page.route(/vendor\/editor\.js/, (route) => route.abort());
await page.goto(`${server.url}?speed=0`);
await page.locator("#command").waitFor({ state: "attached" });
const html = await page.evaluate(() => {
  const app = document.querySelector(".app:not(.poster)").cloneNode(true);
  app.querySelector("#manifest").textContent = document.querySelector("#manifest").value;
  app.querySelector(".heads")?.remove();
  app.classList.add("poster");
  app.setAttribute("inert", "");
  app.setAttribute("aria-hidden", "true");
  // The symbols of the picture keep their names; whatever else has one gives it up.
  for (const element of app.querySelectorAll("[id]:not(symbol, defs *, svg > *)")) element.removeAttribute("id");
  for (const element of app.querySelectorAll("*")) for (const { name } of [...element.attributes]) if (/^aria-|^role$|^title$|^tabindex$|^for$|^data-(?:lit|place)$/.test(name)) element.removeAttribute(name);
  return app.outerHTML.replace(/<!--.*?-->/g, "");
});
writeFileSync(new URL("../www/poster.html", import.meta.url), `${html}\n`);
await Promise.all([browser.close(), server.close()]);
