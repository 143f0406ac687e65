/** How many of the nodes vote in etcd. */
import type { FlagValues } from "./flags.ts";

/** How many nodes are etcd members: always odd, at most 7; 3, or 5 from five nodes on; 0 where there is to be no etcd. */
export function memberCount(spec: Pick<FlagValues, "etcdMembers" | "numNodes">): number {
  if (spec.etcdMembers !== undefined) return spec.etcdMembers;
  if (spec.numNodes >= 5) return 5;
  return spec.numNodes >= 3 ? 3 : 1;
}
