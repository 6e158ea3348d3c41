// The npm package: packed, installed in a clean folder, and a page that uses what was installed.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";
import { assertEmbeds, launch } from "./browser.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
let browser, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "portside-"));
  browser = await launch();
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  return browser?.close();
});

/** What the installed command does: its status and what it prints. */
function portside(args, input = "") {
  const { status, stdout, stderr } = spawnSync(join(folder, "node_modules/.bin/portside"), args, { cwd: folder, input, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("what npm pack packs runs from a clean folder", async () => {
  execFileSync("node", [join(root, "scripts/package.mjs")]);
  const run = (...args) => execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [{ filename, files }] = JSON.parse(run("pack", "--json", join(root, "npm")));
  assert.ok(files.some(({ path }) => path === "index.d.ts"));
  writeFileSync(join(folder, "package.json"), '{"private": true}');
  run("install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  const installed = join(folder, "node_modules/portside-playground");
  assert.match(readFileSync(join(installed, "index.d.ts"), "utf8"), /PortsidePlayground/);
  const html = '<!doctype html><title>x</title><link rel="icon" href="/portside/badge.svg"><script src="/portside/portside-embed.js"></script><portside-playground><pre>kind: Service</pre></portside-playground>';
  const server = await serve({ root: join(installed, "dist"), mount: "/portside/", pages: { "/": html }, cors: false });
  await assertEmbeds(browser, new URL("/", server.url).href);
  await server.close();
});

test("the installed command does what the native one does", () => {
  const service = (port) => `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: ${port}}]\n`;
  mkdirSync(join(folder, "manifests"));
  writeFileSync(join(folder, "manifests/web.yaml"), service(80));
  writeFileSync(join(folder, "manifests/.hidden.yaml"), "no: manifest");
  const [, version] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m);
  assert.deepEqual(portside(["--version"]), { status: 0, stdout: `portside ${version}\n`, stderr: "" });
  assert.match(portside(["run", "--help"]).stdout, /--restore FILE/);
  assert.deepEqual(portside(["run", "-f", "manifests", "-c", "kubectl get svc web -o name", "-c", "echo é; cat manifests/web.yaml | head -1"]),
    { status: 0, stdout: "service/web\né\napiVersion: v1\n", stderr: "" });
  // Lines and manifests from standard input; the last line's status.
  assert.deepEqual(portside(["run"], "echo a\r\necho b\nfalse"), { status: 1, stdout: "a\nb\n", stderr: "" });
  assert.equal(portside(["run", "-f", "-", "-c", "kubectl get svc web -o jsonpath={.spec.ports[0].port}"], service(81)).stdout, "81");
  const [line] = portside(["run", "--json", "-c", "kubectl get svc nobody"]).stdout.trim().split("\n").map((one) => JSON.parse(one));
  assert.deepEqual([line.exit, line.stdout], [1, ""]);
  assert.match(line.stderr, /NotFound/);
  // kubectl's own words of help, and those about fields.
  assert.match(portside(["run", "-c", "kubectl get --help"]).stdout, /^Display one or many resources/);
  assert.match(portside(["run", "-c", "kubectl explain service.spec.clusterIP"]).stdout, /FIELD: clusterIP <string>/);
  const found = portside(["diagnose", "-f", "manifests", "--format", "json"]);
  assert.equal(found.status, 1);
  assert.match(found.stdout, /manifests\/web\.yaml/);
  assert.equal(portside(["diagnose", "-f", "manifests", "--fail-on", "never"]).status, 0);
  assert.match(portside(["redact"], "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: Yg==}\n").stdout, /a: '?\*\*\*/);
  const missing = portside(["run", "-f", "nowhere.yaml"]);
  assert.deepEqual(missing, { status: 2, stdout: "", stderr: "portside: nowhere.yaml: No such file or directory (os error 2)\n" });
  const lesson = join(root, "www/lessons/04-ports.md");
  assert.match(portside(["lesson", "check", lesson]).stdout, /04-ports\.md: ok, \d+ lines typed\n$/);
  assert.deepEqual(portside(["lesson", "build", "--out", ".", lesson]), { status: 0, stdout: "", stderr: "" });
  assert.equal(readFileSync(join(folder, "04-ports.json"), "utf8"), readFileSync(join(root, "www/data/lessons/ports.json"), "utf8"));
  writeFileSync(join(folder, "page.md"), "```console\n$ kubectl get --help | head -1\nDisplay one or many resources.\n$ echo a\nb\n```\n");
  assert.deepEqual(portside(["docs", "check", "page.md"]).status, 1);
  assert.equal(portside(["docs", "check", "--update", "page.md"]).status, 0);
  assert.match(readFileSync(join(folder, "page.md"), "utf8"), /Display one or many resources\.\n\$ echo a\na\n/);
  assert.deepEqual(portside(["lesson", "check"]), { status: 2, stdout: "", stderr: "portside: name at least one file\n" });
});
