/**
 * Which word of a command line is the command. A first word that is no command is the name of a cluster to create, as with the
 * old script; so a command that was mistyped must be told from a name, before it makes a cluster and a bill.
 */
import { usageError } from "../core/errors.ts";
import { FLAGS, type Flag } from "../core/spec/flags.ts";
import { nearest, slips } from "../core/nearest.ts";
import { COMMANDS, type Command, commandNamed } from "./commands.ts";

/**
 * The words with the command first, and flags by their own names.
 * @param typed what stands before `--`
 * @throws ClusterError Usage where a word seems to be a mistyped command, or a flag is given by two of its names
 */
export function commandFirst(typed: readonly string[]): string[] {
  const words = ownNames(typed);
  if (words.length === 0) return ["--help"];
  if (words[0] === "help" && words[1] !== undefined && !words[1].startsWith("-") && commandNamed(words[1]) === undefined)
    throw noSuchCommand(words[1]);
  if (/^(help|-h|--help|-V|--version)$/.test(words[0] ?? "")) return words;
  const places = positionals(words);
  const [first, second] = places.map((place) => words[place] ?? "");
  // flags may stand before the command
  if (first !== undefined && commandNamed(first) !== undefined)
    return [first, ...words.filter((_, place) => place !== places[0])];
  // the value of an unknown flag looks like a word of its own: the flag is what is wrong then, and the parser says so
  if (first !== undefined && second !== undefined && words.every((word) => isKnown(word))) throw notOneName(words, places);
  const meant = first === undefined ? undefined : mistyped(first);
  if (first !== undefined && meant !== undefined && takesAll(meant, words))
    throw usageError(
      `"${first}" is no command: did you mean "${meant.name}"?`,
      `To make a cluster of that name: azure-coreos-cluster create ${first}`,
    );
  return ["create", ...words];
}

// --- internal ---

const FLAG_BY_NAME = new Map(Object.values(FLAGS as Record<string, Flag<unknown>>).map((flag) => [flag.name, flag]));

/** Other names of the same flag. */
const ALIAS = new Map(
  [...FLAG_BY_NAME.values()].flatMap((flag) => (flag.also ?? []).map((other) => [other, flag.name] as const)),
);

const nameOf = (word: string): string => word.slice(2).split("=")[0] ?? "";

/** Flags by the names of the table. Which of two names would count is nobody's guess: both together are refused. */
function ownNames(typed: readonly string[]): string[] {
  const spelt = new Map<string, string>();
  return typed.map((word) => {
    if (!word.startsWith("--")) return word;
    const name = nameOf(word);
    const own = ALIAS.get(name) ?? name;
    const before = spelt.get(own);
    if (before !== undefined && before !== name)
      throw usageError(`--${before} and --${name} are the same flag`, "Give one of them.");
    spelt.set(own, name);
    return `--${own}${word.slice(2 + name.length)}`;
  });
}

const isKnown = (word: string): boolean =>
  !word.startsWith("--") || FLAG_BY_NAME.has(nameOf(word)) || ["help", "version"].includes(nameOf(word));

/** Where the words are that are neither flags nor values of flags. */
function positionals(words: readonly string[]): number[] {
  const places: number[] = [];
  for (let place = 0; place < words.length; place++) {
    const word = words[place] ?? "";
    if (!word.startsWith("-")) {
      places.push(place);
      continue;
    }
    const flag = word.includes("=") ? undefined : FLAG_BY_NAME.get(nameOf(word));
    const next = words[place + 1] ?? "";
    if (flag?.value !== undefined && (flag.optional === undefined || !next.startsWith("-"))) place += 1;
  }
  return places;
}

/** Several words and no command among them as the first: one of them is mistyped, or stands in the wrong place. */
function notOneName(words: readonly string[], places: readonly number[]): Error {
  const [first = "", second = ""] = places.map((place) => words[place]);
  const command = commandNamed(second);
  const rest = (left: number | undefined): string => words.filter((_, place) => place !== left).join(" ");
  if (command !== undefined)
    return usageError(
      `the command comes first, and "${first}" is none`,
      `azure-coreos-cluster ${command.name} ${rest(places[1])}`,
    );
  const meant = mistyped(first) ?? commandNamed(nearest(first, NAMES, 2) ?? "");
  return meant === undefined
    ? noSuchCommand(first, `, and one name is given to a cluster that is made: what is "${second}"?`)
    : usageError(
        `"${first}" is no command: did you mean "${meant.name}"?`,
        `azure-coreos-cluster ${meant.name} ${rest(places[0])}`,
      );
}

const NAMES = [...COMMANDS.map(({ name }) => name), "help"];

function noSuchCommand(word: string, more = ""): Error {
  const meant = nearest(word, NAMES, 2);
  return usageError(
    `"${word}" is no command${meant === undefined ? more : `: did you mean "${meant}"?`}`,
    "`azure-coreos-cluster --help` lists the commands.",
  );
}

/**
 * The command that a single word was meant to be. Two slips in a long word; in a short one only those that leave its letters
 * as they are (changed places, one doubled, one left out), for "lisa", "planet" and "runner" are good names of clusters.
 */
function mistyped(word: string): Command | undefined {
  return COMMANDS.find(({ name }) => {
    const short = Math.min(word.length, name.length);
    if (short > 5) return slips(word, name) <= 2;
    if (slips(word, name) !== 1) return false;
    if (short === 5) return true;
    if (word.length === name.length) return sorted(word) === sorted(name);
    return word.length > name.length ? name.length > 2 && /(.)\1/.test(word) : short > 2;
  });
}

const sorted = (word: string): string => word.split("").sort().join("");

/** False when a flag is there that this command does not take: then the word is no slip for it. */
const takesAll = (command: Command, words: readonly string[]): boolean =>
  words.every((word) => {
    const flag = word.startsWith("--") ? FLAG_BY_NAME.get(nameOf(word)) : undefined;
    return flag === undefined || flag.on.some((scope) => command.scopes.includes(scope));
  });
