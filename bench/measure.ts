/** A process against `emulate` with a profile: its time, its peak of memory, and what it asked. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FixedProfile } from "./profile.ts";
import { type Requests, requestsIn } from "./requests.ts";

export const BIN = fileURLToPath(new URL("../bin/azure-coreos-cluster.js", import.meta.url));

export interface Measured extends Requests {
  readonly ms: number;
  /** Not known where there is no /proc. */
  readonly peakMB: number;
  readonly exit: number;
  /** What it said last on stderr, for who wants to know why it failed. */
  readonly said: string;
}

/** @param argv of Node, from the address of the simulation and a folder of its own */
export async function measured(profile: FixedProfile, argv: (url: string, dir: string) => readonly string[]): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), "bench-"));
  const [profileFile, log] = [join(dir, "profile.json"), join(dir, "requests.jsonl")];
  writeFileSync(profileFile, JSON.stringify(profile));
  const emulate = spawn(
    process.execPath,
    [BIN, "emulate", "--dir", dir, "--quiet", "--profile", profileFile, "--requests", log],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const url = String((await once(emulate.stdout, "data"))[0]).trim();
    const ended = await run(argv(url, join(dir, "own")));
    const closed = once(emulate, "close");
    emulate.kill("SIGINT");
    await closed;
    return { ...ended, ...requestsIn(readFileSync(log, "utf8")) };
  } finally {
    emulate.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  }
}

// --- internal ---

async function run(argv: readonly string[]): Promise<Omit<Measured, keyof Requests>> {
  const since = performance.now();
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
  let [peakMB, said] = [0, ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-600)));
  const watch = setInterval(() => (peakMB = Math.max(peakMB, peakOf(child))), 50);
  const [exit] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  return { ms: performance.now() - since, peakMB, exit: exit ?? -1, said };
}

function peakOf({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
