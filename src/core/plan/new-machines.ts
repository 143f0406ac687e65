/** Machines that are to be made, as they are asked about before: how many, how many of them as spot machines, in which zones. Pure. */
import type { NewNodes } from "../spec/members.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { spotAmong } from "./spot.ts";
import { zoneOf } from "./zones.ts";

/** The nodes that they are for, and who is an etcd member already. */
export interface FreshNodes extends NewNodes {
  readonly members: ReadonlyMap<number, string>;
  readonly known: ReadonlySet<number>;
}

export interface NewMachines {
  readonly newNodes: number;
  readonly newSpot: number;
  readonly newZones: readonly string[];
}

export const newMachines = (spec: ClusterSpec, nodes: FreshNodes): NewMachines => ({
  newNodes: nodes.fresh.length,
  newSpot: spotAmong(spec, nodes.members, nodes).length,
  newZones: [...new Set(nodes.fresh.flatMap((index) => zoneOf(spec, index) ?? []))].sort(),
});
