/**
 * Which word of a command line is the command. A first word that is no command is the name of a cluster to create, as with the
 * old script; so a command that was mistyped must be told from a name, before it makes a cluster and a bill.
 */
import { usageError } from "../core/errors.ts";
import { nearest, slips } from "../core/nearest.ts";
import { shellWord } from "../core/quoting.ts";
import { COMMANDS, commandNamed } from "./commands.ts";
import { LONG_WORDS, isForeignWord, ofThatName, refuseForeignWord } from "./foreign-words.ts";
import { flagNamed, positionals, spelt } from "./full-names.ts";

/**
 * The words with the command first.
 * @param words what stands before `--`, flags by their full names
 * @param rest what stands after it
 * @throws ClusterError Usage where a word is another tool's command, or seems to be a mistyped one of this tool's
 */
export function commandFirst(words: readonly string[], rest: readonly string[] = []): readonly string[] {
  if (words.length === 0) return ["--help"];
  const helped = words[0] === "help" && words[1] !== undefined && !words[1].startsWith("-") ? words[1] : undefined;
  if (helped !== undefined && commandNamed(helped) === undefined)
    throw isForeignWord(helped) ? refuseForeignWord([helped, "NAME"], 0, []) : noSuchCommand(helped);
  if (/^(help|-h|--help|-V|--version)$/.test(words[0] ?? "")) return words;
  const places = positionals(words);
  const [first, second] = places.map((place) => words[place] ?? "");
  // flags may stand before the command
  if (first !== undefined && commandNamed(first) !== undefined)
    return [first, ...words.filter((_, place) => place !== places[0])];
  if (first !== undefined && isForeignWord(first)) throw refuseForeignWord(words, places[0] ?? 0, rest);
  // the value of an unknown flag looks like a word of its own: the flag is what is wrong then, and the parser says so
  if (first !== undefined && second !== undefined && words.every((word) => isKnown(word)))
    throw isForeignWord(second) ? refuseForeignWord(words, places[1] ?? 0, rest) : notOneName(words, places);
  if (first !== undefined && looksMistyped(first)) throw refuseMistyped(first, words);
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
  const meant = guessed(first);
  return meant === undefined
    ? noSuchCommand(first, `, and one name is given to a cluster that is made: what is "${second}"?`)
    : usageError(`"${first}" is no command: did you mean "${meant}"?`, `azure-coreos-cluster ${meant} ${rest(places[0])}`);
}

function noSuchCommand(word: string, more = ""): Error {
  const meant = guessed(word);
  return usageError(
    `"${word}" is no command${meant === undefined ? more : `: did you mean "${meant}"?`}`,
    "`azure-coreos-cluster --help` lists the commands.",
  );
}

function refuseMistyped(word: string, words: readonly string[]): Error {
  const meant = COMMANDS.find(({ name }) => isSlipOf(word, name));
  const flags = words.filter((one) => one !== word).map(shellWord);
  return usageError(
    `"${word}" is no command${meant === undefined || meant.deletes === true ? ", and looks like a slip of one" : `: did you mean "${meant.name}"?`}`,
    ["`azure-coreos-cluster --help` lists the commands.", ofThatName(word, flags)].join("\n"),
  );
}

const NAMES = [...COMMANDS.map(({ name }) => name), "help"];

/** The nearest command. Where that is one that deletes nothing is guessed: a guess is there to be copied. */
function guessed(word: string): string | undefined {
  const name = COMMANDS.find((one) => isSlipOf(word, one.name))?.name ?? nearest(word, NAMES, 2);
  return name === undefined || commandNamed(name)?.deletes === true ? undefined : name;
}

/** Whether a single word is rather a slip of the hand than a cluster's name. */
const looksMistyped = (word: string): boolean =>
  COMMANDS.some(({ name }) => isSlipOf(word, name)) || LONG_WORDS().some((one) => keepsLetters(word, one));

/**
 * One slip in a word of five letters and more, two in the longest. In a short one only those that leave its letters as they are,
 * for "lisa", "planet", "plant" and "runner" are good names of clusters.
 */
function isSlipOf(word: string, name: string): boolean {
  if (word === name) return false;
  const short = Math.min(word.length, name.length);
  return short >= 5 ? slips(word, name) <= (short >= 8 ? 2 : 1) : keepsLetters(word, name);
}

/** Changed places, a letter doubled or left out; no plural that lost its end. */
function keepsLetters(word: string, name: string): boolean {
  if (slips(word, name) !== 1 || `${word}s` === name) return false;
  if (word.length === name.length) return sorted(word) === sorted(name);
  return word.length > name.length ? /(.)\1/.test(word) : word.length > 2;
}

const sorted = (word: string): string => word.split("").sort().join("");
