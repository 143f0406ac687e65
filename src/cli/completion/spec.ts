/**
 * What completion scripts are written from: commands, their words by position, and flags. What Azure answered last is read by the
 * shells themselves, from the folder of word-cache.ts: a key press starts no program and asks nothing of Azure.
 */
import type { CachedKind } from "../word-cache.ts";

/** What can be offered as a value: known words, those of the last answers, a file; or nothing though a value has to follow (`value`). */
export interface CompletedValue {
  readonly values?: readonly string[];
  readonly cached?: CachedKind;
  readonly file?: boolean;
}

export interface CompletedFlag extends CompletedValue {
  /** With or without its dashes: `num-nodes` and `--num-nodes` are the same; one letter is a short flag. */
  readonly name: string;
  readonly description: string;
  /** True when it takes a value that nobody can guess, such as a number. The others imply it. */
  readonly value?: boolean;
  /** The value may be left out: of a closed list only one of its words is taken for it, else whatever does not begin with a dash. */
  readonly optional?: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
  /** Its words by position. */
  readonly words?: readonly CompletedValue[];
  /** The last of them may come again and again. */
  readonly more?: boolean;
}

/** For a shell's function: its name, the program's, and what there is. */
export type Writer = (program: string, name: string, commands: readonly CompletedCommand[]) => string[];

/**
 * What is due, as one text of words for the shells: "" nothing, "?value" nobody knows what, "?file", "?clusters ..." those of the last
 * answers beside the known ones, or the known ones alone.
 */
export function due({ values = [], cached, file, value }: CompletedValue & { readonly value?: boolean }): string {
  if (cached !== undefined) return [`?${cached}`, ...(file === true ? ["?file"] : []), ...values].join(" ");
  if (values.length > 0) return values.join(" ");
  return file === true ? "?file" : value === true ? "?value" : "";
}

/** Branches of a shell's `case`: "COMMAND FLAG" or "COMMAND @POSITION", and what is due there; those with the same in one. */
export function dueAt(commands: readonly CompletedCommand[]): [kind: string, places: string[]][] {
  const all = commands.flatMap(({ name, flags, words = [], more }) => [
    ...flags.map((flag) => [due(flag), `'${name} ${dashed(flag)}'`] as const),
    ...words.map((word, at) => [due(word), `'${name} @'${more === true && at === words.length - 1 ? "*" : at}`] as const),
  ]);
  return byKey(all.filter(([kind]) => kind !== ""));
}

export function byKey(pairs: readonly (readonly [string, string])[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const [key, item] of pairs) groups.set(key, [...(groups.get(key) ?? []), item]);
  return [...groups];
}

/**
 * Flags after which a value comes, of all commands together, by what is taken for it: "1" whatever comes, "^" what does not begin with a
 * dash, else one of these words.
 */
export function valued(commands: readonly CompletedCommand[]): [taken: string, flags: string[]][] {
  const flags = commands.flatMap((command) => command.flags.filter((flag) => due(flag) !== ""));
  return byKey([...new Map(flags.map((flag) => [dashed(flag), takenBy(flag)]))].map(([name, taken]) => [taken, name]));
}

export const takenBy = ({ optional, values }: CompletedFlag): string => (optional === true ? (values?.join(" ") ?? "^") : "1");

export function dashed({ name }: { name: string }): string {
  const bare = name.replace(/^-+/, "");
  return bare.length === 1 ? `-${bare}` : `--${bare}`;
}

export const unbroken = (text: string): string => text.replace(/\s+/g, " ").trim();
