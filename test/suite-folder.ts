/**
 * The folder of one suite, as its TMPDIR: in memory where that is possible, for the tests make thousands of small files and the program
 * waits for a disk to have each. What tests leave behind goes with it. And one on a disk, for what is large: each etcd takes 64 MB when
 * it starts, which a disk gives as a promise, and memory page by page.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 2 * 1024 ** 3;

/** For vitest. @returns the way to remove them */
export function setup(): () => void {
  removeLeftovers(tmpdir());
  const disk = mkdtempSync(join(tmpdir(), `acc-suite-${process.pid}-`));
  const folder = inMemory() ?? mkdtempSync(join(disk, "tmp-"));
  // other users log in to what is in it
  for (const one of [disk, folder]) chmodSync(one, 0o711);
  process.env["TMPDIR"] = folder;
  process.env[DISK] = disk;
  return () => {
    for (const one of [folder, disk]) rmSync(one, { recursive: true, force: true });
  };
}

/** This suite's folder on a disk; beside it is what suites share. */
export const diskFolder = (): string => process.env[DISK] ?? tmpdir();

const DISK = "ACC_SUITE_DISK";

/** A container's own is small, and its programs may not be started. */
function inMemory(): string | undefined {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ENOUGH_BYTES) return undefined;
    removeLeftovers(MEMORY);
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
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^acc-suite-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
