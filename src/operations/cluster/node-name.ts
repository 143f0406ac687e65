/** A node as people name it on the command line. */
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { usageError } from "../../core/errors.ts";
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
