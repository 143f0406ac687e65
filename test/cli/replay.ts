/**
 * What the first commands of a fresh subscription do is the same each time: chance has a seed, time is virtual. Hundreds of tests begin
 * with one of a few creates, and are about what comes after: such a command runs once, and what it left (Azure, files, time, what
 * was asked and printed) is put in the place of the next one like it, as long as all before was alike, too. Keys are then the same ones.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Exchange } from "../../src/sim/message.ts";
import type { CloudState } from "../../src/sim/cloud.ts";
import type { Result } from "./world.ts";

/** All that a command can have changed. */
export interface Left {
  readonly result: Result;
  readonly state: CloudState;
  readonly exchanges: readonly Exchange[];
  readonly now: number;
  readonly seed: number;
}

/** The command that began so, if it is one of the last that were seen. @returns the same with this folder in the other's place */
export function recall(key: string, dir: string): Left | undefined {
  const found = kept.get(key);
  if (found === undefined) return undefined;
  kept.delete(key);
  kept.set(key, found);
  const here = (text: string): string => text.replaceAll(found.dir, dir);
  const paths = new Set(found.files.map(({ path }) => path));
  for (const path of readdirSync(dir, { recursive: true, encoding: "utf8" }))
    if (!paths.has(path)) rmSync(join(dir, path), { recursive: true, force: true });
  for (const { path, mode, text } of found.files) {
    const file = join(dir, path);
    if (text === undefined) mkdirSync(file, { recursive: true });
    else writeFileSync(file, here(text), "latin1");
    chmodSync(file, mode);
  }
  const { result, state, ...rest } = found.left;
  return {
    ...rest,
    result: { ...result, stdout: here(result.stdout), stderr: here(result.stderr) },
    state: JSON.parse(here(state)) as CloudState,
  };
}

/** A later command is kept when it comes for the second time: most come once. */
export function isWorthIt(key: string, later: boolean): boolean {
  if (!later || seen.has(key)) return true;
  seen.add(key);
  return false;
}

export function keep(key: string, dir: string, left: Left): void {
  kept.set(key, { dir, files: filesIn(dir), left: { ...left, state: JSON.stringify(left.state) } });
  if (kept.size > MOST) kept.delete(kept.keys().next().value ?? "");
}

/** Whether a test has prepared anything here: names, and what a file system notes of every change, for a disk's image is long to read. */
export const contentsOf = (dir: string): string =>
  JSON.stringify([statSync(dir).mode, ...namesIn(dir).map((path) => [path, ...changeOf(join(dir, path))])]);

function changeOf(file: string): unknown[] {
  const { mode, size, ino, ctimeMs } = statSync(file, { throwIfNoEntry: false }) ?? lstatSync(file);
  return [mode, size, ino, ctimeMs];
}

/** What a test is about that begins with a command of its own is not kept for long. */
const MOST = 40;

interface Kept {
  readonly dir: string;
  readonly files: readonly File[];
  readonly left: Omit<Left, "state"> & { readonly state: string };
}

interface File {
  readonly path: string;
  readonly mode: number;
  /** Undefined for a folder. */
  readonly text: string | undefined;
}

const kept = new Map<string, Kept>();
const seen = new Set<string>();

const namesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted(
    (a, b) => dirname(a).length - dirname(b).length || (a < b ? -1 : 1),
  );

function filesIn(dir: string): File[] {
  return namesIn(dir).map((path) => {
    const status = statSync(join(dir, path));
    return {
      path,
      mode: status.mode & 0o7777,
      text: status.isDirectory() ? undefined : readFileSync(join(dir, path), "latin1"),
    };
  });
}
