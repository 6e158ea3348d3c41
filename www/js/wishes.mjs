// What the address asks for, beside what the application reads itself: the same names as the attributes of the element.
//
// An unknown name is ignored; a value that means nothing is told once, and the page is as if it were not there.

import { query } from "./query.mjs";

const VIEWS = ["split", "graph", "editor", "terminal", "graph+terminal", "trace"];
const PARTS = ["toolbar", "editor", "terminal", "graph", "legend", "footer"];
const RULES = {
  view: (value) => VIEWS.includes(value),
  hide: (value) => value.split(/[\s,]+/).every((part) => PARTS.includes(part)),
  motion: (value) => ["auto", "off"].includes(value),
  theme: (value) => ["auto", "system", "light", "dark"].includes(value),
  accent: (value) => CSS.supports("color", value),
  seed: (value) => /^\d{1,20}$/.test(value),
  clock: (value) => /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && Date.parse(value) >= 0,
  k8s: (value) => value === "1.36",
  lesson: (value) => /^[a-z\d-]+$/i.test(value),
  step: (value) => /^\d{1,3}$/.test(value),
  from: (value) => /^(client|external|node\/[\w.-]+|pod\/[\w.-]+\/[\w.-]+)$/.test(value),
  trace: (value) => /^[\w./:-]+$/.test(value),
};
const faults = [];

function wish(name) {
  // A plus sign in an address means a space, and here a plus sign.
  const value = name === "view" ? query.get(name)?.replaceAll(" ", "+") : query.get(name);
  if (value == null) return null;
  if (RULES[name]?.(value) ?? true) return value;
  faults.push(`${name}=${value.slice(0, 40)}`);
  return null;
}

const isOn = (name) => query.has(name) && !["0", "false"].includes(query.get(name));

/** Marks the page's root before the application looks at it. */
export function dress() {
  const root = document.documentElement;
  const view = wish("view");
  if (view) root.dataset.view = view;
  const hidden = wish("hide");
  if (hidden) root.dataset.hide = hidden.replaceAll(",", " ");
  if (isOn("readonly")) root.dataset.readonly = "";
  if (wish("motion") === "off") root.dataset.still = "";
  const accent = wish("accent");
  if (accent) root.style.setProperty("--magenta", accent);
  ["theme", "seed", "clock", "k8s", "lesson", "step"].forEach(wish);
}

/** Does what is wanted once the application is there: where the terminal stands, what is typed, what is traced. */
export function begin(app) {
  const pending = [];
  const from = wish("from");
  const trace = wish("trace");
  // The tabs of a frame are the reader's own.
  if (wish("view") === "editor") document.querySelectorAll(".seg-tabs [role=tab]")[1]?.click();
  const lines = (query.get("run") ?? "").split(/\s*;\s*/).filter(Boolean);
  if (lines.length && !isOn("autorun")) app.ask("tries", lines.join("\n"), "");
  if (lines.length && isOn("autorun")) lines.forEach((line) => app.ask("run", line, ""));
  if (from) pending.push(() => app.ask("stand", from, ""));
  if (trace) pending.push(() => app.ask("trace", trace, ""));
  // What they name may come to be only when manifests are applied.
  const attempt = () => {
    while (pending.length) {
      try {
        pending[0]();
      } catch {
        return;
      }
      pending.shift();
    }
    clearInterval(timer);
  };
  const timer = setInterval(attempt, 250);
  attempt();
  if (faults.length) app.ask("say", `The address asks for what is not there: ${faults.join(", ")}.`, "");
}
