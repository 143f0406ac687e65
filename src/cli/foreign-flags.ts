/**
 * THE TABLE OF OTHER TOOLS' FLAGS: what they are called here. A command line that has one is refused with the whole line that is meant,
 * values and all, where that one is taken, rather than with "unknown option": nobody has to look up that `--region` is a location in Azure.
 */
import { usageError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import type { Flag } from "../core/spec/flag.ts";
import { flagRows } from "../core/spec/flags.ts";
import { NO } from "../core/spec/parse.ts";
import { type Command, commandNamed } from "./commands.ts";
import { commandMeantBy } from "./foreign-words.ts";
import { positionals } from "./full-names.ts";
import { completed, howItIsUsed, whyNotTaken } from "./taken.ts";

/**
 * @param typed the whole command line
 * @param passed flags of ssh's own, which stood among its words
 * @returns it, as it is; with another tool's word for a command the flags by their names here, for the word is refused with the whole line
 * @throws ClusterError Usage, naming each such flag, and what to type
 */
export function refuseForeignFlags(typed: readonly string[], passed: readonly string[] = []): readonly string[] {
  const end = typed.includes("--") ? typed.indexOf("--") : typed.length;
  const own = typed.slice(0, end);
  // a value may be called like a command: --wait-for ssh
  const said = positionals(own).map((place) => own[place] ?? "");
  const command = said.map((word) => commandNamed(word)).find((one) => one !== undefined);
  const meant = said
    .slice(0, 2)
    .map((word) => commandMeantBy(word))
    .find((one) => one !== undefined);
  const parts = partsOf(own, command ?? meant ?? commandNamed("create"));
  const foreign = parts.filter(({ says }) => says !== undefined);
  if (foreign.length === 0) return typed;
  const words = parts.flatMap(({ words }, place) => (isSaidBefore(parts, place) ? [] : words));
  if (command === undefined && meant !== undefined) return [...words, ...typed.slice(end)];
  const says = foreign.map(({ says }) => says);
  const line = completed(words);
  const refused = whyNotTaken([...line, ...typed.slice(end)]);
  if (refused !== undefined)
    throw usageError([...says, refused.message].join("; "), refused.advice ?? howItIsUsed(command?.name));
  throw usageError(
    says.join("; "),
    ["azure-coreos-cluster", ...[...line, ...passed, ...typed.slice(end)].map(shellWord)].join(" "),
  );
}

// --- internal ---

/** Names of flags here, the first that fits counts; NAME is the cluster's name; `-` takes nothing, and why stands after it. */
const ROWS: readonly (readonly [names: string, ...ours: string[]])[] = [
  ["--region -l", "location"],
  ["--nodes --count --node-count --replicas --instances --machines --workers", "num-nodes"],
  ["--size --node-vm-size --vm --instance-type --machine-type --node-size --sku --flavor", "vm-size"],
  ["--image --os-image --image-urn", "coreos-image"],
  ["--disk-size --data-disk-sizes-gb", "data-disk-size"],
  ["--key --key-file --private-key --ssh-key-file --ssh-private-key --identity-file -i", "ssh-key"],
  ["--public-key --ssh-public-key --ssh-key-value --ssh-key-values", "ssh-cert"],
  ["--zone", "zones"],
  ["--tags", "tag"],
  ["--vnet --vnet-name --network", "virtual-network-name"],
  ["--subnet-id", "subnet-names"],
  ["--public-ip --public-ip-per-vm", "pip"],
  ["--group --rg -g", "resource-group"],
  ["--name --cluster --cluster-name", "NAME"],
  ["-n", "num-nodes", "NAME"],
  ["--force --assume-yes --auto-approve --approve -y", "yes"],
  ["-f", "config", "yes"],
  ["--file --values -c", "config"],
  ["--non-interactive --no-prompt --batch", "no-input"],
  ["--debug -v", "verbose"],
  ["-q", "quiet"],
  ["-o --output", "json"],
  ["--what-if --check --preview", "dry-run"],
  ["-s", "subscription"],
  ["-p", "ssh"],
  ["--no-wait", "wait-for=machines"],
  ["--generate-ssh-keys", "- a key is made where none is"],
  ["--admin-username --username --user -u", "- the user of a node is always core"],
];

const BY_NAME = new Map(ROWS.flatMap(([names, ...ours]) => names.split(" ").map((name) => [name, ours] as const)));
const FLAG_BY_NAME = new Map(
  flagRows.flatMap(([, flag]) => [flag.name, ...(flag.also ?? [])].map((name) => [name, flag] as const)),
);

/** Their value goes with them. */
const WITH_VALUE = new Set(["-o", "--output", "--admin-username", "--username", "--user", "-u"]);

/** What other tools print as: here a file of that name is hardly meant. `./json` is one. */
const FORMAT = /^(json|jsonc|yaml|yamlc|table|tsv|none)$/;

/** A piece of the command line as it is meant, and what is to be said of it. */
interface Part {
  readonly words: readonly string[];
  readonly says?: string;
  /** The next word belongs to it. */
  readonly takes?: boolean;
}

/** A switch that is there under two names is said once. */
const isSaidBefore = (parts: readonly Part[], place: number): boolean => {
  const [word = "", ...value] = parts[place]?.words ?? [];
  return (
    word.startsWith("-") &&
    value.length === 0 &&
    parts.slice(0, place).some(({ words }) => words.length === 1 && words[0] === word)
  );
};

function partsOf(own: readonly string[], command: Command | undefined): Part[] {
  const parts: Part[] = [];
  for (let place = 0; place < own.length; place++) {
    const part = partAt(own, place, command);
    parts.push(part);
    if (part.takes === true) place += 1;
  }
  return parts;
}

function partAt(own: readonly string[], place: number, command: Command | undefined): Part {
  const word = own[place] ?? "";
  const [name = "", ...assigned] = word.split("=");
  const known = FLAG_BY_NAME.get(name.slice(2));
  const isFormat = name === "--output" && FORMAT.test(assigned[0] ?? own[place + 1] ?? "");
  if (!isFormat && name.startsWith("--") && known !== undefined && isOf(command, known)) {
    // what follows is its value, whatever it looks like
    const takes = known.value !== undefined && known.optional === undefined && assigned.length === 0;
    return { words: own.slice(place, place + (takes ? 2 : 1)), takes };
  }
  const slip = slipIn(name, command);
  if (slip !== undefined) {
    const meant = partAt(own.with(place, [slip.word, ...assigned].join("=")), place, command);
    return { ...meant, says: [slip.says, ...(meant.says === undefined ? [] : [meant.says])].join("; ") };
  }
  const next = own[place + 1]?.startsWith("-") === false ? own[place + 1] : undefined;
  const meant = meantBy(name, assigned.length > 0 ? assigned.join("=") : next, command);
  if (meant === undefined) return { words: [word] };
  // a switch that is turned off there is turned off here
  if (meant.words.length === 1 && meant.words[0]?.startsWith("--") === true && NO.test(assigned.join("=")))
    return { ...meant, words: meant.words.map((one) => `${one}=false`), takes: false };
  return { ...meant, takes: meant.takes === true && assigned.length === 0 && next !== undefined };
}

/** A flag that is written in another way: what was meant, and what is wrong with it. */
function slipIn(typed: string, command: Command | undefined): { word: string; says: string } | undefined {
  const [, dashes, name = ""] = /^([\u2010-\u2015\u2212]-?|-(?=[A-Za-z][A-Za-z-])|--(?=.*[A-Z])|--no-)(.*)$/.exec(typed) ?? [];
  if (dashes === undefined) return undefined;
  if (!dashes.startsWith("-")) {
    const word = `${name.length === 1 ? "-" : "--"}${name}`;
    return { word, says: `${typed} has a dash (${dashes[0]}) where ${word} has hyphens` };
  }
  const flag = FLAG_BY_NAME.get(name.toLowerCase());
  if (flag === undefined || !isOf(command, flag)) return undefined;
  if (dashes.length < 3) return { word: `--${flag.name}`, says: `${typed} is --${flag.name} here` };
  return flag.value === undefined ? { word: `--${flag.name}=false`, says: `${typed} is --${flag.name}=false here` } : undefined;
}

const isOf = (command: Command | undefined, flag: Flag<unknown>): boolean =>
  flag.on.some((scope) => command?.scopes.includes(scope) === true);

/** Undefined where the word is no foreign flag, or there is nothing for it here. */
function meantBy(typed: string, value: string | undefined, command: Command | undefined): Part | undefined {
  const rows = BY_NAME.get(typed) ?? [];
  const ours = rows.find((row) => fit(row, command, value)) ?? rows.find((row) => fit(row, command, undefined));
  if (ours === undefined) return undefined;
  const takes = WITH_VALUE.has(typed);
  if (ours === "NAME")
    return { words: [value ?? "NAME"], says: `${typed} is not needed: the name stands by itself`, takes: true };
  if (ours.startsWith("- ")) return { words: [], says: `leave ${typed} out: ${ours.slice(2)}`, takes };
  const [name = "", set] = ours.split("=");
  const placeholder = FLAG_BY_NAME.get(name)?.value;
  if (set !== undefined || placeholder === undefined) {
    const words = [`--${name}`, ...(set === undefined ? [] : [set])];
    const said = takes && value !== undefined && FORMAT.test(value) ? `${typed} ${value}` : typed;
    return { words, says: `${said} is ${words.join(" ")} here`, takes };
  }
  return { words: [`--${name}`, value ?? placeholder], says: `${typed} is --${name} here`, takes: true };
}

/** @param value undefined where what is typed is no value for it, but it may still be what is meant */
function fit(ours: string, command: Command | undefined, value: string | undefined): boolean {
  if (ours === "NAME") return command?.takes.startsWith("<name>") === true;
  if (ours.startsWith("- ")) return true;
  const flag = FLAG_BY_NAME.get(ours.split("=")[0] ?? "");
  if (flag === undefined || !isOf(command, flag)) return false;
  return flag.value === undefined || ours.includes("=") || value === undefined || accepts(flag, value);
}

function accepts(flag: Flag<unknown>, value: string): boolean {
  try {
    flag.parse(value);
    return true;
  } catch {
    return false;
  }
}
