// The work of the native benchmarks, done by the wasm module; `window.work` has milliseconds, or how many a second.
import init, { Dns, Traffic, Work } from "./dist/portside/bench-subject.js";

const RUNS = 5;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The median time of `act` on what `prepare` makes anew for each run. */
function time(prepare, act, runs = RUNS) {
  const once = () => {
    const subject = prepare();
    const start = performance.now();
    act(subject);
    const took = performance.now() - start;
    subject.free();
    return took;
  };
  once();
  return median(Array.from({ length: runs }, once));
}

/** How many a second, over `times`. */
function rate(act, times) {
  act(times >> 3);
  const start = performance.now();
  act(times);
  return (times * 1000) / (performance.now() - start);
}

await init();
const figures = {};
figures["parse_and_apply/1000_objects"] = time(() => new Work(0, 1000), (work) => work.apply());
for (const pods of [10, 100, 1000, 10_000]) {
  const converge = (work) => { work.apply(); work.settle(); };
  figures[`converge/${pods}`] = time(() => new Work(pods, 0), converge, pods > 1000 ? 3 : RUNS);
}
for (const services of [1, 1000]) {
  const work = Work.converged(10_000, services);
  const once = () => { const start = performance.now(); work.replace_a_pod(); return performance.now() - start; };
  figures[`one_pod_of_10000_changes/behind_${services}_services`] = median(Array.from({ length: 20 }, once));
  work.free();
}
for (const endpoints of [10, 10_000]) {
  const traffic = new Traffic(endpoints);
  figures[`connections through a Service of ${endpoints} endpoints`] = rate((times) => traffic.connect(times), 400_000);
  traffic.free();
}
for (const services of [10, 1000, 10_000]) {
  const dns = new Dns(services);
  figures[`A of one of ${services} Services`] = rate((times) => dns.ask(times), 400_000);
  if (services === 1000) figures["glibc's walk for svc-7"] = rate((times) => dns.walk("svc-7", times), 40_000);
  dns.free();
}
window.work = figures;
