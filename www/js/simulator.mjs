// The simulator: two modules over one memory. The page starts with the first, which holds what a page needs until it is
// there; the rest follows at once, while its reader looks. Whoever needs it sooner waits for it, and gets the same answer.

import { __wbg_finalize_init as begin, __wbg_get_imports as glue } from "portside-glue";
import { hold } from "./hold.mjs";
import { fetchNow, fetchWasm } from "./source.mjs";

let first;
let ready = false;

// A call into the rest that nobody foresaw: it is fetched while everything stands still.
const imports = { ...glue(), rest: { need: () => ready || put(new WebAssembly.Instance(new WebAssembly.Module(fetchNow(REST)), { ...imports, first })) } };

/** The rest has put its functions into the table of the first. */
function put() {
  ready = true;
  first.ready.value = 1;
  delete globalThis.portsidePart;
}

/** Compiles a module while it comes. */
async function compile(name, onBytes) {
  const given = await fetchWasm(name, onBytes);
  return given instanceof Response ? WebAssembly.compileStreaming(given) : WebAssembly.compile(given);
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Fetches the rest; a network that fails is tried again. */
async function follow(rest, tries = 4) {
  try {
    const instance = await WebAssembly.instantiate(await (rest ?? compile(REST)), { ...imports, first });
    if (!ready) put(instance);
  } catch (error) {
    if (ready) return;
    if (!tries) throw error;
    await pause(2_000 / tries);
    await follow(undefined, tries - 1);
  }
}

/** Starts the application; with `whole` not before all of the simulator is there. `onProgress` is told how much has come. */
export async function start(onProgress, whole) {
  const total = WASM_SIZE + (whole ? REST_SIZE : 0);
  let come = 0;
  const onBytes = (bytes) => onProgress((come += bytes), total);
  const rest = whole ? compile(REST, onBytes) : undefined;
  rest?.catch(() => {});
  const module = await compile(WASM, onBytes);
  const instance = await WebAssembly.instantiate(module, imports);
  first = instance.exports;
  globalThis.portsidePart = true;
  if (whole) await follow(rest);
  begin(instance, module);
  if (ready) return;
  const release = hold();
  try {
    await follow();
  } finally {
    release(ready);
  }
}
