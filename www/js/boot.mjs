// Shows how far loading is, and the panel for when Portside cannot start or has stopped.
// It starts the simulator last; nothing before that needs the wasm module, so that it works when that is broken.
//
// The application's panic hook fills #crash-message and #crash-yaml and takes `hidden` off #crash; the rest is done here.

import { port } from "./port.mjs";
import { query } from "./query.mjs";
import { start } from "./simulator.mjs";
import { fetchText } from "./source.mjs";
import { begin, dress } from "./wishes.mjs";

// The picture of the page takes the reader's theme and the compact layout at once.
let theme = query.get("theme");
try {
  theme ??= localStorage.getItem("portside.theme");
} catch {
  // Storage is closed to this page: the system's theme it is.
}
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
if ((query.get("embed") ?? "0") !== "0") document.querySelector(".poster")?.classList.add("embed");

const byId = (id) => document.getElementById(id);
const app = byId("app");
const crash = byId("crash");

/** Shows the panel with a message, unless it is already there with a better one. */
function show(message) {
  if (!crash.hidden) return;
  byId("crash-message").textContent = message;
  crash.hidden = false;
}

/** Takes the page over once the panel is in sight, whoever brought it there. */
function takeOver() {
  if (crash.hidden) return;
  app.inert = true;
  byId("crash-work").hidden = byId("crash-yaml").value === "";
  byId("crash-heading").focus();
}

new MutationObserver(takeOver).observe(crash, { attributes: true, attributeFilter: ["hidden"] });

function report() {
  const yaml = byId("crash-yaml").value;
  const lines = [byId("crash-message").textContent, `page: ${location.href}`, `browser: ${navigator.userAgent}`];
  return yaml ? `${lines.join("\n")}\n\n${yaml}\n` : `${lines.join("\n")}\n`;
}

async function copyReport() {
  try {
    await navigator.clipboard.writeText(report());
    byId("crash-status").textContent = "Report copied.";
  } catch {
    getSelection().selectAllChildren(byId("crash-message"));
    byId("crash-status").textContent = "The browser refused to copy: please select the text and press Ctrl+C.";
  }
}

/** Forgets what Portside stored here, and the link's contents: either may be what stops it. */
function resetWorkspace() {
  try {
    Object.keys(localStorage).filter((key) => key.startsWith("portside")).forEach((key) => localStorage.removeItem(key));
  } catch {
    // Storage is closed to this page (a private window, a sandboxed frame): there is nothing to forget.
  }
  const embed = query.get("embed");
  history.replaceState(null, "", location.pathname + (embed === null ? "" : `?embed=${encodeURIComponent(embed)}`) + (port ? `#?${query}` : ""));
  location.reload();
}

byId("crash-reload").addEventListener("click", () => location.reload());
byId("crash-copy").addEventListener("click", copyReport);
byId("crash-reset").addEventListener("click", resetWorkspace);

/** A trap in the wasm module leaves it unusable; any other script's error does not. */
function onError(error) {
  if (error instanceof WebAssembly.RuntimeError) show(`The simulator failed: ${error.message}.`);
}
addEventListener("error", (event) => onError(event.error));
addEventListener("unhandledrejection", (event) => onError(event.reason));

// What the application fetches when it is first needed; it is told null where that fails, and then does without.
const fetched = new Map();
const once = (name, get) => {
  if (!fetched.has(name)) fetched.set(name, get().catch(() => (fetched.delete(name), null)));
  return fetched.get(name);
};

/** An island is a classic script that leaves its exports in a global of its name. */
const loadIsland = (name) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL(`vendor/${name}.js`, document.baseURI);
  script.onload = () => resolve(globalThis[`portside_${name}`]);
  script.onerror = () => { script.remove(); reject(new Error(name)); };
  document.head.append(script);
});

globalThis.portsideFetch = {
  island: (name, done) => once(`island ${name}`, () => loadIsland(name)).then((island) => done(island?.mount ?? null)),
  text: (path, done) => once(path, () => fetchText(path)).then(done),
};

/** Shows how far loading is, where that is known. */
function onProgress(current, total) {
  const bar = byId("boot-progress");
  if (!bar || !total) return;
  bar.max = total;
  bar.value = Math.min(current, total);
}

function fail(error) {
  const why = typeof WebAssembly === "object" ? "" : " This browser has no WebAssembly.";
  byId("crash-heading").textContent = "Portside could not start";
  const message = `The simulator did not load.${why} ${error?.message ?? error ?? ""}`.trim();
  port?.fail("start", message);
  try {
    // The page may be there already, and only the rest of the simulator not.
    byId("crash-yaml").value ||= globalThis.portside?.manifest() ?? "";
  } catch {
    // It cannot be asked any more.
  }
  show(message);
}

// The application tells that it is there.
globalThis.portsideStarted = (app) => {
  begin(app);
  port?.serve(app);
};
dress();

// What an address or an earlier visit asks for may need all of the simulator; a first visit does not.
let whole = Boolean(port || location.search || location.hash.length > 1);
try {
  whole ||= localStorage.getItem("portside.work") !== null || localStorage.getItem("portside.history") !== null;
} catch {
  // Storage is closed to this page: there is no earlier visit.
}

// A trap while it starts has its own words already.
Promise.resolve(port?.opened).then(() => start(onProgress, whole)).catch(fail);
