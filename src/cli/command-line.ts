/**
 * Which word of a command line is the command. A first word that is no command is the name of a cluster to create, as with the
 * old script; so a command that was mistyped must be told from a name, before it makes a cluster and a bill.
 */
import { usageError } from "../core/errors.ts";
import { nearest, slips } from "../core/nearest.ts";
import { COMMANDS, type Command, commandNamed } from "./commands.ts";
import { LONG_WORDS, canBeName, commandMeantBy, isForeignWord, ofThatName, refuseForeignWord } from "./foreign-words.ts";
import { flagNamed, positionals, spelt } from "./full-names.ts";
import { ACTIONS } from "./platform-actions.ts";
import { isNoun, lineTaken, meantHere, usageOf, withNoun } from "./sentence.ts";
import { completed, howItIsUsed, whyNotTaken } from "./taken.ts";

/**
 * The words with the command first.
 * @param words what stands before `--`, flags by their full names
 * @param rest what stands after it
 * @throws ClusterError Usage where a word is another tool's command, or seems to be a mistyped one of this tool's
 */
export function commandFirst(words: readonly string[], rest: readonly string[] = []): readonly string[] {
  if (words.length === 0 && rest.length > 0) throw nameBehindDashes(words, rest);
  if (words.length === 0) return ["--help"];
  const helped = words[0] === "help" && words[1] !== undefined && !words[1].startsWith("-") ? words[1] : undefined;
  if (helped !== undefined && commandNamed(helped) === undefined)
    throw isForeignWord(helped) ? refuseForeignWord([helped, "NAME"], 0, []) : noSuchCommand(helped);
  if (/^(help|-h|--help|-V|--version)$/.test(words[0] ?? "")) return words;
  const places = positionals(words);
  const [first, second] = places.map((place) => words[place] ?? "");
  // flags may stand before the command
  const command = commandNamed(first ?? "");
  if (command !== undefined) {
    if (isNoun(second ?? "") && takesLess(command, places.length - 1))
      throw usageError(`"${second}" is a word too many at ${command.name}`, inOrder(command, words, places, rest));
    return [command.name, ...words.filter((_, place) => place !== places[0])];
  }
  if (first === "help") return commandFirst(["help", ...places.slice(1).map((place) => words[place] ?? "")]);
  // a cluster's name is made small, and is not to be a command then
  if (first !== undefined && isInCapitals(first)) throw refuseCapitals(first, words, places[0]);
  if (first !== undefined && isForeignWord(first)) throw refuseForeignWord(words, places[0] ?? 0, rest);
  // the value of an unknown flag looks like a word of its own: the flag is what is wrong then, and the parser says so
  if (first !== undefined && second !== undefined && words.every((word) => isKnown(word)))
    throw isForeignWord(second) ? refuseForeignWord(words, places[1] ?? 0, rest) : notOneName(words, places, rest);
  if (first !== undefined && looksMistyped(first)) throw refuseMistyped(first, words);
  return ["create", ...words];
}

/** A script that is careful about names that begin with a hyphen writes them behind `--`: here a command line stands there. */
export function nameBehindDashes(words: readonly string[], rest: readonly string[]): Error {
  const places = positionals(words);
  const [first = "", ...named] = places.map((place) => words[place] ?? "");
  const command = commandNamed(first);
  const flags = words.filter((_, place) => !places.includes(place));
  const line =
    command?.rest === undefined
      ? [...(first === "" ? [] : [first]), ...named, ...rest, ...flags]
      : [command.name, "NAME", ...flags, "--", ...rest];
  return usageError("a name stands before --", copied(line, command));
}

// --- internal ---

const isKnown = (word: string): boolean =>
  !word.startsWith("--") || flagNamed(spelt(word)) !== undefined || ["help", "version"].includes(spelt(word));

/** Several words and no command among them as the first: one of them is mistyped, or stands in the wrong place. */
function notOneName(words: readonly string[], places: readonly number[], rest: readonly string[]): Error {
  const [first = "", second = ""] = places.map((place) => words[place]);
  const command = commandNamed(second.toLowerCase());
  if (command !== undefined)
    return usageError(`the command comes first, and "${first}" is none`, inOrder(command, words, places, rest));
  const meant = guessed(first);
  return meant === undefined || meant.deletes
    ? noSuchCommand(first, `, and one name is given to a cluster that is made: what is "${second}"?`)
    : usageError(
        `"${first}" is no command: ${meant.says}`,
        copied([meant.name, ...without(words, places[0])], commandNamed(meant.name)),
      );
}

