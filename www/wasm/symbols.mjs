// The data of a module as the linker knew it: which bytes are one thing, which point to which, and who uses which.
//
// It is read from what `--emit-relocs` leaves in the module that rustc writes; no later tool moves data.

import { Reader, parse, walk } from "./module.mjs";

const [CODE, DATA] = ["reloc.CODE", "reloc.DATA"];
const SYMBOLS = 8;
const [UNDEFINED, NAMED] = [0x10, 0x40];
/** Kinds of relocations that have an addend; of those, the ones that stand for an address of data. */
const ADDED = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);
const ADDRESS = new Set([3, 4, 5, 11]);

/**
 * What the linker knew of a module: `things`, the pieces of data in order, each `{ start, end, points, pinned }`, and `uses`,
 * for the name of each function its things and the functions that it calls. Both are empty where the linker left no word.
 */
export function linked(bytes) {
  const module = parse(bytes);
  const { data, custom } = module;
  if (!custom.has("linking") || !custom.has(DATA)) return { things: [], uses: new Map() };
  const symbols = table(custom.get("linking"), data);
  const things = symbols.filter((one) => one?.end > one?.start).sort((a, b) => a.start - b.start || a.end - b.end);
  things.reduce((reach, one) => (one.reach = Math.max(reach, one.end)), 0);
  for (const { at, symbol } of relocations(custom.get(DATA))) {
    const target = symbols[symbol];
    if (target) for (const one of around(things, address(at, data))) one.points.push(target);
  }
  return { things, uses: uses(module, symbols) };
}

/** A function's name without the number by which tools tell namesakes apart. */
export const plain = (name) => name?.replace(/_\d+$/, "");

/** The things and the calls of each function. */
function uses(module, symbols) {
  const found = new Map();
  const name = (index) => plain(module.names.get(index));
  const functions = module.bodies.map((body, at) => {
    const key = name(module.imports.length + at);
    if (!found.has(key)) found.set(key, { things: new Set(), calls: new Set(), size: 0 });
    const one = found.get(key);
    one.size = Math.max(one.size, body.length);
    walk(body, { call: (index) => one.calls.add(name(index)) });
    return one;
  });
  let at = 0;
  for (const { at: place, symbol, addend } of relocations(module.custom.get(CODE)).sort((a, b) => a.at - b.at)) {
    const one = symbols[symbol];
    while (at + 1 < functions.length && module.places[at + 1] <= place) at++;
    if (!one) continue;
    functions[at].things.add(one);
    // An address beside the thing that is meant cannot be told from the neighbour's.
    if (addend < 0 || addend > one.end - one.start) one.pinned = true;
  }
  return found;
}

/** The things that a place belongs to; `touching` also those that end there. */
export function around(symbols, at, touching = false) {
  const found = [];
  for (let next = before(symbols, at); next >= 0 && symbols[next].reach >= at; next--) {
    const { start, end } = symbols[next];
    if (start <= at && (at < end || (touching && at === end))) found.push(symbols[next]);
  }
  return found;
}

/** The last thing that starts at a place or before it. */
function before(symbols, at) {
  let [low, high] = [0, symbols.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (symbols[middle].start <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The linker's table: what stands for data, at its number. */
function table(content, data) {
  const reader = new Reader(content);
  if (reader.u32() !== 2) throw new Error("a linking section of a version that is unknown");
  const symbols = [];
  while (reader.at < reader.end) {
    const [kind, length] = [reader.byte(), reader.u32()];
    const part = new Reader(content, reader.at, (reader.at += length));
    if (kind !== SYMBOLS) continue;
    for (let left = part.u32(); left--; ) {
      const [what, flags] = [part.byte(), part.u32()];
      let symbol;
      if (what === 1) {
        part.string();
        if (!(flags & UNDEFINED)) {
          const [segment, offset, size] = [part.u32(), part.u32(), part.u32()];
          const start = (data[segment]?.offset ?? NaN) + offset;
          symbol = { start, end: start + size, points: [], pinned: false };
        }
      } else {
        part.u32();
        if (what !== 3 && (!(flags & UNDEFINED) || flags & NAMED)) part.string();
      }
      symbols.push(symbol);
    }
  }
  return symbols;
}

/** The places of a section that hold an address of data, and whose. */
function relocations(content) {
  const reader = new Reader(content);
  reader.u32();
  const found = [];
  for (let left = reader.u32(); left--; ) {
    const [kind, at, symbol] = [reader.byte(), reader.u32(), reader.u32()];
    const addend = ADDED.has(kind) ? reader.s32() : 0;
    if (ADDRESS.has(kind)) found.push({ at, symbol, addend });
  }
  return found;
}

/** The address of a place in the data section. */
function address(at, data) {
  const segment = data.findLast((one) => one.at <= at);
  return segment.offset + at - segment.at;
}
