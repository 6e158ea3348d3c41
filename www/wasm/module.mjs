// A WebAssembly module as its parts: enough to move functions from one module to another.
//
// What rustc, wasm-bindgen and wasm-opt do not write is refused rather than guessed at.

const utf8 = new TextDecoder();
const NAMES = ["custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "datacount"];
const KINDS = ["func", "table", "memory", "global"];

/** Numbers and strings out of bytes, one after the other. */
export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end, start: at });
  }

  byte() { return this.bytes[this.at++]; }

  /** An unsigned number in LEB128. */
  u32() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** A number of 64 bits in LEB128, as its two halves. */
  halves() {
    let [value, shift, byte] = [0n, 0n, 0];
    do {
      byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
    } while (byte > 127);
    return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
  }

  /** A signed number of 32 bits, in LEB128. */
  s32() {
    let value = 0, shift = 0, byte;
    do {
      byte = this.byte();
      if (shift < 32) value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return shift < 32 && byte & 64 ? value | (-1 << shift) : value;
  }

  leb() { while (this.byte() > 127); }

  take(length) { return this.bytes.subarray(this.at, (this.at += length)); }

  string() { return utf8.decode(this.take(this.u32())); }

  list(one) { return Array.from({ length: this.u32() }, one); }
}

/** An unsigned number in LEB128. */
export function u32(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return bytes;
}

/** A signed number of 32 bits in LEB128. */
export function s32(value) {
  const bytes = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

const text = (string) => { const bytes = new TextEncoder().encode(string); return [...u32(bytes.length), ...bytes]; };
const join = (parts) => Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Uint8Array.from(part))));
const list = (parts) => join([u32(parts.length), ...parts]);

/** `limits` of a table or of a memory: as [least, most]. */
const limits = (reader) => { const flag = reader.byte(); if (flag > 1) throw new Error("limits of a kind that is unknown"); return [reader.u32(), flag ? reader.u32() : undefined]; };
const limitBytes = ([least, most]) => (most === undefined ? [0, ...u32(least)] : [1, ...u32(least), ...u32(most)]);

/** A constant offset, as data and elements have one. */
function offset(reader) {
  if (reader.byte() !== 0x41) throw new Error("an offset that is no constant");
  const value = reader.s32();
  if (reader.byte() !== 0x0b) throw new Error("an offset that is no constant");
  return value;
}

/** A table, a memory or a global as it is declared, without what a global begins with. */
const declaration = (kind, reader) => kind === "table" ? { type: reader.byte(), limits: limits(reader) } : kind === "memory" ? { limits: limits(reader) } : { type: reader.byte(), mutable: reader.byte() };
const declared = (kind, one) => kind === "table" ? [one.type, ...limitBytes(one.limits)] : kind === "memory" ? limitBytes(one.limits) : [one.type, one.mutable];

/** The parts of a module. Functions are numbered with the imported ones first; `names` may be empty. */
export function parse(bytes) {
  const whole = new Reader(bytes, 8);
  const module = { types: [], imports: [], functions: [], tables: [], memories: [], globals: [], exports: [], elements: [], bodies: [], places: [], data: [], names: new Map(), custom: new Map() };
  while (whole.at < whole.end) {
    const name = NAMES[whole.byte()];
    const length = whole.u32();
    const reader = new Reader(bytes, whole.at, whole.at + length);
    whole.at += length;
    SECTIONS[name]?.(reader, module);
    if (name === "start" || name === undefined) throw new Error("a section that is not known");
  }
  return module;
}

/** The module without what only tools read: names, what the linker leaves. */
export function bare(bytes) {
  const reader = new Reader(bytes, 8);
  const kept = [bytes.subarray(0, 8)];
  while (reader.at < reader.end) {
    const from = reader.at;
    const custom = reader.byte() === 0;
    const length = reader.u32();
    reader.at += length;
    if (!custom) kept.push(bytes.subarray(from, reader.at));
  }
  return join(kept);
}

const SECTIONS = {
  type: (reader, module) => {
    module.types = reader.list(() => {
      if (reader.byte() !== 0x60) throw new Error("a type that is no function's");
      return { params: [...reader.take(reader.u32())], results: [...reader.take(reader.u32())] };
    });
  },
  import: (reader, module) => {
    module.imports = reader.list(() => {
      const one = { module: reader.string(), name: reader.string() };
      const kind = KINDS[reader.byte()];
      return kind === "func" ? { ...one, type: reader.u32() } : { ...one, kind, ...declaration(kind, reader) };
    });
  },
  function: (reader, module) => { module.functions = reader.list(() => reader.u32()); },
  table: (reader, module) => { module.tables = reader.list(() => declaration("table", reader)); },
  memory: (reader, module) => { module.memories = reader.list(() => declaration("memory", reader)); },
  global: (reader, module) => {
    module.globals = reader.list(() => {
      const one = declaration("global", reader);
      const from = reader.at;
      offset(reader);
      return { ...one, init: reader.bytes.subarray(from, reader.at) };
    });
  },
  export: (reader, module) => { module.exports = reader.list(() => ({ name: reader.string(), kind: KINDS[reader.byte()], index: reader.u32() })); },
  element: (reader, module) => {
    module.elements = reader.list(() => {
      if (reader.u32() !== 0) throw new Error("elements that are not the first table's");
      return { offset: offset(reader), functions: reader.list(() => reader.u32()) };
    });
  },
  code: (reader, module) => {
    module.bodies = reader.list(() => {
      const length = reader.u32();
      module.places.push(reader.at - reader.start);
      return reader.take(length);
    });
  },
  data: (reader, module) => {
    module.data = reader.list(() => {
      if (reader.u32() !== 0) throw new Error("data that is not put in place at once");
      const [to, length] = [offset(reader), reader.u32()];
      return { offset: to, at: reader.at - reader.start, bytes: reader.take(length) };
    });
  },
  custom: (reader, module) => {
    const called = reader.string();
    module.custom.set(called, reader.bytes.subarray(reader.at, reader.end));
    if (called !== "name") return;
    while (reader.at < reader.end) {
      const [kind, length] = [reader.byte(), reader.u32()];
      const part = new Reader(reader.bytes, reader.at, (reader.at += length));
      if (kind === 1) module.names = new Map(part.list(() => [part.u32(), part.string()]));
    }
  },
};