/** What is meant by words of which one is the command, and another may be no name but the thing itself. */
function inOrder(command: Command, words: readonly string[], places: readonly number[], rest: readonly string[]): string {
  const said = places.map((place) => words[place] ?? "");
  const named = said.filter((_, nth) => nth !== said.findIndex((word) => commandNamed(word.toLowerCase()) === command));
  const [noun = ""] = named;
  const action = command.name === "platform" ? ACTIONS.find((one) => named.includes(one)) : undefined;
  const lines = action === undefined ? withNoun(noun, [usageOf(command)]) : [`platform ${action} NAME`];
  const others = named.filter((word, nth) => word !== action && !(nth === 0 && isNoun(word)));
  return meantHere(lines, { others, flags: words.filter((_, place) => !places.includes(place)), rest, allFlags: true });
}

const takesLess = ({ takes }: Command, count: number): boolean =>
  !takes.includes("...") && takes.split(" ").filter((one) => one !== "").length < count;

function noSuchCommand(word: string, more = ""): Error {
  return usageError(`"${word}" is no command${didYouMean(word) ?? more}`, "`azure-coreos-cluster --help` lists the commands.");
}

function refuseMistyped(word: string, words: readonly string[]): Error {
  const flags = words.filter((one) => one !== word);
  return usageError(
    `"${word}" is no command${didYouMean(word) ?? ""}`,
    ["`azure-coreos-cluster --help` lists the commands.", ...(canBeName(word) ? ofThatName(word, flags) : [])].join("\n"),
  );
}

const NAMES = [...COMMANDS.map(({ name }) => name), "help"];

const isInCapitals = (word: string): boolean => !NAMES.includes(word) && NAMES.includes(word.toLowerCase());

/** No guess: it is the command, deleting or not. */
function refuseCapitals(word: string, words: readonly string[], place: number | undefined): Error {
  const name = word.toLowerCase();
  return usageError(
    `"${word}" is no command: did you mean "${name}"?`,
    copied([name, ...without(words, place)], commandNamed(name)),
  );
}

const without = (words: readonly string[], left: number | undefined): string[] => words.filter((_, place) => place !== left);

/** The line to be copied; of one that would be refused why, and how its command is used. */
const copied = (line: readonly string[], command: Command | undefined): string =>
  lineTaken(line)[0] ?? `And then: ${whyNotTaken(completed(line))?.message}. ${howItIsUsed(command?.name)}`;

const didYouMean = (word: string): string | undefined => {
  const meant = guessed(word);
  return meant === undefined ? undefined : `: ${meant.says}`;
};

interface Guess {
  /** The command. */
  readonly name: string;
  /** The question. */
  readonly says: string;
  /** It is named and no more: a whole line is there to be copied. */
  readonly deletes: boolean;
}

/** What a word was meant to be. */
function guessed(typed: string): Guess | undefined {
  const word = typed.toLowerCase();
  const own = NAMES.find((name) => isSlipOf(word, name));
  const other = own === undefined ? LONG_WORDS().find((one) => keepsLetters(word, one)) : undefined;
  const meant = other === undefined ? undefined : commandMeantBy(other);
  if (meant !== undefined)
    return { name: meant.name, says: `did you mean "${other}", which is ${meant.name} here?`, deletes: meant.deletes === true };
  const name = own ?? other ?? nearest(word, NAMES, word.length < 5 ? 1 : 2);
  if (name === undefined) return undefined;
  return { name, says: `did you mean "${name}"?`, deletes: other !== undefined || commandNamed(name)?.deletes === true };
}

/** Whether a single word is rather a slip of the hand than a cluster's name. */
const looksMistyped = (word: string): boolean =>
  NAMES.some((name) => isSlipOf(word.toLowerCase(), name)) || LONG_WORDS().some((one) => keepsLetters(word.toLowerCase(), one));

/** A slip, and an s at its end beside it: "plans" and "palns" are no more a name than "plna". */
const isSlipOf = (word: string, name: string): boolean =>
  word !== name && (isNear(word, name) || (word.endsWith("s") && isNear(word.slice(0, -1), name)));

/**
 * One slip in a word of five letters and more, two in the longest, and where no letter is another one. In a short one only those that
 * leave its letters as they are, for "lisa", "planet", "plant" and "runner" are good names of clusters.
 */
function isNear(word: string, name: string): boolean {
  if (word === name) return true;
  const short = Math.min(word.length, name.length);
  if (short < 5) return keepsLetters(word, name);
  return slips(word, name) <= (short >= 8 || sorted(word) === sorted(name) ? 2 : 1);
}

/** Changed places, a letter doubled or left out; no plural that lost its end. */
function keepsLetters(word: string, name: string): boolean {
  if (slips(word, name) !== 1 || `${word}s` === name) return false;
  if (word.length === name.length) return sorted(word) === sorted(name);
  return word.length > name.length ? /(.)\1/.test(word) : word.length > 2;
}

const sorted = (word: string): string => word.split("").sort().join("");
