// docs/hosting.md: its examples for nginx and Caddy serve the page, and pages of another origin embed it; the zip holds the same.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DIST, serve } from "../../scripts/serve.mjs";
import { assertEmbeds, launch, open, started } from "../e2e/browser.mjs";

let browser, folder;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "portside-hosting-"));
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** The example of docs/hosting.md in a language, with these words in place of those. */
function documented(language, words) {
  let [, text] = readFileSync(new URL("../../docs/hosting.md", import.meta.url), "utf8").match(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``));
  for (const [from, to] of words) {
    assert.ok(text.includes(from), `the example has no ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

/** How each server is started with its example on a port of this machine. */
const SERVERS = {
  nginx: (port) => {
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
    const block = documented("nginx", [["listen 8080;", `listen 127.0.0.1:${port};`], ["root /srv/portside;", `root ${DIST};`]]);
    writeFileSync(join(folder, "nginx.conf"), `daemon off;\nuser root;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${block}}\n`);
    return ["nginx", ["-p", folder, "-c", join(folder, "nginx.conf")]];
  },
  caddy: (port) => {
    writeFileSync(join(folder, "Caddyfile"), `{\n\tadmin off\n}\n${documented("caddyfile", [[":8080 {", `http://127.0.0.1:${port} {`], ["/srv/portside", DIST]])}`);
    return ["caddy", ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]];
  },
};

async function start(name) {
  const port = await freePort();
  const [program, args] = SERVERS[name](port);
  const server = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
  let said = "";
  server.stderr.on("data", (data) => { said += data; });
  server.on("error", (error) => { said += error; });
  const origin = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await fetch(origin).then(() => true, () => false)); tries++) {
    assert.ok(tries < 100, `${name} did not start: ${said}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  return { origin, stop: () => server.kill() };
}

for (const name of Object.keys(SERVERS)) {
  test(name, async (t) => {
    const { origin, stop } = await start(name);
    try {
      await t.test("types, caching, compression and policy are those that the page documents", async () => {
        const wasm = readdirSync(DIST).find((name) => name.endsWith("_bg.wasm"));
        const [font] = readdirSync(join(DIST, "fonts")).filter((name) => name.endsWith(".woff2"));
        const [kept, asked] = ["public, max-age=31536000, immutable", "no-cache"];
        const files = [["", "text/html", asked], ["embed.html", "text/html", asked], [wasm, "application/wasm", kept], [wasm.replace("_bg", "_rest"), "application/wasm", kept], [`fonts/${font}`, "font/woff2", kept], ["portside-embed.js", "text/javascript", asked], ["badge.svg", "image/svg+xml", asked]];
        for (const [file, type, cache] of files) {
          const response = await fetch(`${origin}/${file}`);
          assert.equal(response.status, 200, file);
          assert.equal(response.headers.get("content-type").split(";")[0], type);
          assert.equal(response.headers.get("cache-control"), cache, file);
          assert.equal(response.headers.get("access-control-allow-origin"), "*");
          assert.match(response.headers.get("content-security-policy"), /frame-ancestors \*/);
          await response.arrayBuffer();
        }
        assert.equal((await fetch(`${origin}/${wasm}`)).headers.get("content-encoding"), "gzip");
      });
      await t.test("the page works under it", async () => {
        const page = await open(browser, `${origin}/`);
        await started(page);
        await page.locator(".cm-content").waitFor();
        assert.deepEqual(page.complaints, []);
      });
      await t.test("a page of another origin embeds it", async () => {
        const html = `<!doctype html><title>x</title><link rel="icon" href="${origin}/badge.svg"><script src="${origin}/portside-embed.js"></script><portside-playground><pre>kind: Service</pre></portside-playground>`;
        const host = await serve({ root: folder, pages: { "/host.html": html }, csp: `default-src 'self'; img-src ${origin}; script-src ${origin}; frame-src ${origin}; connect-src ${origin}` });
        await assertEmbeds(browser, new URL("/host.html", host.url).href);
        await host.close();
      });
    } finally {
      stop();
    }
  });
}

test("the zip unpacks to the same files, again and again the same bytes, and works below any path", async () => {
  const made = ["one.zip", "two.zip"].map((name) => {
    execFileSync("node", [fileURLToPath(new URL("../../scripts/zip.mjs", import.meta.url)), join(folder, name)]);
    return readFileSync(join(folder, name));
  });
  assert.ok(made[0].equals(made[1]));
  const unpacked = join(folder, "unpacked");
  execFileSync("python3", ["-m", "zipfile", "-t", join(folder, "one.zip")]);
  execFileSync("python3", ["-m", "zipfile", "-e", join(folder, "one.zip"), unpacked]);
  const list = (root) => readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((name) => !name.startsWith(".stage")).sort();
  assert.deepEqual(list(unpacked), list(DIST));
  for (const name of list(DIST)) assert.ok(readFileSync(join(unpacked, name)).equals(readFileSync(join(DIST, name))), name);
  const host = await serve({ root: unpacked, mount: "/any/path at all/" });
  const page = await open(browser, host.url);
  await started(page);
  await page.locator(".cm-content").waitFor();
  assert.deepEqual(page.complaints, []);
  await host.close();
});
