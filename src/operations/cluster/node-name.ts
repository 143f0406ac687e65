/** Nodes as people name them on the command line. */
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { type Astray, refuseAstray } from "./astray.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";

/** Its index, by the index itself, the machine's name, or the name's end ("coreos-2"). Throws a usage error for other words. */
export function nodeNamed(spec: ClusterSpec, word: string): number {
  const index = /^\d{1,3}$/.test(word) ? Number(word) : (nodeIndex(spec, word) ?? nodeIndex(spec, `${spec.name}-${word}`));
  if (index !== undefined) return index;
  throw usageError(
    `"${word}" is no node of ${spec.name}`,
    `Give a number such as 2, or a machine's name such as ${names.machine(spec, 2)}.`,
  );
}

/** Indexes in the order of the words, each once; "0-2" and "2..5" are ranges. Throws a usage error for other words. */
export const nodesNamed = (spec: ClusterSpec, words: readonly string[]): number[] => [
  ...new Set(words.flatMap((word) => rangeIn(word) ?? nodeNamed(spec, word))),
];

/** The one of those that are there. @throws ClusterError TagsChanged (exit 7), NodeNotFound (exit 2) */
export function nodeAt<N extends { readonly index: number }>(
  spec: ClusterSpec,
  there: readonly N[],
  astray: Astray,
  index: number,
): N {
  const node = there.find((one) => one.index === index);
  if (node !== undefined) return node;
  refuseAstray(astray.filter((one) => one.node === index));
  throw new ClusterError("NodeNotFound", `${spec.name} has no node ${index}`, {
    exit: EXIT.usage,
    advice: there.length === 0 ? "It has no machines." : `It has ${there.map((one) => one.index).join(", ")}.`,
  });
}

// --- internal ---

/** Both ends included, as in the names of shells and of this tool's own tags. */
function rangeIn(word: string): number[] | undefined {
  const [, first, last] = /^(\d{1,3})(?:-|\.\.)(\d{1,3})$/.exec(word) ?? [];
  if (first === undefined || last === undefined) return undefined;
  if (Number(last) < Number(first)) throw usageError(`"${word}" runs backwards`, `Give ${last}-${first}.`);
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, step) => Number(first) + step);
}
