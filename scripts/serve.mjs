// A static server for dist/ on this machine: `node scripts/serve.mjs` with PORT (8080); tests import `serve`.
//
// It sends the strictest policy that the page works under, so that a step outside shows at once.

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const DIST = process.env.PORTSIDE_DIST ?? fileURLToPath(new URL("../dist", import.meta.url));

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".yaml": "text/yaml; charset=utf-8",
};

/** The content security policy for a page: its own files, and those inline scripts that it came with. */
export function policy(html) {
  const hashes = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)]
    .map(([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(" ")}`.trim(),
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * Serves the folder `root` below the path `mount`, and `pages` (path to HTML) beside it, on 127.0.0.1.
 * Returns `{ url, close() }`; port 0 takes any free one. Without `cors` it is a host that sends no CORS header; `csp` takes
 * the place of the policy.
 */
export async function serve({ root = DIST, mount = "/", pages = {}, port = 0, cors = true, csp } = {}) {
  const server = createServer(async (request, response) => {
    const send = (code, type, body) => {
      const headers = { "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
      if (cors) headers["Access-Control-Allow-Origin"] = "*";
      if (type.startsWith("text/html")) headers["Content-Security-Policy"] = csp ?? policy(String(body));
      response.writeHead(code, headers).end(request.method === "HEAD" ? undefined : body);
    };
    try {
      const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
      if (Object.hasOwn(pages, path)) return send(200, TYPES[".html"], pages[path]);
      if (!path.startsWith(mount) || path.includes("\0")) return send(404, TYPES[".txt"], "not found\n");
      // Joined to "/" first, so that no amount of ".." leaves the root.
      let file = join(root, normalize(`/${path.slice(mount.length)}`));
      if ((await stat(file)).isDirectory()) file = join(file, "index.html");
      send(200, TYPES[extname(file)] ?? "application/octet-stream", await readFile(file));
    } catch {
      send(404, TYPES[".txt"], "not found\n");
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${mount}`,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT || 8080);
  try {
    const { url } = await serve({ port });
    console.log(`Portside is at ${url} (Ctrl-C stops it)`);
  } catch (error) {
    console.error(error.code === "EADDRINUSE" ? `Port ${port} is taken: try \`make serve PORT=${port + 1}\`.` : error.message);
    process.exit(1);
  }
}
