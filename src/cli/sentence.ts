/**
 * What somebody typed, said as a line of this tool: its words in the places that a command has for them. A word that finds no place is
 * named, and no line is given then: one that leaves out half of what was asked for must not be there to be copied, nor one that is refused.
 */
import { shellWord } from "../core/quoting.ts";
import { type Command, commandNamed } from "./commands.ts";
import { flagNamed, spelt } from "./full-names.ts";
import { ALL_OF_THEM, completed, whyNotTaken } from "./taken.ts";

export interface Typed {
  /** Neither command nor flag: a name, nodes, numbers. */
  readonly others: readonly string[];
  readonly flags: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
  /** Flags that the command has not are kept, too. */
  readonly allFlags?: boolean;
  /** All lines count that have a place for everything, for a word that means two things. */
  readonly several?: boolean;
}

/**
 * The advice that gives such a line.
 * @param lines what a word may mean, the first that has a place for all counts: NAME, N, `<node...>`, `[node]`, `-- CMD`; after a dollar sign another program's
 */
export function meantHere(lines: readonly string[], typed: Typed): string {
  const sentences = lines.map((line) => ({ line, ...sentence(line, typed) }));
  const whole = [...new Set(sentences.filter(({ left, why }) => left.length === 0 && why === undefined).map(({ text }) => text))];
  if (whole.length > 0) return `What is meant here: ${(typed.several === true ? whole : whole.slice(0, 1)).join("; or ")}`;
  const [first] = sentences;
  if (first === undefined) return "`azure-coreos-cluster --help` lists the commands.";
  return `Not understood: ${first.left.map(shellWord).join(" ") || first.why}. What there is here: azure-coreos-cluster ${shape(first.line)}`;
}

/** A command of this tool as such a line. */
export const usageOf = ({ name, takes, rest }: Command): string => [name, takes, rest].filter((part) => part).join(" ");

/** What a word stands for that is no name but the thing itself: "cluster create abc", "delete node abc 1". */
export const isNoun = (word: string): boolean => NODE.test(word) || /^clusters?$/i.test(word);

/** What is meant where it is done with such a thing. */
export function withNoun(noun: string, lines: readonly string[]): string[] {
  return NODE.test(noun) ? lines.map((line) => OF_NODES[line.split(" ")[0] ?? ""] ?? line) : [...lines];
}

/** Those that the command has, with their values; of a command that is none of ours none. */
export function flagsTakenBy(command: Command | undefined, flags: readonly string[]): string[] {
  let taken = false;
  return flags.filter((word) => {
    // what begins no flag is the value of the one before
    if (word.startsWith("-")) taken = flagNamed(spelt(word))?.on.some((scope) => command?.scopes.includes(scope)) === true;
    return taken;
  });
}

/** A line to be copied; none where it would be refused. */
export const lineTaken = (words: readonly string[]): string[] =>
  whyNotTaken(completed(words)) === undefined ? [["azure-coreos-cluster", ...completed(words).map(shellWord)].join(" ")] : [];

// --- internal ---

const NODE = /^(node|vm|machine|instance)s?$/i;

/** Of how many there are to be nothing is guessed: whether "add 2" means two more, or two. */
const OF_NODES: Readonly<Record<string, string>> = {
  create: `create NAME --num-nodes ${ALL_OF_THEM}`,
  destroy: "remove NAME <node...>",
  list: "status NAME",
};

/** @returns the line, the words that have no place in it, and why it would be refused */
function sentence(
  line: string,
  { others, flags, rest, allFlags = false }: Typed,
): { text: string; left: string[]; why?: string | undefined } {
  if (line.startsWith("$ "))
    return { text: `\`${line.slice(2).replaceAll("NAME", () => shellWord(others[0] ?? "NAME"))}\``, left: [] };
  if (line.startsWith("-")) return { text: `azure-coreos-cluster ${line}`, left: [] };
  const [, head = "", optional, tail] = /^(.*?)(?: (\[)?-- ([^\]]*)\]?)?$/.exec(line) ?? [];
  const queue = [...others];
  const words = placed(head, queue, flags);
  const command = commandNamed(head.split(" ")[0] ?? "");
  const own = allFlags ? flags : flagsTakenBy(command, flags);
  const said = tail === undefined ? [] : [...queue.splice(0), ...rest].map(shellWord);
  const end =
    tail === undefined || (optional !== undefined && said.length === 0)
      ? []
      : ["--", tail.replace("CMD", () => said.join(" ") || "CMD")];
  const left = [...queue, ...(tail === undefined && rest.length > 0 ? ["--", ...rest] : [])];
  return {
    text: ["azure-coreos-cluster", ...[...words, ...own].map(shellWord), ...end].join(" "),
    left,
    why: whyNotTaken([...words, ...own, ...end])?.message,
  };
}

/** The words of a line before `--`; what they take leaves the queue. */
function placed(head: string, queue: string[], flags: readonly string[]): string[] {
  const numbered = flags.some((flag) => /^--num-nodes(=|$)/.test(flag));
  return head
    .replace(numbered ? / --num-nodes \w+/ : "", "")
    .split(" ")
    .flatMap((token) => {
      const [, kind, name = "", many] = /^([<[])(\w+)(\.\.\.)?[>\]]$/.exec(token === "NAME" ? "<name>" : token) ?? [];
      if (token === "N") return queue.splice(queue.findIndex((one) => /^\d+$/.test(one)) >>> 0, 1)[0] ?? "N";
      if (kind === undefined) return token;
      const taken = queue.splice(0, many === undefined ? 1 : queue.length);
      return taken.length === 0 && kind === "<" ? [name.toUpperCase()] : taken;
    });
}

const shape = (line: string): string =>
  line.replaceAll(/[<[]\w+\.*[>\]]/g, (token) => token.toUpperCase().replaceAll(/[<>]/g, ""));
