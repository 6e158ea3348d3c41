// Runs bench.html for each subject × N, several times, in fresh headless Chromium profiles.
//   node peer.mjs --n 10,100,1000 --runs 5,5,3 --out results.json
import { createServer } from "node:http";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { FLAGS, executablePath } from "../../tests/e2e/browser.mjs";

const { values: args } = parseArgs({
  options: {
    subjects: { type: "string", default: "portside,webernetes" },
    n: { type: "string", default: "10,100" },
    runs: { type: "string", default: "5,3" },
    nodes: { type: "string", default: "15" },
    giveUp: { type: "string", default: "120000" },
    out: { type: "string", default: "results.json" },
  },
});
const here = new URL(".", import.meta.url).pathname;
const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm", json: "application/json", css: "text/css" };

const server = createServer((request, response) => {
  const path = here + decodeURIComponent(new URL(request.url, "http://x").pathname.slice(1));
  if (path.includes("..") || !existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": types[path.split(".").pop()] ?? "application/octet-stream",
    "content-encoding": "gzip",
    "cache-control": "no-store",
  });
  response.end(gzipSync(readFileSync(path)));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const flags = [...FLAGS, "--disable-background-timer-throttling"];

/** The promise's value, or `fallback` after `ms`. */
const within = (ms, promise, fallback) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(fallback), ms))]);

async function once(subject, n) {
  // launchServer: a fresh temporary profile, and a process we can kill if its page is frozen.
  const chrome = await chromium.launchServer({ executablePath, headless: true, args: flags });
  try {
    const browser = await chromium.connect(chrome.wsEndpoint());
    const page = await browser.newPage();
    const external = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) external.push(request.url());
    });
    const system = await browser.newBrowserCDPSession();
    const cdp = await page.context().newCDPSession(page);
    const heap = {};
    const cpu = {};
    const rss = {};
    const spent = async (label) => {
      const { processInfo } = await system.send("SystemInfo.getProcessInfo");
      const renderers = processInfo.filter((p) => p.type === "renderer");
      const pages = (pid) => Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
      rss[label] = renderers.reduce((sum, p) => sum + (pages(p.id) * 4096) / 2 ** 20, 0);
      return renderers.reduce((sum, p) => sum + p.cpuTime * 1000, 0);
    };
    // CPU seconds of the renderer do not depend on what else the machine runs; wall time does.
    await page.exposeFunction("mark", async (label, weigh) => {
      cpu[label] = await spent(label);
      if (!weigh) return;
      await cdp.send("HeapProfiler.collectGarbage");
      const usage = await cdp.send("Runtime.getHeapUsage");
      heap[label] = {
        usedMiB: usage.usedSize / 2 ** 20,
        backingMiB: (usage.backingStorageSize ?? 0) / 2 ** 20,
      };
      cpu[`after ${label}`] = await spent(`after ${label}`);
    });
    const giveUp = Number(args.giveUp);
    const query = new URLSearchParams({ subject, n, nodes: args.nodes, giveUp });
    const startedAt = Date.now();
    await page.goto(`${origin}/bench.html?${query}`);
    let last = {};
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const state = await within(5000, page.evaluate(() => ({ ...window.bench })).catch(() => undefined), undefined);
      last = state ?? last;
      if (state?.done) return { ...state.result, cpu, heap, rss, external };
      const loading = Date.now() - startedAt;
      // Gave up inside the page: leave it a minute for the traffic stage. Frozen: leave it 30 s.
      if (loading > giveUp + 60_000 || (!state && loading > giveUp + 30_000)) {
        cpu.gaveUp = await spent("gaveUp");
        return { ...last.result, stage: last.stage, endpoints: last.ready ?? 0, subject, replicas: n, frozen: !state, cpu, heap, rss, external };
      }
    }
  } finally {
    await within(5000, chrome.close());
    await chrome.kill();
  }
}

const subjects = args.subjects.split(",");
const runs = args.runs.split(",").map(Number);
const samples = [];
for (const [index, n] of args.n.split(",").map(Number).entries()) {
  const count = runs[index] ?? runs.at(-1);
  for (let run = 0; run < count; run++) {
    for (const subject of subjects) {
      const sample = { ...(await once(subject, n)), load: loadavg()[0] };
      samples.push(sample);
      console.error(
        `${subject} n=${n} run ${run + 1}/${count}: init ${sample.initMs?.toFixed(0)} ms, endpoints ${sample.endpointsMs?.toFixed(0) ?? `gave up at ${sample.endpoints} of ${n}, ${(sample.cpu?.gaveUp / 1000).toFixed(0)} s CPU${sample.frozen ? ", frozen" : ""}`} ms, load ${sample.load.toFixed(2)}${sample.error ? ` ERROR ${sample.error.slice(0, 200)}` : ""}`,
      );
      writeFileSync(here + args.out, JSON.stringify(samples, null, "\t"));
    }
  }
}
server.close();

const metrics = {
  "module loaded (ms)": (s) => s.loadedMs,
  "navigation → init (ms)": (s) => s.initMs,
  "navigation → DNS answers (ms)": (s) => s.readyMs,
  "apply → N endpoints (ms)": (s) => s.endpointsMs,
  "… in CPU time (ms)": (s) => s.endpointsMs && s.cpu?.loaded - s.cpu?.["after idle"],
  "navigation → init, CPU (ms)": (s) => s.cpu?.init,
  "longest freeze (ms)": (s) => s.longestFreezeMs,
  "DNS short name /s": (s) => s.dnsShort?.perSecond,
  "DNS FQDN /s": (s) => s.dnsFull?.perSecond,
  "DNS short, 64 lanes /s": (s) => s.dnsShort64?.perSecond,
  "HTTP via Service /s": (s) => s.http?.perSecond,
  "HTTP, 64 lanes /s": (s) => s.http64?.perSecond,
  "heap idle (MiB)": (s) => s.heap?.idle && s.heap.idle.usedMiB + s.heap.idle.backingMiB,
  "heap with N (MiB)": (s) => s.heap?.loaded && s.heap.loaded.usedMiB + s.heap.loaded.backingMiB,
  "renderer RSS with N (MiB)": (s) => s.rss?.["after loaded"] ?? s.rss?.gaveUp,
  "heap after traffic (MiB)": (s) => s.heap?.trafficked && s.heap.trafficked.usedMiB + s.heap.trafficked.backingMiB,
};
const round = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
const groups = Map.groupBy ? Map.groupBy(samples, (s) => `${s.subject} N=${s.replicas}`) : samples.reduce((map, s) => {
  const key = `${s.subject} N=${s.replicas}`;
  return map.set(key, [...(map.get(key) ?? []), s]);
}, new Map());
console.log(`| metric: median (min–max) | ${[...groups.keys()].join(" | ")} |`);
console.log(`|---|${"---|".repeat(groups.size)}`);
for (const [label, pick] of Object.entries(metrics)) {
  const cells = [...groups.values()].map((group) => {
    const values = group.map(pick).filter((value) => typeof value === "number").sort((a, b) => a - b);
    if (values.length === 0) return "—";
    const median = (values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2;
    const missing = group.length - values.length;
    return `${round(median)} (${round(values[0])}–${round(values.at(-1))})${missing ? `, ${missing} gave up` : ""}`;
  });
  console.log(`| ${label} | ${cells.join(" | ")} |`);
}
