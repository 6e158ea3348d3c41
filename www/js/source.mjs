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

/** A module of the simulator: a response, or in a frame its bytes. `onBytes` is told how many more have come. */
export async function fetchWasm(name, onBytes = () => {}) {
  if (port) return port.wasm(name);
  const response = await fetch(new URL(name, document.baseURI));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  if (!response.body) return response.arrayBuffer();
  const count = new TransformStream({
    transform(chunk, controller) {
      onBytes(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  // Compiled while it comes; a host that names no type for it is forgiven.
  return new Response(response.body.pipeThrough(count), { headers: { "Content-Type": "application/wasm" } });
}

/** A file's bytes, while everything waits for them. */
export function fetchNow(name) {
  const request = new XMLHttpRequest();
  request.open("GET", new URL(name, document.baseURI), false);
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  const { responseText: text } = request;
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
