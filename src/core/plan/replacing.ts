/**
 * On the claim: the nodes that are being replaced, each with the time at which its old machine was made, and whether its data disk is kept,
 * "3=1764331200000,5=...+disk". A machine of that age has left etcd and is to go; one that is younger is the new one, and waits for the end of
 * its replacement. And which replacement they belong to.
 */
import { FLAGS } from "../spec/flags.ts";
import { type Tags, ranges } from "./tags.ts";

export const REPLACING = "aoc-replacing";

/** On the claim: the replacement that was begun last and has not ended, "YOUNGEST-BEGUN-WISH-NODES". */
export const REPLACEMENT = "aoc-replacement";

/** What a replacement is known by, for one that broke off to go on. */
export interface Replacing {
  /** When the youngest of the machines that it found was made, by Azure's clock: one that is younger was made by it, or after it. */
  readonly youngest: number;
  /** When it began, by the clock of who ran it. */
  readonly begun: number;
  /** A fingerprint of its flags. */
  readonly wish: string;
  /** Indexes of its nodes. */
  readonly nodes: readonly number[];
}

/** What is not as it is written is none. */
export function replacementIn(tags: Tags | undefined): Replacing | undefined {
  const [, youngest, begun, wish, nodes] =
    /^(\d{1,15})-(\d{1,15})-([0-9a-f]{14})-([\d,-]{1,200})$/.exec(tags?.[REPLACEMENT] ?? "") ?? [];
  if (wish === undefined || nodes === undefined) return undefined;
  return { youngest: Number(youngest), begun: Number(begun), wish, nodes: nodes.split(",").flatMap(fromTo) };
}

/** The tags with it, or without any. One of many scattered nodes is too long for a tag: it is not noted, and begins anew when it broke off. */
export function withReplacement(tags: Tags, now: Replacing | undefined): Tags {
  const { [REPLACEMENT]: _before, ...rest } = tags;
  if (now === undefined) return rest;
  const nodes = ranges(now.nodes);
  return nodes.length > 200 ? rest : { ...rest, [REPLACEMENT]: `${now.youngest}-${now.begun}-${now.wish}-${nodes}` };
}

/** The machine that is to go. */
export interface OldMachine {
  /** Milliseconds since 1970, by Azure's clock. */
  readonly made: number;
  /** The new machine is to get its data disk: whoever ends the replacement must know, or the disk is lost. */
  readonly keepDataDisk: boolean;
}

/** By node index. What is not as it is written is none. */
export const replacingIn = (tags: Tags | undefined): ReadonlyMap<number, OldMachine> =>
  new Map(
    (tags?.[REPLACING] ?? "").split(",").flatMap((entry): [number, OldMachine][] => {
      const [, node, made, disk] = /^(\d{1,3})=(\d{1,15})(\+disk)?$/.exec(entry) ?? [];
      return node === undefined ? [] : [[Number(node), { made: Number(made), keepDataDisk: disk !== undefined }]];
    }),
  );

/** The tags with one more, or with one less. */
export function withReplacing(tags: Tags, node: number, old: OldMachine | undefined): Tags {
  const all = new Map(replacingIn(tags));
  if (old === undefined) all.delete(node);
  else all.set(node, old);
  const { [REPLACING]: _before, ...rest } = tags;
  const text = [...all].map(([index, { made, keepDataDisk }]) => `${index}=${made}${keepDataDisk ? "+disk" : ""}`).join(",");
  return text === "" ? rest : { ...rest, [REPLACING]: text };
}

/** What ends a replacement, or begins it again: without the flag that it was typed with the data disk would go. */
export const replaceLine = (cluster: string, nodes: readonly number[], keepDataDisk: boolean): string =>
  `azure-coreos-cluster replace ${cluster} ${nodes.join(" ")}${keepDataDisk ? ` --${FLAGS.keepDataDisk.name}` : ""}`;

// --- internal ---

function fromTo(run: string): number[] {
  const [first = Number.NaN, last = first] = run.split("-").map(Number);
  return last - first < 1000 ? Array.from({ length: last - first + 1 }, (_, at) => first + at) : [];
}
