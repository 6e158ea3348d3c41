// Parts a module in two: what the page needs until it is there and answers, and the rest, which follows.
//
// The first module holds memory, tables and the functions that `isFirst` names. In place of each other function that it may
// call stands one that calls through the table; the second module, when it comes, puts the functions there. Whoever calls
// before that is held up by the import `rest.need`, which returns when the second module is in place. Data that no function
// of the first module can come to goes with the rest too.

import { createHash } from "node:crypto";
import { join, rename, s32, u32, walk, write } from "./module.mjs";
import { around, plain } from "./symbols.mjs";

const I32 = 0x7f;
/** A function of fewer bytes may have been made part of others though it is still there. */
const SMALL = 100;
const short = (index) => index.toString(36);

/** What stands for a function in a list: a digest of its name without what differs from build to build. */
export function markOf(module, index) {
  const name = module.names.get(index) ?? `${index}`;
  return createHash("sha256").update(name.replace(/\[[0-9a-f]{12,16}\]/g, "").replace(/_\d+$/, "")).digest("hex").slice(0, 6);
}

/**
 * Tells whether a function is needed first, by the list that `make first` writes. A function that was not there when it was
 * made goes with whoever calls it, or may call it through the table; where few are still there, every one is needed.
 */
export function chooser(module, text) {
  const [wanted, others] = text.split("\n\n").map((part) => new Set(part.match(/^[0-9a-f]{6}$/gm)));
  const marks = module.functions.map((_, at) => markOf(module, module.imports.length + at));
  const chosen = new Set(marks.flatMap((mark, at) => (wanted.has(mark) ? [at + module.imports.length] : [])));
  if (new Set(marks.filter((mark) => wanted.has(mark))).size < wanted.size / 2) {
    console.warn("www/first.txt names functions that are not there: the simulator stays whole. Run `make first`.");
    return () => true;
  }
  const join = (index) => {
    const mark = marks[index - module.imports.length];
    if (mark && !wanted.has(mark) && !others?.has(mark)) chosen.add(index);
  };
  for (const { functions } of module.elements) functions.forEach(join);
  for (const index of chosen) walk(module.bodies[index - module.imports.length], { call: join });
  return (index) => chosen.has(index);
}

/** The two modules' bytes: `{ first, rest }`; `known` is what the linker knew of them (symbols.mjs). */
export function split(module, isFirst, known = { things: [], uses: new Map() }) {
  if (module.imports.some((one) => one.kind)) throw new Error("an import that is no function");
  const imported = module.imports.length;
  const total = imported + module.functions.length;
  const typeOf = (index) => (index < imported ? module.imports[index].type : module.functions[index - imported]);
  const sides = Array.from({ length: total }, (_, index) => index < imported || isFirst(index));
  const calls = module.bodies.map((body) => { const found = new Set(); walk(body, { call: (index) => found.add(index) }); return found; });
  const defined = Array.from({ length: total - imported }, (_, at) => at + imported);

  // Which functions of the rest the first module may call, and the other way round.
  const slots = new Map();
  for (const { offset, functions } of module.elements) functions.forEach((index, at) => { if (!sides[index]) slots.set(index, [...(slots.get(index) ?? []), offset + at]); });
  const [table] = module.tables;
  let next = table.limits[0];
  const outward = new Set(slots.keys());
  const inward = new Set();
  const note = (from, index) => {
    if (sides[from] && !sides[index]) outward.add(index);
    if (!sides[from] && sides[index] && index >= imported) inward.add(index);
  };
  defined.forEach((from) => calls[from - imported].forEach((index) => note(from, index)));
  for (const { kind, index } of module.exports) if (kind === "func" && !sides[index]) outward.add(index);
  const added = [...outward].filter((index) => !slots.has(index)).sort((a, b) => a - b);
  for (const index of added) slots.set(index, [next++]);

  const data = partData(module, known, defined.filter((index) => sides[index]));
  const first = firstModule(module, { sides, outward, inward, slots, added: next - table.limits[0], typeOf, imported, defined });
  const rest = restModule(module, { sides, inward, slots, typeOf, imported, defined, table: first.table });
  return { first: write({ ...first.module, data: data.first }), rest: write({ ...rest, data: data.rest }) };
}

