// Debian's firefox-esr loads the page and walks the chapter, over WebDriver BiDi; skipped where there is no Firefox.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serveBuilt } from "./server.mjs";
import { connect as websocket } from "./websocket.mjs";

const FIREFOX = process.env.FIREFOX ?? "firefox-esr";
const there = spawnSync("sh", ["-c", `command -v ${FIREFOX}`]).status === 0;
let server, profile, firefox, socket;

/** Starts Firefox and returns the address at which it listens. */
async function start() {
  profile = mkdtempSync(join(tmpdir(), "portside-firefox-"));
  writeFileSync(join(profile, "user.js"), [
    'user_pref("remote.active-protocols", 1);',
    'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
    'user_pref("network.captive-portal-service.enabled", false);',
    'user_pref("network.connectivity-service.enabled", false);',
    'user_pref("app.update.enabled", false);',
    'user_pref("browser.shell.checkDefaultBrowser", false);',
  ].join("\n"));
  firefox = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    let text = "";
    firefox.stderr.on("data", (data) => {
      text += data;
      const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(text);
      if (found) resolve(`${found[1]}/session`);
    });
    firefox.once("exit", () => reject(new Error(`Firefox ended: ${text}`)));
  });
}

/** A BiDi connection: `send(method, params)`; `errors` are what the console and the page complained of. */
async function bidi(address) {
  const waiting = new Map();
  const errors = [];
  let next = 0;
  socket = await websocket(address, (text) => {
    const message = JSON.parse(text);
    if (message.method === "log.entryAdded" && message.params.level === "error") errors.push(message.params.text);
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  const send = (method, params = {}) => new Promise((resolve, reject) => {
    const id = ++next;
    waiting.set(id, (message) => (message.type === "error" ? reject(new Error(`${method}: ${message.message}`)) : resolve(message.result)));
    socket.send(JSON.stringify({ id, method, params }));
  });
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts: [{ context }] } = await send("browsingContext.getTree");
  const run = async (expression) => {
    const { result, exceptionDetails } = await send("script.evaluate", { expression, target: { context }, awaitPromise: true });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.text);
    return result.value;
  };
  return { context, errors, run, send };
}

before(async () => { server = await serveBuilt(); });
after(async () => {
  socket?.close();
  if (firefox?.exitCode === null) {
    const ended = new Promise((resolve) => { firefox.once("exit", resolve); });
    firefox.kill();
    await ended;
  }
  if (profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  await server?.close();
});

test("Firefox loads the page and walks the chapter", { skip: there ? false : "there is no Firefox here", timeout: 180_000 }, async () => {
  const { context, errors, run, send } = await bidi(await start());
  await send("browsingContext.navigate", { context, url: `${server.url}?speed=0`, wait: "complete" });
  await run("new Promise((done) => { const look = () => (globalThis.portside && document.querySelector('#command') ? done(true) : setTimeout(look, 50)); look(); })");
  await run("new Promise((done) => { const look = () => (document.getElementById('manifest-editor')?.shadowRoot?.querySelector('.cm-content') ? done(true) : setTimeout(look, 50)); look(); })");
  for (const line of [
    "kubectl create deployment redis –image=redis",
    "cd ~/modern-devops/ch6/services/",
    "kubectl apply -f redis-clusterip.yaml",
    "kubectl run busybox –rm –restart Never -it –image=busybox",
    "telnet 10.96.118.99 6379",
    "PING",
    "QUIT",
    "nslookup 10.96.118.99",
  ]) await run(`portside.type(${JSON.stringify(line)})`);
  const text = await run("portside.transcript()");
  for (const words of ["service/redis created", "Connected to 10.96.118.99", "+PONG", "name = redis.default.svc.cluster.local"]) assert.ok(text.includes(words), `${words}\n${text}`);
  assert.equal(await run("document.querySelectorAll('.map').length > 0"), true);
  assert.deepEqual(errors, []);
});
