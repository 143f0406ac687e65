// Bundles src into dist: a light command line, and chunks that are loaded when a command needs them (the SDK above all).
// esbuild alone; an install of the package is then a few files and no dependency tree.
import { build } from "esbuild";
import { rm } from "node:fs/promises";

const root = new URL("..", import.meta.url).pathname;
await rm(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  // ssh2 tries two native add-ons and does without them where they are missing
  external: ["cpu-features", "*.node"],
  // ssh2's WebAssembly asks for the folder it is in; an ES module has that under another name
  define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
const [major] = process.versions.node.split(".");
const own = /node\/v(\d+)/.exec(process.env.npm_config_user_agent ?? "")?.[1];
if (own && Number(own) < 22)
  console.error(`This machine's Node ${own} is too old for the Azure SDK (22 or newer): Node ${major} from npm is used here.`);
