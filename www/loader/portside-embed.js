// <portside-playground>: a playground beside a fenced block of somebody's documentation.
//
// The block stays what it is; a click (or `loading`) puts a sandboxed frame under it. What the frame needs is fetched once
// for the whole page and handed over through a MessagePort, because an opaque origin may fetch nothing from most hosts.
// The build minifies this file; tests hold it to 4 KB. docs/embedding.md is its reference.
(() => {
  const NAME = "portside-playground";
  if (customElements.get(NAME)) return;
  const here = document.currentScript?.src;
  const PASSED = ["example", "lesson", "step", "view", "run", "autorun", "from", "trace", "readonly", "hide", "accent", "lang", "motion", "seed", "clock", "k8s", "persist"];
  // What a highlighter or a theme adds to a block beside its text.
  const EXTRA = "button,nav,script,style,.buttons,.linenos,.lineno,.lnt,.ln,[aria-hidden=true]";
  const STYLE = ":host(:not([hidden])){display:block;position:relative}iframe{display:block;width:100%;box-sizing:border-box;border:var(--portside-border,1px solid #888);border-radius:var(--portside-radius,3px)}div{position:absolute;right:0;bottom:0}iframe~div{position:static}button{padding:8px}a{margin:8px}";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  const quiet = () => {};
  const parsed = (then) => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", then) : then());
  const make = (tag, attributes) => Object.assign(document.createElement(tag), attributes);
  const files = new Map();
  /** A file, fetched once for the whole page. */
  const file = (url, how) => {
    if (!files.has(url)) {
      files.set(url, fetch(url).then((response) => {
        if (!response.ok) throw Error(`${url}: ${response.status}`);
        return response[how]();
      }));
      files.get(url).catch(() => files.delete(url));
    }
    return files.get(url);
  };

  const text = (node) => [...node.childNodes].map((child) =>
    child.nodeType === 3 ? child.data : child.nodeName === "BR" ? "\n" : child.nodeType === 1 && !child.matches(EXTRA) ? text(child) : "").join("");
  const dedent = (yaml) => {
    const lines = yaml.replace(/\r\n?/g, "\n").replace(/^\s*\n/, "").split("\n");
    const depth = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
    return (depth ? lines.map((line) => line.slice(depth)) : lines).join("\n").replace(/\s*$/, "\n");
  };
  /** The text of the blocks in an element: a highlighter's column of line numbers is none. */
  const blocks = (root) => {
    const found = [...(root.matches("pre,textarea") ? [root] : root.querySelectorAll("pre,textarea"))].filter((pre) => !pre.closest(EXTRA));
    const all = found.length ? found : [...root.querySelectorAll("code")];
    return all.map((block) => dedent(block.value ?? text(block))).filter((yaml) => yaml.trim()).join("---\n");
  };

  const roots = () => [document.body, document.documentElement];
  /** Light, dark, or nothing where the page around does not say. */
  const hostTheme = () => {
    for (const element of roots()) {
      const { theme, mdColorScheme } = element.dataset;
      const words = [theme, mdColorScheme, element.className].join(" ");
      if (/\b(dark|slate|navy|coal|ayu)\b/.test(words)) return "dark";
      if (/\b(light|default|rust)\b/.test(words)) return "light";
    }
    return "system";
  };

  // Those that run, the least recently used first; more than three are paused.
  const running = new Set();

  class Playground extends HTMLElement {
    static observedAttributes = ["theme"];
    #internals = this.attachInternals?.();
    #root = this.attachShadow({ mode: "open" });
    #calls = new Map();
    #next = 1;
    #yaml;
    #button;
    #link;
    #fallback;
    #bar;
    #picture;
    #box;
    #frame;
    #listener;
    #timer;
    #seen;
    #themes;
    #payload;
    #long;
    #again;
    #sent;
    #port;
    #paused = false;
    #direct = false;
    #wait;
    #ready = this.#promise();

    #promise() {
      const promise = new Promise((resolve, reject) => { this.#wait = { resolve, reject }; });
      promise.catch(quiet);
      return promise;
    }

    #use() {
      running.delete(this);
      if (this.isConnected && this.#frame) running.add(this);
      [...running].reverse().forEach((one, at) => one.#pause(at > 2));
    }

    connectedCallback() {
      const start = () => this.isConnected && this.#start();
      if (this.childNodes.length) start();
      else parsed(start);
    }

    disconnectedCallback() {
      this.#stop();
      this.#seen?.disconnect();
      this.#themes?.disconnect();
      this.#use();
    }

    attributeChangedCallback() { this.#sendTheme(); }

    get state() { return this.dataset.state ?? "idle"; }
    get value() { return this.#yaml ?? ""; }
    set value(yaml) { this.setYaml(yaml); }
    get #base() { return new URL(".", new URL(this.getAttribute("origin") ?? here, location.href)).href; }
    get #origin() { return new URL(this.#base).origin; }

    #state(name) {
      const states = this.#internals?.states;
      states?.delete(this.state);
      states?.add(name);
      this.dataset.state = name;
    }

    #emit(name, detail) { this.dispatchEvent(new CustomEvent(`portside-${name}`, { bubbles: true, composed: true, detail })); }

    #start() {
      this.#root.adoptedStyleSheets = [sheet];
      const slot = (name, hidden) => make("slot", { name, hidden });
      this.#button = make("button", { part: "button", textContent: "Try it" });
      this.#link = make("a", { textContent: "Open in Portside", target: "_blank", rel: "noopener", href: this.#base });
      this.#fallback = slot("fallback", true);
      this.#bar = make("div");
      this.#bar.append(this.#button, this.#link, slot("toolbar"));
      const poster = this.getAttribute("poster") ?? "none";
      this.#picture = make(poster === "none" ? "i" : "img", { src: poster, alt: "" });
      this.#root.replaceChildren(slot(""), this.#picture, this.#fallback, this.#bar, slot("caption"));
      const warm = () => file(this.#base + WASM, "arrayBuffer").catch(quiet);
      this.#button.onpointerenter = this.#button.onfocus = warm;
      this.#button.onclick = ({ detail }) => this.load().then(() => detail || this.focus(), quiet);
      this.#source();
      this.#themes = new MutationObserver(() => this.#sendTheme());
      for (const element of roots()) this.#themes.observe(element, { attributes: true });
      this.onpointerenter = () => this.#frame && this.#use();
      const loading = this.getAttribute("loading");
      if (this.#again || loading === "eager") this.load();
      else if (loading === "visible") {
        this.#reserve();
        this.#seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.load());
        this.#seen.observe(this);
      }
    }

    /** What is to be opened, read once; what the reader made of it comes back when the element does. */
    async #source() {
      this.#payload ??= (async () => {
        const own = this.querySelector("script[type$=yaml],pre,code,textarea");
        const [query, src, hash, example, lesson] = ["for", "src", "hash", "example", "lesson"].map((name) => this.getAttribute(name));
        if (src) this.#yaml = dedent(await file(new URL(src, document.baseURI).href, "text"));
        else if (hash) return hash.replace(/^#/, "");
        else if (example || lesson) return "";
        else this.#yaml = own ? own.text ? dedent(own.text) : blocks(this) : !this.children.length && this.textContent.trim() ? dedent(this.textContent) : query ? this.#before(query) : "";
        return "";
      })();
      const payload = await this.#payload.catch(() => "");
      const hash = this.#yaml ? `src=${encodeURIComponent(this.#yaml)}` : payload;
      this.#link.href = `${this.#base}?${this.#query(false)}#${hash}`;
      return hash;
    }

    #before(query) {
      if (query !== "prev") return blocks(document.querySelector(query) ?? this);
      for (let node = this, up = 3; node && up--; node = node.parentElement) {
        for (let sibling = node; (sibling = sibling.previousElementSibling); ) {
          const yaml = blocks(sibling);
          if (yaml) return yaml;
        }
      }
    }

    #query(framed) {
      const query = new URLSearchParams(framed ? { port: this.#direct ? "own" : 1, theme: this.#theme } : "");
      for (const name of PASSED) {
        const value = name === "lang" ? this.closest("[lang]")?.lang : this.getAttribute(name);
        if (value != null && value !== "false") query.set(name, value || "1");
      }
      return query;
    }

    get #theme() {
      const theme = this.getAttribute("theme");
      return theme === "light" || theme === "dark" ? theme : hostTheme();
    }

    #sendTheme() {
      if (this.#port && this.#sent !== this.#theme) this.#call("setTheme", (this.#sent = this.#theme));
    }

    #clamp(height) {
      const limit = (name, other) => parseInt(this.getAttribute(name) ?? other, 10);
      return Math.min(Math.max(height, limit("min-height", 320)), limit("max-height", 720));
    }

    /** Room for the frame before it is there, so that nothing moves afterwards. */
    #reserve() {
      const height = this.getAttribute("height") ?? "";
      const ratio = height.match(/\d+\/\d+/);
      this.#box ??= make("iframe", { part: "frame", title: this.title || "Portside: Kubernetes Services playground" });
      this.#button.hidden = true;
      const style = this.#box.style;
      if (ratio) style.setProperty("aspect-ratio", ratio);
      else style.setProperty("height", `var(--portside-height, ${parseInt(height, 10) || this.#clamp(460)}px)`);
      if (!this.#box.isConnected) this.#root.insertBefore(this.#box, this.#bar);
    }

    load() {
      if (this.#frame || !this.isConnected) return this.#ready;
      this.#reserve();
      this.#fallback.hidden = true;
      this.#picture.hidden = true;
      this.#state("loading");
      this.#again = true;
      const frame = (this.#frame = this.#box);
      const other = this.#origin !== location.origin;
      const same = other && (this.#direct || this.hasAttribute("persist")) ? " allow-same-origin" : "";
      frame.setAttribute("sandbox", `allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads${same}`);
      frame.allow = "clipboard-write; fullscreen";
      frame.referrerPolicy = "no-referrer";
      this.#listener = (event) => this.#hello(event);
      addEventListener("message", this.#listener);
      frame.onload = () => { this.#timer = setTimeout(() => this.#port || this.#fail("handshake", "no answer"), 10_000); };
      this.#source().then((hash) => {
        if (this.#frame !== frame) return;
        // What is too long for an address goes by message. Some hosts send embed.html on to embed without a query.
        this.#long = hash.length > 2000 ? hash : null;
        frame.src = `${this.#base}embed.html#?${this.#query(true)}#${this.#long ? "" : hash}`;
      });
      this.#use();
      return this.#ready;
    }

    #hello({ source, origin, data }) {
      if (!source || source !== this.#frame?.contentWindow || (origin !== "null" && origin !== this.#origin) || data?.portside !== 1 || data.type !== "hello") return;
      // A frame that was loaded again begins a line of its own.
      this.#port?.close();
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = (event) => event.data?.portside === 1 && this.#hear(event.data);
      source.postMessage({ portside: 1, type: "port", payload: this.#long }, "*", [port2]);
    }

    async #hear({ type, id, what, path, name, detail, value, error }) {
      if (type === "need" && /^(?!.*\.\.)[\w][\w./-]*$/.test(path)) {
        try {
          value = await file(this.#base + path, what === "wasm" ? "arrayBuffer" : "text");
          this.#send("given", { id, value });
        } catch (why) {
          // A host without CORS headers: another origin may be trusted with its own.
          if (what === "wasm" && !this.#direct && this.#origin !== location.origin) {
            this.#direct = true;
            this.#stop(true);
            this.load();
          } else this.#send("given", { id, error: String(why) });
        }
      } else if (type === "done") {
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        if (error === undefined) call?.resolve(value);
        else call?.reject(Error(String(error)));
      } else if (type === "leave") this.#link.focus();
      else if (type === "event" && /^[a-z]+$/.test(name)) this.#event(name, detail ?? {});
    }

    #event(name, detail) {
      if (name === "resize") {
        const height = this.#clamp(+detail.height || 0);
        if (/\d/.test(this.getAttribute("height"))) return;
        // It grows and never shrinks.
        if (height > this.#box.offsetHeight) this.#box.style.setProperty("height", `var(--portside-height, ${height}px)`);
      }
      if (name === "error") return this.#fail(detail.code, detail.message);
      if (name === "change") this.#yaml = String(detail.yaml);
      if (name === "ready") { this.#sent = null; this.#sendTheme(); this.#wait.resolve(detail); }
      const state = { ready: "ready", command: "running", check: detail.passed ? "passed" : "failed" }[name];
      if (state) this.#state(state);
      this.#emit(name, detail);
    }

    #fail(code, message) {
      this.#wait.reject(Error(message));
      this.#stop();
      this.#again = false;
      this.#state("failed");
      this.#button.hidden = this.#fallback.hidden = false;
      this.#emit("error", { code, message });
    }

    #stop(keep) {
      clearTimeout(this.#timer);
      removeEventListener("message", this.#listener);
      this.#port?.close();
      this.#port = this.#frame = null;
      this.#box?.remove();
      this.#box = null;
      if (keep) return;
      const gone = Error("playground removed");
      for (const { reject } of [this.#wait, ...this.#calls.values()]) reject(gone);
      this.#calls.clear();
      this.#ready = this.#promise();
    }

    #send(type, rest) { this.#port?.postMessage({ portside: 1, type, ...rest }); }

    #call(method, ...args) {
      return new Promise((resolve, reject) => {
        this.#calls.set(this.#next, { resolve, reject });
        this.#send("call", { id: this.#next++, method, args });
      });
    }

    async #ask(method, ...args) {
      await this.#ready;
      this.#use();
      return this.#call(method, ...args);
    }

    #pause(paused) {
      if (this.#paused === paused || !this.#port) return;
      this.#paused = paused;
      this.#call("pause", paused).catch(quiet);
    }

    static {
      for (const method of ["getYaml", "setYaml", "apply", "run", "reset", "share", "exportSvg"]) this.prototype[method] = function (...args) { return this.#ask(method, ...args); };
    }
    goto({ lesson, step }) { return this.#ask("goto", lesson, step); }
    trace(target, { from } = {}) { return this.#ask("trace", target, from); }
    async setTheme(theme) { this.setAttribute("theme", theme); }
    async focus() {
      await this.#ready;
      this.#frame.focus();
      return this.#call("focus");
    }
  }
  customElements.define(NAME, Playground);

  // A fence that is marked gets its element: mdBook, and any Markdown whose fences may bear a word.
  const scan = () => {
    for (const code of document.querySelectorAll("pre>code:is(.language-portside,.portside)")) {
      const element = make(NAME);
      element.setAttribute("for", "prev");
      code.parentElement.after(element);
    }
  };
  parsed(scan);
})();
