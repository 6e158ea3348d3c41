#!/usr/bin/env node
// The portside command under Node: what the wasm may ask of this machine, then the wasm itself.

import fs from "node:fs";
import { createRequire } from "node:module";
import { isatty } from "node:tty";
import { getSystemErrorMap } from "node:util";

/** Throws what the system says, in the words of the native command. */
function told(call) {
  try {
    return call();
  } catch (error) {
    const [, words] = getSystemErrorMap().get(error.errno) ?? [];
    throw words ? `${words[0].toUpperCase()}${words.slice(1)} (os error ${-error.errno})` : String(error.message ?? error);
  }
}

/** What cannot be looked at is not so. */
function holds(call) {
  try {
    return call();
  } catch {
    return false;
  }
}

const SLEEP = new Int32Array(new SharedArrayBuffer(4));
/** Tries again while a pipe has nothing or takes nothing. */
function patiently(call) {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(SLEEP, 0, 0, 10);
    }
  }
}

const CHUNK = Buffer.alloc(1 << 16);
let pending = Buffer.alloc(0);
/** Reads more of standard input; false at its end. */
function more() {
  let length = 0;
  try {
    length = patiently(() => fs.readSync(0, CHUNK, 0, CHUNK.length, null));
  } catch (error) {
    if (error.code !== "EOF") throw error;
  }
  pending = Buffer.concat([pending, CHUNK.subarray(0, length)]);
  return length > 0;
}

function take(length) {
  const text = pending.subarray(0, length).toString();
  pending = pending.subarray(length);
  return text;
}

globalThis.portsideMachine = {
  argumentsOf: () => process.argv.slice(2).join("\0"),
  leave: (status) => { process.exitCode = status; },
  write(stream, text) {
    try {
      let bytes = Buffer.from(text);
      while (bytes.length) bytes = bytes.subarray(patiently(() => fs.writeSync(stream, bytes)));
    } catch {
      // Whoever closed the pipe has seen enough.
    }
  },
  isTerminal: () => isatty(0),
  input: () => told(() => {
    while (more());
    return take(pending.length);
  }),
  line: () => told(() => {
    let end;
    while ((end = pending.indexOf(10)) < 0) {
      if (!more()) return pending.length ? take(pending.length) : undefined;
    }
    return take(end + 1).replace(/[\r\n]+$/, "");
  }),
  size: (path) => told(() => fs.statSync(path).size),
  readFile: (path) => told(() => fs.readFileSync(path)),
  writeFile: (path, text) => told(() => fs.writeFileSync(path, text)),
  isFolder: (path) => holds(() => fs.statSync(path).isDirectory()),
  isLink: (path) => holds(() => fs.lstatSync(path).isSymbolicLink()),
  names: (path) => told(() => fs.readdirSync(path).join("\0")),
};

try {
  createRequire(import.meta.url)("./command.js");
} catch (error) {
  // A fault of the program has said its words already; the stack of the wasm says no more.
  if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  process.exitCode = 101;
}
