/** What is in a cluster's group, of the kinds of a plan; what may bear a claim is as the look for the cluster has seen it. */
import type { Kind } from "../../core/plan/bodies.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import type { Run } from "../run.ts";
import type { Cluster } from "./cluster.ts";

/** By lower-case id. */
export type Snapshot = ReadonlyMap<string, Live & { readonly kind: Kind }>;

/** @param unlisted told of each kind that this ARM does not list: ask for its resources by name */
export const snapshotOf = (
  run: Run,
  { groupName, bearers }: Pick<Cluster, "groupName" | "bearers">,
  unlisted?: (kind: Kind) => void,
): Promise<Map<string, Live & { kind: Kind }>> =>
  patiently(run.tools, (signal) => run.lookups.snapshot(groupName, signal, unlisted, bearers));
