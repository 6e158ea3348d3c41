// The one page both simulators are measured by.
//   bench.html?subject=webernetes&n=100&nodes=5&giveUp=120000&window=2000
const params = new URLSearchParams(location.search);
const option = (name, fallback) => Number(params.get(name) ?? fallback);
const replicas = option("n", 10);
const nodes = option("nodes", 3);
const giveUpMs = option("giveUp", 120_000);
const windowMs = option("window", 2000);
const pollMs = 20;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const yieldToBrowser = () => globalThis.scheduler.yield();
const result = { subject: params.get("subject"), replicas, nodes };
window.bench = { result, done: false, stage: "load", ready: 0 };

/** Longest gap between two 10 ms ticks: how long the page was frozen. */
function watchFreezes() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 10);
    last = now;
  }, 10);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last - 10);
  };
}

/** Operations per second over one window, `lanes` of them in flight at a time. */
async function rate(operation, lanes) {
  await operation();
  const start = performance.now();
  let done = 0;
  let failed = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() - start < windowMs) {
        try {
          await operation();
          done++;
        } catch (error) {
          failed++;
          result.firstFailure ??= String(error?.message ?? error);
        }
        // Yield now and then: a microtask-only loop starves the page.
        if ((done & 255) === 0) await yieldToBrowser();
      }
    }),
  );
  const perSecond = (done * 1000) / (performance.now() - start);
  return { perSecond, failed };
}

async function main() {
  const { create } = await import(`./dist/${result.subject}/subject.js`);
  result.loadedMs = performance.now();

  window.bench.stage = "init";
  const subject = await create({ nodes });
  result.initMs = performance.now();
  await window.mark?.("init");
  await subject.ready();
  result.readyMs = performance.now();
  await window.mark?.("idle", true);

  window.bench.stage = "apply";
  const unfreeze = watchFreezes();
  const appliedAt = performance.now();
  await subject.apply(replicas);
  result.applyReturnedMs = performance.now() - appliedAt;
  let ready = 0;
  while (ready < replicas && performance.now() - appliedAt < giveUpMs) {
    await sleep(pollMs);
    ready = await subject.readyEndpoints();
    window.bench.ready = ready;
  }
  result.endpoints = ready;
  result.endpointsMs = ready >= replicas ? performance.now() - appliedAt : null;
  result.longestFreezeMs = unfreeze();
  await window.mark?.("loaded", true);

  if (ready > 0) {
    window.bench.stage = "traffic";
    await subject.pickClient();
    await sleep(200);
    const short = () => subject.lookup("web");
    const full = () => subject.lookup("web.default.svc.cluster.local.");
    result.dnsShort = await rate(short, 1);
    result.dnsFull = await rate(full, 1);
    result.dnsShort64 = await rate(short, 64);
    const http = async () => {
      const status = await subject.request();
      if (status !== 200) throw new Error(`HTTP ${status}`);
    };
    result.http = await rate(http, 1);
    result.http64 = await rate(http, 64);
    await window.mark?.("trafficked", true);
  }
  window.bench.stage = "close";
}

main()
  .catch((error) => {
    result.error = String(error?.stack ?? error);
  })
  .finally(() => {
    window.bench.done = true;
  });
