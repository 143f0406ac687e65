/** A command to type next, with the flags that decide which Azure it goes to, as they were typed this time. */
import { shellWord } from "../core/quoting.ts";
import { FLAGS, type FlagKey } from "../core/spec/flags.ts";
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

/** "destroy mycluster" -> "azure-coreos-cluster destroy mycluster --simulate". What the environment says it goes on saying. */
export function nextCommand({ world, given }: Pick<Invocation, "world" | "given">): (words: string) => string {
  const own = world.argv.includes("--") ? world.argv.slice(0, world.argv.indexOf("--")) : world.argv;
  const flags = WHERE.flatMap((key) => {
    const { name } = FLAGS[key];
    const value = given[key];
    if (value === undefined || !own.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) return [];
    return value === true ? [`--${name}`] : [`--${name} ${shellWord(String(value))}`];
  });
  return (words) => ["azure-coreos-cluster", words, ...flags].join(" ");
}
