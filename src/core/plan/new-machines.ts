/** Machines that are to be made, as they are asked about before: how many, how many of them as spot machines, in which zones. Pure. */
import type { ClusterSpec } from "../spec/spec.ts";
import { spotAmong } from "./spot.ts";
import { zoneOf } from "./zones.ts";

/** The nodes that they are for, and who is an etcd member already. */
export interface FreshNodes {
  /** Indexes, in order. */
  readonly fresh: readonly number[];
  readonly members: ReadonlyMap<number, string>;
}

export interface NewMachines {
  readonly newNodes: number;
  readonly newSpot: number;
  readonly newZones: readonly string[];
}

export const newMachines = (spec: ClusterSpec, { fresh, members }: FreshNodes): NewMachines => ({
  newNodes: fresh.length,
  newSpot: spotAmong(spec, members, fresh).length,
  newZones: [...new Set(fresh.flatMap((index) => zoneOf(spec, index) ?? []))].sort(),
});