/** The module's bytes. An import that is no function has its `kind` and what is declared. */
export function write(module) {
  const section = (name, content) => content && join([[NAMES.indexOf(name)], u32(content.length), content]);
  const some = (parts) => (parts.length ? list(parts) : undefined);
  const sections = [
    section("type", some(module.types.map(({ params, results }) => [0x60, ...u32(params.length), ...params, ...u32(results.length), ...results]))),
    section("import", some(module.imports.map((one) => [...text(one.module), ...text(one.name), KINDS.indexOf(one.kind ?? "func"), ...(one.kind ? declared(one.kind, one) : u32(one.type))]))),
    section("function", some(module.functions.map(u32))),
    section("table", some(module.tables.map((one) => declared("table", one)))),
    section("memory", some(module.memories.map((one) => declared("memory", one)))),
    section("global", some(module.globals.map((one) => [...declared("global", one), ...one.init]))),
    section("export", some(module.exports.map(({ name, kind, index }) => [...text(name), KINDS.indexOf(kind), ...u32(index)]))),
    section("element", some(module.elements.map((one) => [0, 0x41, ...s32(one.offset), 0x0b, ...list(one.functions.map(u32))]))),
    section("code", some(module.bodies.map((body) => join([u32(body.length), body])))),
    section("data", some(module.data.map((one) => join([[0, 0x41, ...s32(one.offset), 0x0b], u32(one.bytes.length), one.bytes])))),
  ];
  return join([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...sections.filter(Boolean)]);
}

/** What follows each opcode: so many numbers, a block's type, and so on; null where there is no such instruction. */
const OPERANDS = Array.from({ length: 256 }, (_, code) => {
  if ([0x0c, 0x0d, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x02, 0x03, 0x04, 0xd0].includes(code)) return 1;
  if (code === 0x11) return 2;
  if (code === 0x0e) return "table";
  if (code === 0x1c) return "types";
  if (code === 0x10) return "call";
  if (code === 0x41) return "i32";
  if (code === 0x42) return "i64";
  if (code >= 0x28 && code <= 0x3e) return "memory";
  if (code === 0x43) return "4";
  if (code === 0x44) return "8";
  if (code === 0xfc) return "more";
  return [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].includes(code) || (code >= 0x45 && code <= 0xc4) ? 0 : null;
});
const MORE = [0, 0, 0, 0, 0, 0, 0, 0, null, null, 2, 1, 2, 1, 2, 1, 1, 1];

const nothing = () => {};

/** Walks a function's instructions: `call(function, from, to)` for each call, `number(value)` for what may be an address.
 * Tells where the first of them stands. */
export function walk(body, { call = nothing, number = nothing }) {
  const reader = new Reader(body);
  reader.list(() => { reader.u32(); reader.byte(); });
  const start = reader.at;
  const fault = (code) => { throw new Error(`an instruction that is not known: ${code.toString(16)}`); };
  while (reader.at < reader.end) {
    const code = reader.byte();
    const operands = OPERANDS[code];
    if (operands === null) fault(code);
    else if (typeof operands === "number") for (let left = operands; left--; ) reader.leb();
    else if (operands === "call") { const from = reader.at; call(reader.u32(), from, reader.at); }
    else if (operands === "i32") number(reader.s32());
    // Two numbers side by side, as a text's place and length, may have become one.
    else if (operands === "i64") reader.halves().forEach(number);
    else if (operands === "memory") { reader.leb(); number(reader.u32()); }
    else if (operands === "table") { for (let left = reader.u32() + 1; left--; ) reader.leb(); }
    else if (operands === "types") reader.take(reader.u32());
    else if (operands === "more") {
      const which = reader.u32();
      const left = MORE[which] ?? fault(0xfc00 + which);
      for (let at = left; at--; ) reader.leb();
    } else reader.at += Number(operands);
  }
  return start;
}

/** A function's body with its calls to what `renamed` tells. */
export function rename(body, renamed) {
  const parts = [];
  let done = 0;
  walk(body, { call: (index, from, to) => { parts.push(body.subarray(done, from), u32(renamed(index))); done = to; } });
  return join([...parts, body.subarray(done)]);
}

export { join, list };
