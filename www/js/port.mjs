// The line to the page around a frame: what the loader of <portside-playground> is asked for, told, and may ask.
//
// The frame says hello to its parent, the parent answers with one end of a MessageChannel, and nothing else is listened to
// afterwards. Each message has `portside: 1` and a `type`; an unknown type is ignored, so that either end may be newer.

import { query } from "./query.mjs";

const MOST = 1 << 20;
const METHODS = new Map(Object.entries({
  getYaml: (app) => app.manifest(),
  setYaml: (app, text) => void app.ask("set", string(text), ""),
  apply: (app) => JSON.parse(app.ask("apply", "", "")),
  run: (app, line) => JSON.parse(app.ask("run", string(line), "")),
  trace: (app, target, from) => JSON.parse(app.ask("trace", string(target), from == null ? "" : string(from))),
  goto: (app, lesson, step) => void app.ask("lesson", string(lesson), String(Number(step) || 0)),
  reset: (app) => void app.ask("reset", "", ""),
  share: (app) => app.ask("share", "", ""),
  setTheme: (app, theme) => void app.ask("theme", string(theme), ""),
  exportSvg: (app) => app.ask("svg", "", ""),
  focus: () => {
    const heading = document.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  },
  pause: (app, paused) => void app.ask("pause", paused === true ? "1" : "", ""),
}));

function string(value) {
  if (typeof value !== "string" || value.length > MOST) throw new TypeError("a text of at most 1 MiB is wanted");
  return value;
}

/** How high the contents would like to be: the head, the chart as wide as it is, a terminal of ten lines. */
function wanted() {
  const chart = document.querySelector(".chart .sea svg")?.viewBox?.baseVal;
  const drawn = chart?.width ? Math.min(chart.height, (chart.height * innerWidth) / chart.width) : 0;
  return Math.ceil(36 + Math.max(180, drawn) + 196);
}

function connect() {
  const waiting = new Map();
  let start;
  const started = new Promise((resolve) => { start = resolve; });
  let line, app, next = 1, told = 0, height = 0;
  const send = (type, rest) => line?.postMessage({ portside: 1, type, ...rest });
  const opened = new Promise((resolve) => {
    const hear = (event) => {
      if (event.source !== parent || event.data?.portside !== 1 || event.data.type !== "port" || !event.ports[0]) return;
      removeEventListener("message", hear);
      line = event.ports[0];
      // What is too long for an address; the application takes it when it begins.
      if (typeof event.data.payload === "string") globalThis.portsidePayload = `#${event.data.payload}`;
      line.onmessage = ({ data }) => { if (data?.portside === 1) answer(data); };
      resolve();
    };
    addEventListener("message", hear);
  });
  parent.postMessage({ portside: 1, type: "hello" }, "*");
  const need = (what, path) => opened.then(() => new Promise((resolve, reject) => {
    waiting.set(next, { resolve, reject });
    send("need", { id: next++, what, path });
  }));
  async function answer({ type, id, value, error, method, args }) {
    if (type === "given") {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asked?.resolve(value);
      else asked?.reject(new Error(String(error)));
    } else if (type === "call") {
      try {
        const call = METHODS.get(method);
        if (!call || !Array.isArray(args)) throw new TypeError(`there is no method ${method}`);
        app ??= await started;
        const value = call(app, ...args.slice(0, 2));
        send("done", { id, value });
        if (method === "share") send("event", { name: "share", detail: { url: value } });
      } catch (why) {
        send("done", { id, error: String(why?.message ?? why) });
      }
    }
  }

  const report = () => {
    const now = wanted();
    if (now !== height) send("event", { name: "resize", detail: { height: (height = now) } });
  };
  const serve = (api) => {
    app = api;
    start(api);
    let changed;
    api.listen((name, json) => {
      const detail = JSON.parse(json);
      if (name !== "change") return send("event", { name, detail });
      // What is typed is told when its reader pauses.
      clearTimeout(changed);
      changed = setTimeout(() => send("event", { name, detail }), 300);
    });
    send("event", { name: "ready", detail: { version: api.version, k8s: api.k8s } });
    new MutationObserver(() => { cancelAnimationFrame(told); told = requestAnimationFrame(report); })
      .observe(document.querySelector(".chart"), { subtree: true, attributes: true, attributeFilter: ["viewBox"] });
    addEventListener("resize", report);
    report();
    // Esc twice gives the focus back to the page around.
    let escaped = 0;
    addEventListener("keydown", ({ key, timeStamp }) => {
      if (key !== "Escape") { escaped = 0; return; }
      if (timeStamp - escaped < 600) send("leave", {});
      escaped = timeStamp;
    }, true);
  };

  return {
    opened,
    serve,
    text: (path) => need("text", path),
    wasm: (path) => need("wasm", path),
    fail: (code, message) => opened.then(() => send("event", { name: "error", detail: { code, message } })),
  };
}

/** The line, if the frame was made by the loader; null in any other page. */
export const port = parent !== window && query.has("port") ? connect() : null;
