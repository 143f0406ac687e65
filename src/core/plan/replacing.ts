/**
 * On the claim: the nodes that are being replaced, each with the time at which its old machine was made, "3=1764331200000,5=...". A machine
 * of that age has left etcd and is to go; one that is younger is the new one, and what the tag says of it is over.
 */
import type { Tags } from "./tags.ts";

export const REPLACING = "aoc-replacing";

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