/** The first module, and its table as it is declared. */
function firstModule(module, { sides, outward, inward, slots, added, typeOf, imported, defined }) {
  const types = [...module.types];
  const nothing = typeIndex(types, { params: [], results: [] });
  const imports = [...module.imports, { module: "rest", name: "need", type: nothing }];
  const numbers = new Map(module.imports.map((_, index) => [index, index]));
  const kept = defined.filter((index) => sides[index]);
  kept.forEach((index, at) => numbers.set(index, imports.length + at));
  const functions = kept.map(typeOf);

  // One function for each type that asks for the rest and calls; one for each function that stands in its place.
  const ready = module.globals.length;
  const through = new Map();
  const bodies = [];
  for (const type of new Set([...outward].map(typeOf))) {
    const { params, results } = types[type];
    through.set(type, imports.length + functions.length);
    functions.push(typeIndex(types, { params: [...params, I32], results }));
    const passed = params.flatMap((_, at) => [0x20, ...u32(at)]);
    bodies.push([0, 0x23, ...u32(ready), 0x45, 0x04, 0x40, 0x10, ...u32(module.imports.length), 0x0b, ...passed, 0x20, ...u32(params.length), 0x11, ...u32(type), 0, 0x0b]);
  }
  for (const index of [...outward].sort((a, b) => a - b)) {
    const type = typeOf(index);
    numbers.set(index, imports.length + functions.length);
    functions.push(type);
    bodies.push([0, ...types[type].params.flatMap((_, at) => [0x20, ...u32(at)]), 0x41, ...s32(slots.get(index)[0]), 0x10, ...u32(through.get(type)), 0x0b]);
  }

  const [table, ...tables] = module.tables;
  const [least, most] = table.limits;
  const larger = { ...table, limits: [least + added, most === undefined ? undefined : most + added] };
  const number = (index) => numbers.get(index);
  const exports = module.exports.map((one) => (one.kind === "func" ? { ...one, index: number(one.index) } : one));
  const add = (name, kind, index) => {
    if (exports.some((one) => one.name === name)) throw new Error(`${name} is exported twice`);
    exports.push({ name, kind, index });
  };
  const known = new Set(exports.map((one) => one.name));
  for (const index of inward) if (known.has(short(index))) throw new Error(`${short(index)} is exported twice`);
  exports.push(...[...inward].sort((a, b) => a - b).map((index) => ({ name: short(index), kind: "func", index: number(index) })));
  module.tables.forEach((_, index) => add(`table.${index}`, "table", index));
  module.memories.forEach((_, index) => add(`memory.${index}`, "memory", index));
  module.globals.forEach((_, index) => add(`global.${index}`, "global", index));
  add("ready", "global", ready);
  return {
    table: larger,
    module: {
      ...module, types, imports, functions, exports,
      tables: [larger, ...tables],
      globals: [...module.globals, { type: I32, mutable: 1, init: [0x41, 0, 0x0b] }],
      elements: module.elements.map((one) => ({ ...one, functions: one.functions.map(number) })),
      bodies: [...kept.map((index) => rename(module.bodies[index - imported], number)), ...bodies],
    },
  };
}

