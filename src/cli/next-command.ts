/** A command to type next, with the flags that decide which Azure it goes to, as they were typed this time. */
import { shellWord } from "../core/quoting.ts";
import { FLAGS, type FlagKey } from "../core/spec/flags.ts";
import { commandNamed } from "./commands.ts";
import type { Invocation } from "./invocation.ts";

const WHERE: readonly FlagKey[] = [
  "simulate",
  "armEndpoint",
  "subscription",
  "resourceGroup",
  "cloud",
  "tenant",
  "clientId",
  "azureCert",
  "dir",
];

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
  if (flags.length === 0) return (text) => text;
  return (text) =>
    text.replaceAll(/`azure-coreos-cluster ([^`]+)`/g, (whole, words: string) => {
      const [head = "", ...tail] = words.split(" -- ");
      const own = head.split(" ");
      if (!goesToAzure(own)) return whole;
      const more = flags.filter(
        ({ key, name }) =>
          !own.some((word) => word === name || word.startsWith(`${name}=`)) &&
          (key !== "resourceGroup" || own.slice(0, 2).includes(typed.args[0] ?? "")),
      );
      return `\`${["azure-coreos-cluster", ...own, ...more.map(({ text: flag }) => flag), ...tail.flatMap((one) => ["--", one])].join(" ")}\``;
    });
}

// --- internal ---

function typedFlags({ world, given }: Pick<Typed, "world" | "given">): { key: FlagKey; name: string; text: string }[] {
  const own = world.argv.includes("--") ? world.argv.slice(0, world.argv.indexOf("--")) : world.argv;
  return WHERE.flatMap((key) => {
    const name = `--${FLAGS[key].name}`;
    const value = given[key];
    if (value === undefined || !own.some((word) => word === name || word.startsWith(`${name}=`))) return [];
    return [
      { key, name, text: value === true ? name : value === false ? `${name}=false` : `${name} ${shellWord(String(value))}` },
    ];
  });
}

/** A first word that is no command is a cluster's name. */
const goesToAzure = ([first = "", ...more]: readonly string[]): boolean =>
  !more.includes("--help") && !first.startsWith("-") && (commandNamed(first)?.scopes.includes("azure") ?? true);
