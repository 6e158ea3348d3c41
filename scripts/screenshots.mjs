// Pictures of the built page: `node scripts/screenshots.mjs [DIR]` writes them at two sizes, light and dark.
//
// The first one, light and wide, is the README's docs/screenshot.png.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../tests/e2e/browser.mjs";
import { serve } from "./serve.mjs";

const LINES = [
  "kubectl create deployment redis --image=redis --replicas=3",
  "cd ~/modern-devops/ch6/services/",
  "kubectl apply -f redis-clusterip.yaml",
  "kubectl run busybox --rm --restart=Never -it --image=busybox",
  "telnet redis 6379",
  "PING",
];
const VIEWS = [
  { name: "wide", viewport: { width: 1280, height: 800 }, query: "?speed=0" },
  { name: "phone", viewport: { width: 390, height: 844 }, query: "?speed=0" },
  { name: "embed", viewport: { width: 720, height: 420 }, query: "?speed=0&embed=1" },
];

const dir = process.argv[2] ?? "screenshots";
mkdirSync(dir, { recursive: true });
const [browser, server] = await Promise.all([launch(), serve()]);
for (const { name, viewport, query } of VIEWS) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(server.url + query);
    await page.locator("#command").waitFor({ state: "attached" });
    await page.screenshot({ path: join(dir, `${name}-${colorScheme}-start.png`) });
    for (const line of LINES) await page.evaluate((text) => globalThis.portside.type(text), line);
    await page.locator(".stretch:not(.ahead)").first().waitFor({ state: "attached" });
    await page.screenshot({ path: join(dir, `${name}-${colorScheme}.png`) });
    await context.close();
  }
}
await Promise.all([browser.close(), server.close()]);
