// Zips dist/ for any host of static files: `node scripts/zip.mjs [FILE]`, portside-VERSION.zip unless named.
//
// The same files give the same bytes: names are sorted, and every file has the format's first day as its date.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { DIST } from "./serve.mjs";

const CRCS = Int32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => CRCS[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0;

/** Fields of two or four bytes, as [width, value], little end first. */
function fields(...all) {
  const bytes = Buffer.alloc(all.reduce((sum, [width]) => sum + width, 0));
  all.reduce((at, [width, value]) => bytes.writeUIntLE(value, at, width), 0);
  return bytes;
}

/** The zip of a folder's files, by their paths in it. */
export function zip(root) {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
    .filter((name) => !name.startsWith(".stage"))
    .sort();
  const files = [], directory = [];
  let at = 0;
  for (const name of names) {
    const bytes = readFileSync(join(root, name));
    const packed = deflateRawSync(bytes, { level: 9 });
    const path = Buffer.from(name);
    // Needs 2.0; the name is UTF-8; deflated; 1 January 1980.
    const common = [[2, 20], [2, 0x800], [2, 8], [2, 0], [2, 0x21], [4, crc32(bytes)], [4, packed.length], [4, bytes.length], [2, path.length], [2, 0]];
    const head = fields([4, 0x04034b50], ...common);
    files.push(head, path, packed);
    // Made by a Unix, so that the files are readable by all.
    directory.push(fields([4, 0x02014b50], [2, 0x0314], ...common, [2, 0], [2, 0], [2, 0], [4, 0o100644 * 0x10000], [4, at]), path);
    at += head.length + path.length + packed.length;
  }
  const index = Buffer.concat(directory);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, names.length], [2, names.length], [4, index.length], [4, at], [2, 0]);
  return Buffer.concat([...files, index, end]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [, version] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m);
  const bytes = zip(DIST);
  const file = process.argv[2] ?? join(root, `portside-${version}.zip`);
  writeFileSync(file, bytes);
  console.log(`${relative(process.cwd(), file)}: ${bytes.length} bytes`);
}
