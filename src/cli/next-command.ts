/** A command to type next, with the flags that decide which Azure it goes to, as they were given this time. */
import { type WhereFlag, flagsAsTyped, isOf, whereFlags, withFlags } from "../core/own-commands.ts";
import { type Command, commandNamed, flagsOf } from "./commands.ts";
import type { Invocation } from "./invocation.ts";

type Typed = Pick<Invocation, "world" | "given" | "inFile" | "args">;

/** "destroy mycluster" -> "azure-coreos-cluster destroy mycluster --simulate". */
export function nextCommand(typed: Typed): (words: string) => string {
  const complete = withTypedFlags(typed);
  return (words) => complete(`\`azure-coreos-cluster ${words}\``).slice(1, -1);
}

/**
 * The commands that a text advises, each in backticks, with the same flags: what is said by who does not know how it was typed. The group
 * goes along with commands for the same cluster only. What the environment says it goes on saying; what the configuration file says only a
 * command hears that reads it again, and all others get it as flags: another cluster may have the name where they would look.
 */
export function withTypedFlags(typed: Typed): (text: string) => string {
  const { given, inFile } = typed;
  const flags = flagsToSay(typed);
  const isOfNamed = isOf(typed.args[0] ?? "");
  if (flags.length === 0) return (text) => text;
  const readsFile = (words: readonly string[]): boolean => given.config !== undefined && isOfNamed(words) && canReadFile(words);
  const wanted = (words: readonly string[], { key }: WhereFlag): boolean => {
    if (key === "config") return readsFile(words);
    if (inFile.has(key) && readsFile(words)) return false;
    return goesToAzure(words) && (key !== "resourceGroup" || isOfNamed(words));
  };
  return (text) => withFlags(text, flags, wanted);
}

// --- internal ---

function flagsToSay({ world, given, inFile }: Typed): WhereFlag[] {
  const own = world.argv.includes("--") ? world.argv.slice(0, world.argv.indexOf("--")) : world.argv;
  const isTyped = ({ name }: WhereFlag): boolean => own.some((word) => word === name || word.startsWith(`${name}=`));
  return [
    ...whereFlags(given).filter((flag) => inFile.has(flag.key) || isTyped(flag)),
    ...flagsAsTyped(given, ["config"]).filter(isTyped),
  ];
}

/** A first word that is no command is a cluster's name. */
const commandOf = ([first = ""]: readonly string[]): Command | undefined => commandNamed(first) ?? commandNamed("create");

const goesToAzure = (words: readonly string[]): boolean =>
  !words.includes("--help") && words[0]?.startsWith("-") !== true && commandOf(words)?.scopes.includes("azure") === true;

const canReadFile = (words: readonly string[]): boolean => {
  const command = commandOf(words);
  return goesToAzure(words) && command !== undefined && flagsOf(command).some(([key]) => key === "config");
};
