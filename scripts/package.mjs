// Assembles the npm package from dist/ and command/, which `make dist` builds: `node scripts/package.mjs` leaves it in npm/, ready for `npm pack`.

import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bare } from "../www/wasm/module.mjs";
import { DIST } from "./serve.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const to = join(root, "npm");
const [, version] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m);
rmSync(to, { recursive: true, force: true });
mkdirSync(to);
cpSync(DIST, join(to, "dist"), { recursive: true, filter: (file) => !file.includes(".stage") });
for (const file of ["README.md", "index.d.ts"]) cpSync(join(root, "integrations/npm", file), join(to, file));
// The command: the same program as the native one, as wasm and a launcher.
const command = join(root, "command");
if (!existsSync(command)) throw new Error("command/ is missing: make dist builds it");
cpSync(command, join(to, "bin"), { recursive: true });
writeFileSync(join(to, "bin/command_bg.wasm"), bare(readFileSync(join(command, "command_bg.wasm"))));
cpSync(join(root, "integrations/npm/portside.mjs"), join(to, "bin/portside.mjs"));
chmodSync(join(to, "bin/portside.mjs"), 0o755);
for (const tool of ["hugo", "docusaurus"]) cpSync(join(root, "integrations", tool), join(to, "integrations", tool), { recursive: true });
for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) cpSync(join(root, file), join(to, file));
writeFileSync(join(to, "package.json"), `${JSON.stringify({
  name: "portside-playground",
  version,
  description: "A Kubernetes Service playground for documentation, wholly in the reader's browser.",
  license: "MIT OR Apache-2.0",
  main: "dist/portside-embed.js",
  types: "index.d.ts",
  exports: { ".": { types: "./index.d.ts", default: "./dist/portside-embed.js" }, "./dist/*": "./dist/*", "./integrations/*": "./integrations/*" },
  bin: { portside: "bin/portside.mjs" },
  engines: { node: ">=20" },
  sideEffects: true,
  files: ["bin", "dist", "integrations", "index.d.ts", "LICENSE-*"],
}, null, 2)}\n`);
console.log(`npm/ holds portside-playground ${version}`);
