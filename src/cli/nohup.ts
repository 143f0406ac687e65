/**
 * Whether closing the terminal is to leave the process running. That is said by a signal that is ignored, which Node undoes before anybody
 * can look (SigIgn of /proc/self/status never has it): left are the shell's word for what it started, a stdin of which nothing can be read,
 * as nohup makes it, and a script that ignores the signal itself, as what nohup has started does.
 */
import { fstatSync, readFileSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";

export const startedByNohup = (env: Readonly<Record<string, string | undefined>>, parent: number, stdin = 0): boolean =>
  basename(env["_"] ?? "") === "nohup" || isUnreadableNull(stdin) || ignoresHangup(parent);

// --- internal ---

/** On Linux. What a process ignores it hands down to what it starts. */
function ignoresHangup(pid: number): boolean {
  try {
    const [, last = "0"] = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (Number.parseInt(last, 16) & 1) === 1;
  } catch {
    return false;
  }
}

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
