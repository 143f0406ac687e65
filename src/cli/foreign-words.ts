/**
 * THE TABLE OF OTHER TOOLS' WORDS: what a word that is no command here is meant for. As a first word without `create` none of them
 * names a cluster, for nobody who types `delete` wants to pay for a cluster of that name. A word that becomes a command is one: the
 * commands table is asked first.
 */
import { usageError } from "../core/errors.ts";
import { type Command, commandNamed } from "./commands.ts";
import { flagNamed, positionals, spelt } from "./full-names.ts";
import { flagsTakenBy, isNoun, lineTaken, meantHere, withNoun } from "./sentence.ts";

export const isForeignWord = (word: string): boolean => commandNamed(word) === undefined && BY_WORD.has(word.toLowerCase());

/** The command that such a word is meant for, where it is one of ours. */
export const commandMeantBy = (word: string): Command | undefined =>
  isForeignWord(word) ? commandNamed(meantBy(word)[0]?.split(" ")[0] ?? "") : undefined;

export const ALL_WORDS = (): string[] => [...BY_WORD.keys()];

/** The words that a single one may be a slip of: long ones, of which a slip is no word that anybody names a cluster. */
export const LONG_WORDS = (): string[] => ALL_WORDS().filter((word) => word.length > 5);

/**
 * The refusal that says what to type.
 * @param words of the command line, without what stands after `--`
 * @param place where among them the word stands
 * @param rest what stands after `--`
 */
export function refuseForeignWord(words: readonly string[], place: number, rest: readonly string[]): Error {
  const word = words[place] ?? "";
  const places = positionals(words);
  // what follows a flag that is none of ours is that one's value, and goes with it
  const isOwn = (before = ""): boolean =>
    !before.startsWith("-") || before.includes("=") || flagNamed(spelt(before)) !== undefined;
  const named = places
    .filter((one) => one !== place && words[one] !== "NAME" && isOwn(words[one - 1]))
    .map((one) => words[one] ?? "");
  const flags = words.filter((_, one) => !places.includes(one));
  const { lines, others } = understood(word, named);
  return usageError(
    `"${word}" is no command of this tool, and no cluster is made of it`,
    [
      meantHere(lines, { others, flags, rest, several: SEVERAL.has(word.toLowerCase()) }),
      ...(places.length === 1 && canBeName(word) ? ofThatName(word, flagsTakenBy(commandNamed("create"), flags)) : []),
    ].join("\n"),
  );
}

/** As far as its letters go. */
export const canBeName = (word: string): boolean => /^[a-z][a-z-]+[a-z]$/i.test(word);

/** How a cluster gets a name that looks like a command; nothing where that would be refused. */
export const ofThatName = (name: string, flags: readonly string[]): string[] =>
  lineTaken(["create", name, ...flags]).map((line) => `To make a cluster of that name: ${line}`);

// --- internal ---

/** Lines as meantHere takes them; none where nothing here is meant. */
const ROWS: readonly (readonly [words: string, ...meant: string[]])[] = [
  ["uninstall", "destroy NAME", "platform uninstall NAME"],
  ["delete del rm down teardown terminate clean cleanup kill purge nuke undeploy wipe", "destroy NAME"],
  ["prune", "gc"],
  ["up apply deploy add new make build init launch provision converge", "create NAME"],
  ["install", "create NAME", "platform install NAME"],
  ["resume continue finish repair", "create NAME"],
  ["update modify", "create NAME"],
  ["upgrade", "create NAME", "platform upgrade NAME"],
  ["scale resize", "create NAME --num-nodes N"],
  // nothing is deleted for words that delete nothing elsewhere
  ["drain cordon"],
  ["ls ps", "list", "status NAME"],
  ["get", "list", "status NAME"],
  ["show describe info inspect events doctor top health", "status NAME"],
  ["watch wait", "status NAME --watch"],
  ["validate test diff preview check verify dry-run what-if", "plan NAME"],
  ["template generate", "export NAME"],
  ["exec cmd", "run NAME -- CMD"],
  ["connect attach console shell", "ssh NAME [node] [-- CMD]"],
  ["login signin", "$ az login", "ssh NAME [node] [-- CMD]"],
  ["logout signout", "$ az logout"],
  ["whoami", "$ az account show"],
  ["port-forward proxy tunnel", "$ ssh -F NAME/ssh_config -N -L 8080:localhost:8080 NAME-coreos-0"],
  ["scp cp rsync", "$ scp -F NAME/ssh_config FILE NAME-coreos-0:"],
  ["log", "logs NAME [node]"],
  ["journal journalctl", "logs NAME [node] --unit etcd-member"],
  ["restart", "reboot NAME [node...]"],
  ["recreate rebuild reimage", "replace NAME <node...>"],
  ["halt poweroff shutdown pause suspend deallocate", "stop NAME"],
  ["poweron", "start NAME"],
  ["config configure", "create NAME --config FILE.yaml"],
  ["kubectl", "kubeconfig NAME [-- kubectl CMD]"],
  ["kube-config", "kubeconfig NAME"],
  ["simulate rehearse", "create NAME --simulate"],
  ["version", "--version"],
  ["usage", "--help"],
];

const BY_WORD = new Map(ROWS.flatMap(([words, ...meant]) => words.split(" ").map((word) => [word, meant] as const)));

/** Lines of which the command is there; what stands for one that is to come counts only until then. */
function meantBy(word: string): readonly string[] {
  const lines = BY_WORD.get(word.toLowerCase()) ?? [];
  return lines.filter((line) => /^[$-]/.test(line) || commandNamed(line.split(" ")[0] ?? "") !== undefined);
}

/** Words that mean two things. */
const SEVERAL = new Set(["get", "login", "signin", "install", "uninstall", "upgrade"]);

/** What the word may mean beside these, and those of them that are no name of the thing itself. */
function understood(word: string, named: readonly string[]): { lines: readonly string[]; others: readonly string[] } {
  const [noun = "", ...others] = named;
  const lines = meantBy(word);
  if (noun === "platform") return { lines: lines.filter((line) => line.startsWith("platform ")), others };
  if (isNoun(noun)) return { lines: withNoun(noun, lines), others };
  // kubectl's own words are no name of a cluster
  const isVerb = commandNamed(noun) !== undefined || isForeignWord(noun);
  return { lines, others: word.toLowerCase() === "kubectl" && isVerb ? ["NAME", ...named] : named };
}
