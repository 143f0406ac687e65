/** A folder of its own for a test, gone when the test is over; and the real programs, run in it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "prepare-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** "0600". */
export const modeOf = (file: string): string => (statSync(file).mode & 0o7777).toString(8).padStart(4, "0");

export const filesIn = (folder: string): string[] => readdirSync(folder).toSorted();

/** Runs a program in a folder; its stdout. Throws with its stderr when it fails. */
export const runIn =
  (folder: string) =>
  (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 20_000 });
