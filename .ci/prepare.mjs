// After an install in a checkout, and above all after `npm install git+URL`, where nobody else builds: what the package is made of. Not where it is
// there already (npm pack made it a moment ago), and not without what it takes (npm ci --omit=dev).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const root = new URL("..", import.meta.url).pathname;
if (!existsSync(`${root}dist/main.js`) && existsSync(`${root}node_modules/esbuild`))
  process.exitCode = spawnSync("npm", ["run", "--silent", "parts"], { cwd: root, stdio: "inherit" }).status ?? 1;