/** The second module: it puts its functions into the first one's table. */
function restModule(module, { sides, inward, slots, typeOf, imported, defined, table }) {
  const kept = defined.filter((index) => !sides[index]);
  const used = new Set();
  for (const index of kept) walk(module.bodies[index - imported], { call: (called) => { if (called < imported) used.add(called); } });
  const numbers = new Map();
  const imports = [];
  const bring = (index, one) => { numbers.set(index, imports.length); imports.push({ ...one, type: typeOf(index) }); };
  [...used].sort((a, b) => a - b).forEach((index) => bring(index, module.imports[index]));
  [...inward].sort((a, b) => a - b).forEach((index) => bring(index, { module: "first", name: short(index) }));
  const functions = imports.length;
  const shared = (kind, all) => all.forEach((one, index) => imports.push({ ...one, module: "first", name: `${kind}.${index}`, kind }));
  shared("table", [table, ...module.tables.slice(1)]);
  shared("memory", module.memories);
  shared("global", module.globals);
  kept.forEach((index, at) => numbers.set(index, functions + at));

  const placed = [...slots].flatMap(([index, all]) => all.map((slot) => [slot, numbers.get(index)])).sort(([a], [b]) => a - b);
  const elements = [];
  for (const [slot, index] of placed) {
    const last = elements.at(-1);
    if (last && last.offset + last.functions.length === slot) last.functions.push(index);
    else elements.push({ offset: slot, functions: [index] });
  }
  const number = (index) => numbers.get(index);
  return {
    types: module.types, imports, functions: kept.map(typeOf), tables: [], memories: [], globals: [], exports: [], elements,
    bodies: kept.map((index) => rename(module.bodies[index - imported], number)), data: [],
  };
}

/** The data that functions can come to, and the other. */
function partData(module, known, functions) {
  const { things, uses } = known;
  if (!things.length) return { first: module.data, rest: [] };
  const near = new Set(things.filter((one) => one.pinned));
  // Those that the linker knew a function to use, or one that became part of it: such a one has no name any more, or is small.
  const names = new Set([...module.names.values()].map(plain));
  const reached = new Set(functions.map((index) => plain(module.names.get(index))));
  for (const name of reached) {
    uses.get(name)?.things.forEach((one) => near.add(one));
    uses.get(name)?.calls.forEach((called) => { if (!names.has(called) || uses.get(called)?.size < SMALL) reached.add(called); });
  }
  // Those whose address a function has, whoever gave it to it.
  const begin = Math.min(...module.data.map((one) => one.offset));
  const end = Math.max(...module.data.map((one) => one.offset + one.bytes.length));
  for (const index of functions) {
    walk(module.bodies[index - module.imports.length], {
      number: (value) => { if (value >= begin && value <= end) around(things, value, true).forEach((one) => near.add(one)); },
    });
  }
  for (const one of near) one.points.forEach((other) => near.add(other));
  // Of each byte whether it may go with the rest; what is no known thing stays.
  const goes = new Uint8Array(end - begin);
  for (const one of things) if (!near.has(one)) goes.fill(1, Math.max(0, one.start - begin), Math.max(0, one.end - begin));
  for (const one of near) goes.fill(0, Math.max(0, one.start - begin), Math.max(0, one.end - begin));
  const parts = { first: [], rest: [] };
  for (const { offset, bytes } of module.data) {
    let from = 0;
    for (let at = 1; at <= bytes.length; at++) {
      const side = goes[offset + from - begin];
      if (at < bytes.length && goes[offset + at - begin] === side) continue;
      parts[side ? "rest" : "first"].push({ offset: offset + from, bytes: bytes.subarray(from, at) });
      from = at;
    }
  }
  return parts;
}

/** The number of a type, which is added where there is none like it. */
function typeIndex(types, wanted) {
  const same = (one) => String(one.params) === String(wanted.params) && String(one.results) === String(wanted.results);
  const found = types.findIndex(same);
  return found < 0 ? types.push(wanted) - 1 : found;
}

/** The same module, with a call of `trace.mark(function)` before each function's first instruction. */
export function marked(module) {
  const types = [...module.types];
  const mark = module.imports.length;
  const imports = [...module.imports, { module: "trace", name: "mark", type: typeIndex(types, { params: [I32], results: [] }) }];
  const number = (index) => (index < mark ? index : index + 1);
  const bodies = module.bodies.map((body, at) => {
    const start = walk(body, { call: () => {} });
    const renamed = rename(body, number);
    return join([renamed.subarray(0, start), [0x41, ...s32(mark + at), 0x10, ...u32(mark)], renamed.subarray(start)]);
  });
  return write({
    ...module, types, imports, bodies,
    exports: module.exports.map((one) => (one.kind === "func" ? { ...one, index: number(one.index) } : one)),
    elements: module.elements.map((one) => ({ ...one, functions: one.functions.map(number) })),
  });
}
