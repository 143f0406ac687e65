/**
 * The words of a command line with each flag by its full name, once. Other names of a flag are its own name here, and what begins
 * one flag of the command only is taken for it, as Python took it for the old script: scripts have `--num 3`. Which of two
 * values would count is nobody's guess, so a flag that takes one value and is given twice is refused, whatever it is. A switch is on, or is
 * `=false`.
 */
import { usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { flagRows } from "../core/spec/flags.ts";
import { NO, YES, speed } from "../core/spec/parse.ts";
import { commandNamed } from "./commands.ts";

export interface FullNames {
  readonly words: readonly string[];
  /** What was typed short, and what it was taken for. */
  readonly short: readonly { readonly typed: string; readonly name: string }[];
}

/**
 * @param typed the whole command line; what stands after `--` is another program's
 * @throws ClusterError Usage for what begins several flags, a flag that is given twice, and a flag in the place of a value
 */
export function fullNames(typed: readonly string[]): FullNames {
  const end = typed.includes("--") ? typed.indexOf("--") : typed.length;
  const own = typed.slice(0, end).flatMap(withSpeed);
  const scopes = (commandNamed(own[positionals(own)[0] ?? -1] ?? "") ?? commandNamed("create"))?.scopes ?? [];
  const short: { typed: string; name: string }[] = [];
  const seen = new Map<string, string>();
  const words: string[] = [];
  for (let place = 0; place < own.length; place++) {
    const word = own[place] ?? "";
    const flag = word.startsWith("--") ? meant(word, scopes) : undefined;
    if (flag === undefined) {
      words.push(word);
      continue;
    }
    const name = spelt(word);
    refuseTwice(flag, name, seen);
    if (![flag.name, ...(flag.also ?? [])].includes(name)) short.push({ typed: `--${name}`, name: `--${flag.name}` });
    const full = flag.value === undefined ? switched(flag, word, words) : `--${flag.name}${word.slice(2 + name.length)}`;
    if (flag.value === undefined && words.includes(full)) continue;
    words.push(full);
    const next = own[place + 1];
    if (!word.includes("=") && flag.optional !== undefined && flag.values !== undefined && !takesNext(flag, next ?? "-"))
      words[words.length - 1] += `=${flag.optional}`;
    if (next === undefined || word.includes("=") || !takesNext(flag, next)) continue;
    if (next.startsWith("--") && meant(next, scopes) !== undefined)
      throw usageError(`--${flag.name} needs a value, and ${next} is a flag`, `If it is the value: --${flag.name}=${next}`);
    words.push(next);
    place += 1;
  }
  return { words: [...words, ...typed.slice(end)], short };
}

/** The flag of that name; of another of its names too. */
export const flagNamed = (name: string): Flag<unknown> | undefined => BY_NAME.get(name);

/** "--ssh=22001" is spelt "ssh". */
export const spelt = (word: string): string => word.slice(2).split("=")[0] ?? "";

/** Where the words are that are neither flags nor values of flags. */
export function positionals(words: readonly string[]): number[] {
  const places: number[] = [];
  for (let place = 0; place < words.length; place++) {
    const word = words[place] ?? "";
    if (!word.startsWith("-")) places.push(place);
    else if (word.startsWith("--") && !word.includes("=")) {
      // which command it is of is not known yet: a value follows where one of those that it may be takes one
      const flags = candidates(spelt(word), ALL);
      if (flags.some((flag) => takesNext(flag, words[place + 1] ?? ""))) place += 1;
    }
  }
  return places;
}

// --- internal ---

/**
 * "--http=true" is --http; "--http=false" turns off what the cluster keeps, or the environment or a file says. A word of its own is never
 * its value: "--simulate mycluster" is a rehearsal of mycluster.
 * @throws ClusterError Usage for neither, and for both
 */
function switched(flag: Flag<unknown>, word: string, before: readonly string[]): string {
  const yes = `--${flag.name}`;
  const no = `${yes}=false`;
  const [, text] = /^[^=]+=([^]*)$/.exec(word) ?? [];
  if (text !== undefined && !YES.test(text) && !NO.test(text))
    throw usageError(`--${flag.name}: "${text}" is neither true nor false`, `Write ${yes} for yes, ${no} for no.`);
  const [own, other] = text !== undefined && NO.test(text) ? [no, yes] : [yes, no];
  if (before.includes(other)) throw usageError(`${yes} and ${no} contradict each other`, "Give one of them.");
  return own;
}

function withSpeed(word: string): string[] {
  const [, text] = /^--simulate=([^]*)$/.exec(word) ?? [];
  if (text === undefined || /^(true|yes|on|false|no|off)$/i.test(text)) return [word];
  try {
    speed(text);
  } catch {
    throw usageError(
      `--simulate: "${text}" is no speed, and neither true nor false`,
      "Write --simulate, --simulate=10x for ten times as fast as Azure, or --simulate=false.",
    );
  }
  return ["--simulate", `--simulate-speed=${text}`];
}

const ALL = flagRows.map(([, flag]) => flag);
const BY_NAME = new Map(ALL.flatMap((flag) => [flag.name, ...(flag.also ?? [])].map((name) => [name, flag] as const)));

/** Words that commander knows of itself; they begin no flag of ours. */
const COMMANDERS = ["help", "version"];

/** Where a value may be left out, of a closed list only one of its words is taken for it: `--spot mycluster` names a cluster. */
const takesNext = (flag: Flag<unknown>, next: string): boolean =>
  flag.value !== undefined &&
  (flag.optional === undefined || (flag.values === undefined ? !next.startsWith("-") : flag.values.includes(next.toLowerCase())));

function candidates(name: string, flags: readonly Flag<unknown>[]): Flag<unknown>[] {
  const exact = BY_NAME.get(name);
  if (exact !== undefined) return [exact];
  if (name === "" || COMMANDERS.some((word) => word.startsWith(name))) return [];
  return flags.filter((flag) => [flag.name, ...(flag.also ?? [])].some((one) => one.startsWith(name)));
}

/** The flag that a word names or begins; undefined for what the parser is to refuse. */
function meant(word: string, scopes: readonly string[]): Flag<unknown> | undefined {
  const taken = ALL.filter((flag) => flag.on.some((scope) => scopes.includes(scope)));
  const found = candidates(spelt(word), taken);
  if (found.length > 1)
    throw usageError(
      `--${spelt(word)} begins several flags: ${found.map(({ name }) => `--${name}`).join(", ")}`,
      "Write one of them in full.",
    );
  return found[0];
}

function refuseTwice(flag: Flag<unknown>, name: string, seen: Map<string, string>): void {
  const before = seen.get(flag.name);
  seen.set(flag.name, name);
  if (before === undefined || flag.many === true) return;
  if (before !== name && [before, name].every((one) => BY_NAME.has(one)))
    throw usageError(`--${before} and --${name} are the same flag`, "Give one of them.");
  if (flag.value !== undefined) throw usageError(`--${flag.name} is given twice, and takes one value`, "Give it once.");
}
