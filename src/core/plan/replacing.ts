/**
 * On the claim: the nodes that are being replaced, each with the time at which its old machine was made, "3=1764331200000,5=...". A machine
 * of that age has left etcd and is to go; one that is younger is the new one, and waits for the end of its replacement. And which replacement
 * they belong to.
 */
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

/** By node index, milliseconds since 1970. What is not as it is written is none. */
export const replacingIn = (tags: Tags | undefined): ReadonlyMap<number, number> =>
  new Map(
    (tags?.[REPLACING] ?? "").split(",").flatMap((entry): [number, number][] => {
      const [, node, madeAt] = /^(\d{1,3})=(\d{1,15})$/.exec(entry) ?? [];
      return node === undefined ? [] : [[Number(node), Number(madeAt)]];
    }),
  );

/** The tags with one more, or with one less. */
export function withReplacing(tags: Tags, node: number, madeAt: number | undefined): Tags {
  const all = new Map(replacingIn(tags));
  if (madeAt === undefined) all.delete(node);
  else all.set(node, madeAt);
  const { [REPLACING]: _before, ...rest } = tags;
  const text = [...all].map(([index, time]) => `${index}=${time}`).join(",");
  return text === "" ? rest : { ...rest, [REPLACING]: text };
}

// --- internal ---

function fromTo(run: string): number[] {
  const [first = Number.NaN, last = first] = run.split("-").map(Number);
  return last - first < 1000 ? Array.from({ length: last - first + 1 }, (_, at) => first + at) : [];
}
