/** This tool's commands in a text, each in backticks, led to the Azure and the group that the text is about. Pure. */
import { amended } from "./advice/azure-error.ts";
import type { ClusterError } from "./errors.ts";
import { shellWord } from "./quoting.ts";
import { FLAGS, type FlagKey, type FlagValues } from "./spec/flags.ts";

/** One of the flags that decide which Azure a command goes to, as it is typed. */
export interface WhereFlag {
  readonly key: FlagKey;
  /** "--resource-group" */
  readonly name: string;
  /** "--resource-group shared" */
  readonly text: string;
}

/** Those of them that have a value. A rehearsal asks no other Azure, and a command that is told both is refused. */
export const whereFlags = (given: Partial<FlagValues>): WhereFlag[] =>
  flagsAsTyped(given, given.simulate === true ? WHERE.filter((key) => key !== "armEndpoint") : WHERE);

export const flagsAsTyped = (given: Partial<FlagValues>, keys: readonly FlagKey[]): WhereFlag[] =>
  keys.flatMap((key) => {
    const name = `--${FLAGS[key].name}`;
    const value = given[key];
    if (value === undefined) return [];
    const text = value === true ? name : value === false ? `${name}=false` : `${name} ${shellWord(String(value))}`;
    return [{ key, name, text }];
  });

/**
 * The same text, each of its commands with those of the flags that it lacks.
 * @param wanted whether a command, as its words before `--`, takes a flag
 */
export const withFlags = (
  text: string,
  flags: readonly WhereFlag[],
  wanted: (words: readonly string[], flag: WhereFlag) => boolean,
): string =>
  text.replaceAll(/`azure-coreos-cluster ([^`]+)`/g, (_, line: string) => {
    const [head = "", ...tail] = line.split(" -- ");
    const words = head.split(" ");
    const has = ({ name }: WhereFlag): boolean => words.some((word) => word === name || word.startsWith(`${name}=`));
    const more = flags.filter((flag) => !has(flag) && wanted(words, flag)).map((flag) => flag.text);
    return `\`${["azure-coreos-cluster", ...words, ...more, ...tail.flatMap((one) => ["--", one])].join(" ")}\``;
  });

/** "destroy NAME", "NAME --num-nodes 4", "platform status NAME": the cluster's name stands among the first words, as it is written or typed. */
export const isOf =
  (cluster: string) =>
  (words: readonly string[]): boolean =>
    words.slice(0, 3).some((word) => word.toLowerCase() === cluster.toLowerCase());

/** What it advises for a cluster goes to the same Azure and group: another one may have a cluster of the name. */
export const inItsPlace = (error: ClusterError, cluster: string, given: Partial<FlagValues>): ClusterError =>
  error.advice === undefined ? error : amended(error, { advice: withFlags(error.advice, whereFlags(given), isOf(cluster)) });

// --- internal ---

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
