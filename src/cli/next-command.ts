/** A command to type next, with the flags that decide which Azure it goes to, as they were typed this time. */
import { type WhereFlag, isOf, whereFlags, withFlags } from "../core/own-commands.ts";
import { commandNamed } from "./commands.ts";
import type { Invocation } from "./invocation.ts";

type Typed = Pick<Invocation, "world" | "given" | "args">;

/** "destroy mycluster" -> "azure-coreos-cluster destroy mycluster --simulate". What the environment says it goes on saying. */
export function nextCommand(typed: Pick<Typed, "world" | "given">): (words: string) => string {
  const flags = typedFlags(typed).map(({ text }) => text);
  return (words) => ["azure-coreos-cluster", words, ...flags].join(" ");
}

/**
 * The commands that a text advises, each in backticks, with the same flags: what is said by who does not know how it was typed. The group
 * goes along with commands for the same cluster only.
 */
export function withTypedFlags(typed: Typed): (text: string) => string {
  const flags = typedFlags(typed);
  const isOfNamed = isOf(typed.args[0] ?? "");
  if (flags.length === 0) return (text) => text;
  return (text) =>
    withFlags(text, flags, (words, { key }) => goesToAzure(words) && (key !== "resourceGroup" || isOfNamed(words)));
}

// --- internal ---

function typedFlags({ world, given }: Pick<Typed, "world" | "given">): WhereFlag[] {
  const own = world.argv.includes("--") ? world.argv.slice(0, world.argv.indexOf("--")) : world.argv;
  return whereFlags(given).filter(({ name }) => own.some((word) => word === name || word.startsWith(`${name}=`)));
}

/** A first word that is no command is a cluster's name. */
const goesToAzure = ([first = "", ...more]: readonly string[]): boolean =>
  !more.includes("--help") && !first.startsWith("-") && (commandNamed(first)?.scopes.includes("azure") ?? true);
