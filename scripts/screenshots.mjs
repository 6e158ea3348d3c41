// Pictures of the built page: `node scripts/screenshots.mjs [DIR] [STATE…]` writes ten states at three sizes, light and dark.
//
// docs/screenshot.png and docs/screenshot-dark.png, which the README shows, are wide-light-route.png and wide-dark-route.png.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../tests/e2e/browser.mjs";
import { serve } from "./serve.mjs";

const CHAPTER = [
  "kubectl create deployment redis --image=redis --replicas=3",
  "cd ~/modern-devops/ch6/services/",
  "kubectl apply -f redis-clusterip.yaml",
  "kubectl run busybox --rm --restart=Never -it --image=busybox",
];
const SIZES = {
  wide: { width: 1280, height: 800 },
  middle: { width: 900, height: 700 },
  phone: { width: 390, height: 844 },
};

const type = (page, ...lines) => page.evaluate((lines) => lines.forEach((line) => globalThis.portside.type(line)), lines);
const route = (page) => page.locator(".stretch:not(.ahead)").first().waitFor({ state: "attached" });
/** Opens what a narrow page keeps behind its menu. */
async function openSheet(page, name) {
  const direct = page.locator(".head").getByRole("button", { name, exact: true });
  if (await direct.isVisible()) return direct.click();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}
const show = async (page, pane) => {
  const tab = page.getByRole("tab", { name: pane });
  if (await tab.isVisible()) await tab.click();
};
const spoil = async (page) => {
  await show(page, "YAML");
  const text = await page.evaluate(() => globalThis.portside.manifest());
  await page.locator(".cm-content").fill(text.replace("ports:", " ports:"));
  await page.locator(".cm-problem").waitFor();
};

/** The states: what is done before the picture. */
const STATES = {
  start: async () => {},
  route: async (page) => { await type(page, ...CHAPTER, "telnet redis 6379", "PING"); await route(page); },
  "no-endpoints": async (page) => { await type(page, ...CHAPTER.slice(1), "telnet redis 6379"); await route(page); },
  error: spoil,
  completion: async (page) => {
    await show(page, "YAML");
    await page.locator(".cm-content").press("Control+End");
    await page.keyboard.type("  sess");
    await page.locator(".cm-tooltip-autocomplete").waitFor();
  },
  templates: async (page) => { await openSheet(page, "Templates"); await page.locator(".cards li").first().waitFor(); },
  tiers: async (page) => {
    await openSheet(page, "Templates");
    await page.getByRole("button", { name: /^Three tiers/ }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.evaluate(() => globalThis.portside.step(30_000));
  },
  cluster: async (page) => { await openSheet(page, "Cluster"); },
  files: async (page) => { await show(page, "YAML"); await page.getByRole("button", { name: "Files, import and export" }).click(); },
  help: async (page) => { await openSheet(page, "Help and keyboard shortcuts"); },
};

const dir = process.argv[2] ?? "screenshots";
const wanted = process.argv.slice(3);
mkdirSync(dir, { recursive: true });
const [browser, server] = await Promise.all([launch(), serve()]);
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, act] of Object.entries(STATES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(`${server.url}?speed=0`);
      await page.locator("#command").waitFor({ state: "attached" });
      if (viewport.width >= 760) await page.locator(".cm-content").waitFor();
      await act(page);
      await page.screenshot({ path: join(dir, `${size}-${colorScheme}-${name}.png`), caret: "initial" });
      await context.close();
    }
  }
}
await Promise.all([browser.close(), server.close()]);
