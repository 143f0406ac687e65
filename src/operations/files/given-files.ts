/**
 * THE TABLE OF FILES THAT A FLAG HAS WRITTEN: what of an earlier run may be there, to be replaced or added to. Anything else is left as it
 * is, and said before a byte is written: a mistyped path, or a default name that is a project's package.json, costs nobody a file or a key.
 * A device, a pipe and what is open already (/dev/stdout) take whatever comes.
 */
import { type Stats, closeSync, openSync, readSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type FlagValues, flagRows } from "../../core/spec/flags.ts";
import { SIMULATION_FILE, isLeftOfOne, isSharedKeyFile } from "../../prepare/folder-files.ts";
import { whyUnread } from "../../prepare/read-whole.ts";
import { isOwnStream } from "./open-pipe.ts";
import { ownPath } from "./own-path.ts";
import type { Surroundings } from "../run.ts";

export const WRITTEN: { readonly [K in keyof FlagValues]?: readonly [what: string, isOne: (text: string) => boolean] } = {
  output: ["the state file of a cluster", isStateFile],
  // what a killed run has left is whole lines, and perhaps a part of one
  events: ["a file of events", (text) => text.startsWith('{"schema":1,"at":"')],
  timings: ["a page of timings", (text) => /^<!doctype html>[^]{0,2000}?: where the time went<\/title>/.test(text)],
  requests: ["a list of requests", (text) => /^\{"at":"[^"]*","ms":/.test(text)],
};

/** Where `--output` goes: with no file given, NAME.json in the working directory. */
export const stateFilePath = (outside: Pick<Surroundings, "cwd" | "env">, name: string, output: string): string =>
  ownPath(outside, output === "" ? `${name}.json` : output);

/**
 * @param given of flags that name a file to write, those that this command writes
 * @param where the folder of keys and clusters, and the cluster's name, where the command has one
 * @throws ClusterError FileNotWritten (exit 2)
 */
export function refuseFilesInTheWay(
  outside: Pick<Surroundings, "cwd" | "env">,
  given: Partial<FlagValues>,
  where: { readonly dir: string; readonly name: string },
): void {
  const files = flagRows.flatMap(([key, { name, file }]): GivenFile[] => {
    const value = given[key];
    if (file !== true || key === "dir" || typeof value !== "string") return [];
    const path = key === "output" ? stateFilePath(outside, where.name, value) : ownPath(outside, value);
    return isStream(path) ? [] : [{ key, flag: `--${name}`, path, place: placeOf(path) }];
  });
  for (const one of files.filter(({ key }) => WRITTEN[key] !== undefined)) {
    const other = files.find(({ key, place }) => key !== one.key && place === one.place);
    if (other !== undefined)
      throw inTheWay(`${other.flag} and ${one.flag} name one file, ${one.path}`, "Give each a file of its own.");
    if (isKept(leadsTo(one.path), where))
      throw inTheWay(`${one.flag}: ${one.path} is where a file of this tool's own belongs`, "Give another file.");
    refuseOther(one.key, one.path);
  }
}

/** The same of one, at the moment when it is written: meanwhile somebody else may have put something there. */
export function refuseOther(key: keyof FlagValues, path: string): void {
  const [what, isOne] = WRITTEN[key] ?? ["", () => true];
  if (isStream(path)) return;
  const flag = `--${flagRows.find(([other]) => other === key)?.[1].name}`;
  const text = textIn(path, flag);
  if (text === "" || isOne(text)) return;
  throw inTheWay(
    `${flag}: ${path} is there, and is not ${what}: it is left as it is`,
    "Give another file. If that one is meant to go, move it away or remove it.",
  );
}

// --- internal ---

interface GivenFile {
  readonly key: keyof FlagValues;
  readonly flag: string;
  readonly path: string;
  /** The same for one file, however it is called. */
  readonly place: string;
}

const inTheWay = (message: string, advice: string): ClusterError =>
  new ClusterError("FileNotWritten", message, { exit: EXIT.usage, advice });

/** Also of a folder, which whoever writes calls that. */
const isStream = (path: string): boolean => isOwnStream(path) || lookAt(path)?.isFile() === false;

/** What is not there, and what cannot be looked for, is for whoever writes to say. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function placeOf(path: string): string {
  const there = lookAt(path);
  return there === undefined ? leadsTo(path) : `${there.dev}:${there.ino}`;
}

/** Behind all links, of a file that is yet to be made, too. */
function leadsTo(path: string, links = MOST_LINKS): string {
  const real = attempt(() => realpathSync(path));
  if (real !== undefined) return real;
  const target = attempt(() => readlinkSync(path));
  if (target !== undefined && links > 0) return leadsTo(resolve(dirname(path), target), links - 1);
  return dirname(path) === path ? path : join(leadsTo(dirname(path), links), basename(path));
}

const MOST_LINKS = 40;

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Keys, what a rehearsal has made, and the cluster's folder, whether it is there yet or not. */
function isKept(path: string, { dir, name }: { readonly dir: string; readonly name: string }): boolean {
  const [folder, file] = [dirname(path), basename(path)];
  if (folder === leadsTo(dir)) return isSharedKeyFile(file) || file === SIMULATION_FILE || file === `${SIMULATION_FILE}.lock`;
  return name !== "" && folder === leadsTo(join(dir, name)) && isLeftOfOne(file);
}

/** Its beginning: more is no state file. */
const MOST_BYTES = 16 * 2 ** 20;

function textIn(path: string, flag: string): string {
  const there = lookAt(path);
  if (there === undefined) return "";
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(Math.min(there.size, MOST_BYTES));
      return bytes.subarray(0, readSync(file, bytes)).toString("utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw inTheWay(
      `${flag}: ${path} is there, and cannot be read: it is left as it is`,
      `${whyUnread(error)} Give another file.`,
    );
  }
}

/** As it was written, and as an editor or a hook has formatted it. */
function isStateFile(text: string): boolean {
  const document = attempt(() => JSON.parse(text) as { readonly schema?: unknown } | null);
  return document?.schema === "azure-coreos-cluster/1";
}
