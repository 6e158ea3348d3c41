// Where the page's own files come from: the network, or, in a frame that may fetch nothing, the host page's loader.

import { port as line } from "./port.mjs";
import { query } from "./query.mjs";

// A frame that shares its host's origin with nobody may fetch for itself.
const port = query.get("port") === "own" ? null : line;

/** The text of a file beside the page. */
export async function fetchText(path) {
  if (port) return port.text(path);
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

/** The simulator: what `init` takes. `onProgress` is told how many bytes of how many have come. */
export async function fetchWasm(onProgress) {
  if (port) return port.wasm(WASM);
  const response = await fetch(new URL(WASM, document.baseURI));
  if (!response.ok) throw new Error(`${WASM}: ${response.status}`);
  if (!response.body) return response;
  let current = 0;
  const count = new TransformStream({
    transform(chunk, controller) {
      onProgress((current += chunk.byteLength), WASM_SIZE);
      controller.enqueue(chunk);
    },
  });
  // Compiled while it comes; a host that names no type for it is forgiven.
  return new Response(response.body.pipeThrough(count), { headers: { "Content-Type": "application/wasm" } });
}
