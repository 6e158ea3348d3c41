// What the built page costs its reader: first paint, answers to input, shifts, script in each frame with 1,000 Pods, and
// tasks that hold the page up. `node benches/browser/page.mjs` measures dist/; a figure without a limit is told only.

import { launch, started } from "../../tests/e2e/browser.mjs";
import { serve } from "../../scripts/serve.mjs";

const [browser, server] = await Promise.all([launch(), serve()]);
const figures = [];
const note = (name, value, unit, limit) => figures.push([name, `${Math.round(value * 10) / 10} ${unit}`, limit === undefined ? "" : `≤ ${limit} ${unit}`, limit === undefined ? "" : value <= limit ? "kept" : "missed"]);

/** A page that notes paints, shifts, answers to input and long tasks. */
async function open(slower) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "no-preference" });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  if (slower) {
    await wire.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await wire.send("Network.enable");
    await wire.send("Network.emulateNetworkConditions", { offline: false, latency: 40, downloadThroughput: 9e6 / 8, uploadThroughput: 1.5e6 / 8 });
  }
  await page.addInitScript(() => {
    const seen = (globalThis.seen = { paint: 0, shift: 0, answers: [], long: [] });
    const watch = (type, note, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...more });
    watch("largest-contentful-paint", (entry) => { seen.paint = entry.startTime; });
    watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
    watch("event", (entry) => { if (entry.interactionId) seen.answers.push(entry.duration); }, { durationThreshold: 16 });
    watch("longtask", (entry) => seen.long.push(entry.duration));
  });
  await page.goto(server.url);
  await started(page);
  await page.locator(".cm-content").waitFor();
  return { page, wire, seen: () => page.evaluate(() => globalThis.seen), close: () => context.close() };
}

for (const slower of [false, true]) {
  const { page, seen, close } = await open(slower);
  await page.waitForTimeout(500);
  const { paint, shift } = await seen();
  note(slower ? "LCP, 4G and a processor four times slower" : "LCP", paint, "ms", 1_500);
  note(slower ? "CLS, the same" : "CLS", shift, "", 0);
  await close();
}

const { page, wire, seen, close } = await open(false);
const metric = async (name) => (await wire.send("Performance.getMetrics")).metrics.find((m) => m.name === name).value;
const type = (line) => page.evaluate((line) => globalThis.portside.type(line), line);
await wire.send("Performance.enable");

/** Script in each frame, in milliseconds, and the tasks longer than 50 ms, while something goes on. */
async function frames(name, limit, what) {
  await page.evaluate(() => { globalThis.seen.long.length = 0; globalThis.frames = 0; const count = () => { globalThis.frames += 1; globalThis.counting = requestAnimationFrame(count); }; count(); });
  const before = await metric("ScriptDuration");
  await what();
  const script = (await metric("ScriptDuration")) - before;
  const { count, long } = await page.evaluate(() => { cancelAnimationFrame(globalThis.counting); return { count: globalThis.frames, long: globalThis.seen.long }; });
  note(`script in a frame: ${name}`, (script * 1_000) / count, "ms", limit);
  note(`longest task: ${name}`, Math.max(0, ...long), "ms", limit === undefined ? undefined : 50);
}

// Answers to what a reader does on a small cluster.
for (const line of ["kubectl create deployment web --image=nginx --replicas=3", "kubectl expose deployment web --port=80"]) await type(line);
await page.waitForTimeout(1_500);
await page.evaluate(() => { globalThis.seen.answers.length = 0; });
await page.locator("#command").click();
await page.keyboard.type("kubectl get pods\n", { delay: 40 });
await page.keyboard.type("kubectl run box --image=busybox --rm -it --restart=Never -- wget -qO- web\n", { delay: 20 });
await page.locator("#filter").pressSequentially("app=web", { delay: 40 });
await page.locator("#filter").fill("");
await page.locator(".map .node[data-place='service/default/web']").click();
await page.getByRole("button", { name: "Close the inspector" }).click();
await page.locator(".cm-content").click();
await page.keyboard.type("# a line\n", { delay: 40 });
await page.keyboard.press("Control+Enter");
await page.waitForTimeout(800);
const { answers } = await seen();
note("INP, a small cluster", Math.max(0, ...answers), "ms", 100);

// A thousand Pods: room for them first, 110 a node.
await page.locator(".cm-content").fill(Array.from({ length: 100 }, (_, i) => `apiVersion: v1\nkind: Node\nmetadata:\n  name: big-${i}\n`).join("---\n"));
await page.keyboard.press("Control+Enter");
await page.waitForTimeout(2_000);
await frames("1,000 Pods come up", undefined, async () => { await type("kubectl create deployment many --image=nginx --replicas=1000"); await type("kubectl expose deployment many --port=80"); await page.waitForTimeout(10_000); });
await frames("1,000 Pods, a packet travels", 8, async () => { await type("kubectl run b2 --image=busybox --rm -it --restart=Never -- wget -qO- many"); await page.waitForTimeout(5_000); });
await frames("9,000 more come up", undefined, async () => { for (let i = 0; i < 9; i++) await type(`kubectl create deployment more-${i} --image=nginx --replicas=1000`); await page.waitForTimeout(40_000); });
await frames("10,000 Pods, a packet travels", undefined, async () => { await type("kubectl run b3 --image=busybox --rm -it --restart=Never -- wget -qO- many"); await page.waitForTimeout(5_000); });
await close();
await Promise.all([browser.close(), server.close()]);

console.log("| page | measured | limit | |\n|---|---:|---:|---|");
for (const row of figures) console.log(`| ${row.join(" | ")} |`);
