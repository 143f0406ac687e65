/**
 * Which word of a command line is the command. A first word that is no command is the name of a cluster to create, as with the
 * old script; so a command that was mistyped must be told from a name, before it makes a cluster and a bill.
 */
import { usageError } from "../core/errors.ts";
import { nearest, slips } from "../core/nearest.ts";
import { COMMANDS, type Command, commandNamed } from "./commands.ts";
import { flagNamed, positionals, spelt } from "./full-names.ts";

/**
 * The words with the command first.
 * @param words what stands before `--`, flags by their full names
 * @throws ClusterError Usage where a word seems to be a mistyped command
 */
export function commandFirst(words: readonly string[]): readonly string[] {
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

const isKnown = (word: string): boolean =>
  !word.startsWith("--") || flagNamed(spelt(word)) !== undefined || ["help", "version"].includes(spelt(word));

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
    const flag = word.startsWith("--") ? flagNamed(spelt(word)) : undefined;
    return flag === undefined || flag.on.some((scope) => command.scopes.includes(scope));
  });
