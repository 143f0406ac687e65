/**
 * The folder of one suite, as its TMPDIR: in memory where that is possible, for the tests make thousands of small files and the program
 * waits for a disk to have each. What tests leave behind goes with it.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
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
    removeLeftovers();
    folder = mkdtempSync(join(MEMORY, `acc-suite-${process.pid}-`));
    writeFileSync(join(folder, "program"), "#!/bin/sh\n", { mode: 0o755 });
    execFileSync(join(folder, "program"));
    return folder;
  } catch {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}

/** Of suites that were killed, and could not remove them. */
function removeLeftovers(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = /^acc-suite-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
}
