/**
 * What each process of a checkout's first suite would bundle and compile by itself, all at the same moment, is there before they begin: the SDK
 * in a few files (preload.ts), and V8's code for it and for the sources, in the folder that vitest.config.ts names.
 */
import { execFileSync } from "node:child_process";
import { globSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { TestProject } from "vitest/node";
import { SDK } from "./sdk-folder.ts";

const ROOT = join(import.meta.dirname, "..");
/** Those that the sources import, with what all of them have in common. */
const PACKAGES = ["arm-compute", "arm-network", "arm-resources", "arm-storage", "core-rest-pipeline", "identity", "storage-blob"];

/** For vitest. What fails here is done later, by whoever needs it. */
export async function setup(project: TestProject): Promise<void> {
  try {
    if (isOld()) await bundleSdk();
    compile(project.config.execArgv);
  } catch {
    // slower, and as good
  }
}

async function bundleSdk(): Promise<void> {
  const made = `${SDK}-${process.pid}`;
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(PACKAGES.map((name) => [name, `@azure/${name}`])),
    outdir: made,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    target: `node${process.versions.node}`,
    format: "esm",
    logLevel: "silent",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  // meanwhile another suite may have done the same, whose processes may load it already
  const nobodys = isOld() ? SDK : made;
  rmSync(nobodys, { recursive: true, force: true });
  if (nobodys === SDK) renameSync(made, SDK);
}

/** Older than what npm writes last. */
const isOld = (): boolean => timeOf(SDK) <= timeOf(join(ROOT, "node_modules/.package-lock.json"));

/** Again where a source is newer. @param flags of the tests' processes: V8's code is for these, and no others */
function compile(flags: readonly string[]): void {
  const done = join(process.env["NODE_COMPILE_CACHE"] ?? "", "sources");
  const files = globSync("src/**/*.ts", { cwd: ROOT }).map((file) => join(ROOT, file));
  if (files.every((file) => timeOf(file) < timeOf(done))) return;
  const modules = JSON.stringify([
    ...files.map((file) => pathToFileURL(file).href),
    ...PACKAGES.map((name) => `@azure/${name}`),
    "ssh2",
  ]);
  const program = `await Promise.allSettled(${modules}.map((one) => import(one)))`;
  execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], { cwd: ROOT, stdio: "ignore" });
  writeFileSync(done, "");
}

/** When it was last changed, in milliseconds since 1970; 0 where it is not there. */
const timeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
