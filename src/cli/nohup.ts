/**
 * Whether closing the terminal is to leave the process running. That is said by a signal that is ignored, which Node undoes before anybody
 * can look: left are the shell's word for what it started, and a stdin of which nothing can be read, as nohup makes it.
 */
import { fstatSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";

export const startedByNohup = (env: Readonly<Record<string, string | undefined>>, stdin = 0): boolean =>
  basename(env["_"] ?? "") === "nohup" || isUnreadableNull(stdin);

// --- internal ---

/** /dev/null, opened for writing alone. */
function isUnreadableNull(descriptor: number): boolean {
  try {
    if (fstatSync(descriptor).rdev !== statSync("/dev/null").rdev) return false;
    readSync(descriptor, Buffer.alloc(1));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === "read";
  }
}
