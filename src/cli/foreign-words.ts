/**
 * THE TABLE OF OTHER TOOLS' WORDS: what a word that is no command here is meant for. As a first word without `create` none of them
 * names a cluster, for nobody who types `delete` wants to pay for a cluster of that name. A word that becomes a command is one: the
 * commands table is asked first.
 */
import { usageError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import { type Command, commandNamed } from "./commands.ts";
import { flagNamed, positionals, spelt } from "./full-names.ts";

export const isForeignWord = (word: string): boolean => commandNamed(word) === undefined && BY_WORD.has(word.toLowerCase());

/** The command that such a word is meant for, where it is one of ours. */
export const commandMeantBy = (word: string): Command | undefined =>
  isForeignWord(word) ? commandNamed(meantBy(word)[0]?.split(" ")[0] ?? "") : undefined;

/** The words that a single one may be a slip of: long ones, of which a slip is no word that anybody names a cluster. */
export const LONG_WORDS = (): string[] => [...BY_WORD.keys()].filter((word) => word.length > 5);

/**
 * The refusal that says what to type.
 * @param words of the command line, without what stands after `--`
 * @param place where among them the word stands
 * @param rest what stands after `--`
 */
export function refuseForeignWord(words: readonly string[], place: number, rest: readonly string[]): Error {
  const word = words[place] ?? "";
  const places = positionals(words);
  const others = places.filter((one) => one !== place).map((one) => words[one] ?? "");
  const flags = words.filter((_, one) => !places.includes(one));
  const lines = meantBy(word).map((line) => filled(line, others, flags, rest));
  return usageError(
    `"${word}" is no command of this tool, and no cluster is made of it`,
    [
      lines.length === 0 ? "`azure-coreos-cluster --help` lists the commands." : `What is meant here: ${lines.join("; or ")}`,
      ...(others.length === 0 && /^[a-z][a-z-]+[a-z]$/.test(word)
        ? [ofThatName(word, takenBy(commandNamed("create"), flags))]
        : []),
    ].join("\n"),
  );
}

/** How a cluster gets a name that looks like a command. */
export const ofThatName = (name: string, flags: readonly string[]): string =>
  `To make a cluster of that name: ${["azure-coreos-cluster create", name, ...flags].join(" ")}`;

// --- internal ---

/** NAME is the cluster's, N a number, NODE a node, CMD a command line; a line after a dollar sign is another program's. */
const ROWS: readonly (readonly [words: string, ...meant: string[]])[] = [
  ["delete del rm down teardown terminate uninstall clean cleanup kill purge nuke undeploy wipe", "destroy NAME"],
  ["prune", "gc"],
  ["up apply deploy add new make build init launch provision install converge", "create NAME"],
  ["resume continue finish repair", "create NAME"],
  ["update upgrade modify", "create NAME"],
  ["scale resize", "create NAME --num-nodes N"],
  ["drain cordon", "remove NAME NODE"],
  ["ls ps", "list"],
  ["get", "list", "status NAME"],
  ["show describe info inspect events doctor top health", "status NAME"],
  ["watch wait", "status NAME --watch"],
  ["validate test diff preview check verify dry-run what-if", "plan NAME"],
  ["template generate", "export NAME"],
  ["exec cmd", "run NAME -- CMD"],
  ["connect attach console shell", "ssh NAME NODE"],
  ["login signin", "$ az login", "ssh NAME NODE"],
  ["logout signout", "$ az logout"],
  ["whoami", "$ az account show"],
  ["port-forward proxy tunnel", "$ ssh -F NAME/ssh_config -N -L 8080:localhost:8080 NAME-coreos-0"],
  ["scp cp rsync", "$ scp -F NAME/ssh_config FILE NAME-coreos-0:"],
  ["log", "logs NAME NODE"],
  ["journal journalctl", "logs NAME NODE --unit etcd-member"],
  ["restart", "reboot NAME"],
  ["recreate rebuild reimage", "replace NAME NODE"],
  ["halt poweroff shutdown pause suspend deallocate", "stop NAME"],
  ["poweron", "start NAME"],
  ["config configure", "create NAME --config FILE.yaml"],
  ["kubectl kube-config", "kubeconfig NAME"],
  ["simulate rehearse", "create NAME --simulate"],
  ["version", "--version"],
  ["usage", "--help"],
];

const BY_WORD = new Map(ROWS.flatMap(([words, ...meant]) => words.split(" ").map((word) => [word, meant] as const)));

/** Lines of which the command is there; what stands for one that is to come counts only until then. */
function meantBy(word: string): readonly string[] {
  const lines = BY_WORD.get(word.toLowerCase()) ?? [];
  const known = lines.filter((line) => /^[$-]/.test(line) || commandNamed(line.split(" ")[0] ?? "") !== undefined);
  return SEVERAL.has(word.toLowerCase()) ? known : known.slice(0, 1);
}

/** Words that mean two things. */
const SEVERAL = new Set(["get", "login", "signin"]);

function filled(line: string, others: readonly string[], flags: readonly string[], rest: readonly string[]): string {
  const [name = "NAME", ...more] = others;
  const numbered = flags.some((flag) => /^--num-nodes(=|$)/.test(flag));
  const command = [...more, ...rest].map(shellWord).join(" ") || "CMD";
  const words = line
    .replace(" --num-nodes N", numbered ? "" : ` --num-nodes ${more.find((one) => /^\d+$/.test(one)) ?? "N"}`)
    .replaceAll("NAME", () => shellWord(name))
    .replace("NODE", () => (more.length === 0 && line.startsWith("ssh") ? "" : shellWord(more[0] ?? "NODE")))
    .replace("CMD", () => command)
    .trim();
  if (line.startsWith("$ ")) return `\`${words.slice(2)}\``;
  const [head = "", tail] = words.split(" -- ");
  const own = takenBy(commandNamed(line.split(" ")[0] ?? ""), flags);
  return [`azure-coreos-cluster ${head}`, ...own, ...(tail === undefined ? [] : ["--", tail])].join(" ");
}

/** Those that the command has, with their values, for a shell; of a command that is none of ours none. */
function takenBy(command: Command | undefined, flags: readonly string[]): string[] {
  let taken = false;
  return flags
    .filter((word) => {
      // what begins no flag is the value of the one before
      if (word.startsWith("-")) taken = flagNamed(spelt(word))?.on.some((scope) => command?.scopes.includes(scope)) === true;
      return taken;
    })
    .map(shellWord);
}
