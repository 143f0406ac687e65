/**
 * The folder of one suite, as its TMPDIR: in memory where that is possible, for the tests make thousands of small files and the program
 * waits for a disk to have each. What tests leave behind goes with it.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 2 * 1024 ** 3;

/** For vitest. @returns the way to remove it */
export function setup(): () => void {
  const folder = inMemory() ?? mkdtempSync(join(tmpdir(), "acc-suite-"));
  // other users log in to what is in it
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

/** A container's own is small, and its programs may not be started. */
function inMemory(): string | undefined {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ENOUGH_BYTES) return undefined;
    folder = mkdtempSync(join(MEMORY, "acc-suite-"));
    writeFileSync(join(folder, "program"), "#!/bin/sh\n", { mode: 0o755 });
    execFileSync(join(folder, "program"));
    return folder;
  } catch {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}
