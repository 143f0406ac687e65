// Bundles src into dist: a light command line, and chunks that are loaded when a command needs them (the SDK above all).
// esbuild alone; an install of the package is then a few files and no dependency tree.
import { build } from "esbuild";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { grouped, required, withoutPrograms } from "./bundle-groups.mjs";
import { shared } from "./bundle-options.mjs";

const root = new URL("..", import.meta.url).pathname;
await rm(`${root}dist`, { recursive: true, force: true });
const { metafile } = await build({
  ...shared,
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  splitting: true,
  format: "esm",
  plugins: [
    grouped(root, "src/cli/main.ts"),
    withoutPrograms,
    required,
    {
      name: "rest",
      setup: ({ onResolve }) => onResolve({ filter: /\/rest\.ts$/ }, () => ({ path: "./rest.js", external: true })),
    },
  ],
  // ssh2's WebAssembly asks for the folder it is in; an ES module has that under another name
  define: {
    __dirname: "import.meta.dirname",
    __filename: "import.meta.filename",
    // nothing is sent as a form, and only to look whether a body is one loads Node's whole fetch, 25 ms before the first request
    FormData: "undefined",
  },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
// What a command that writes loads before its first write (src/cli/rest.ts), one after the other. Not what it would have loaded by then
// (who signs in, a rehearsal), and not what no path of ours reaches (a reader of Arrow in the blobs' SDK).
const NOT_AFTER_A_WRITE = /^(group:simulation|src\/sim\/|src\/operations\/simulated|src\/cli\/screens\/emulate|node_modules\/(@azure\/identity|open|apache-arrow)\/)/;
const files = Object.entries(metafile.outputs);
const rest = files.filter(([, { inputs, entryPoint }]) => {
  // a part that is loaded for itself is what it begins with; what several share is what all of it is
  const sources = entryPoint === undefined ? Object.keys(inputs) : [entryPoint];
  return sources.length === 0 || !sources.every((source) => NOT_AFTER_A_WRITE.test(source));
});
await writeFile(
  `${root}dist/rest.js`,
  `const parts = (globalThis.azureCoreosClusterParts ??= new Map());
const names = ${JSON.stringify(rest.map(([file]) => `./${basename(file)}`))};
export async function loadRest() { for (const name of names) parts.set(name, await import(name)); }
`,
);
// for .ci/notices.mjs, which says whose work is in the package
const packages = files.flatMap(([, { inputs }]) => Object.keys(inputs)).map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
await writeFile(`${root}dist/packages.json`, JSON.stringify([...new Set(packages)].filter(Boolean).sort()));
for (const [file] of files) {
  const text = await readFile(root + file, "utf8");
  const whole = text
    // Node looks for the file of a part again wherever it is imported, though it has the part: who has it asks nobody
    .replaceAll(
      /\bimport\(("\.\/[\w.-]+\.js")\)/g,
      "Promise.resolve(globalThis.azureCoreosClusterParts?.get($1)??import($1))",
    )
    // to ask what a property is makes those that Node makes on demand, one after the other
    .replace("!(desc=__getOwnPropDesc(from,key))||desc.enumerable", "!0");
  if (whole !== text) await writeFile(root + file, whole);
}
const [major] = process.versions.node.split(".");
const own = /node\/v(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1];
if (own && Number(own) < 22)
  console.error(`This machine's Node ${own} is too old for the Azure SDK (22 or newer): Node ${major} from npm is used here.`);
