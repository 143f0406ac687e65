// The published package is the bundle: it depends on nothing, and brings no Node along. `strip` takes what only a checkout
// needs out of package.json before packing, `restore` puts the file back; `publishable` says what npm would refuse when all is done. What is left of the scripts is the check that says
// while it is installed, and not when it is first run, that this Node is too old.
import { chmodSync, copyFileSync, existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const file = new URL("../package.json", import.meta.url);
const kept = new URL("../.package.json.kept", import.meta.url);
if (process.argv[2] === "strip") {
  if (!existsSync(kept)) copyFileSync(file, kept);
  const { scripts: _s, devDependencies: _d, optionalDependencies: _o, overrides: _v, allowScripts: _a, knip: _k, ...rest } = JSON.parse(readFileSync(kept, "utf8"));
  // the packer's umask is no part of the package
  for (const path of ["package.json", "README.md", ...rest.files]) if (!path.startsWith("!")) readable(fileURLToPath(new URL(`../${path}`, import.meta.url)));
  rest.scripts = { preinstall: "node bin/preinstall.cjs" };
  writeFileSync(file, `${JSON.stringify(rest, null, 2)}\n`);
} else if (process.argv[2] === "publishable") {
  if (JSON.parse(readFileSync(file, "utf8")).repository === undefined) {
    console.error('package.json has no "repository": npm signs where a package comes from, and refuses one that does not say it (E422). Give it the address of the public repository that CI publishes from.');
    process.exitCode = 1;
  }
} else if (existsSync(kept)) renameSync(kept, file);

function readable(path) {
  const status = statSync(path);
  chmodSync(path, status.isDirectory() || status.mode & 0o100 ? 0o755 : 0o644);
  if (status.isDirectory()) for (const inside of readdirSync(path)) readable(join(path, inside));
}
