/**
 * The availability set of a cluster in a group that others use. The flag's default is one name for all, from the times of one cluster
 * a cloud service: it is kept for the group that is named like the cluster. In any other, where two clusters may be made at the same
 * moment, a set has its cluster's name; the tags of a set are no proof against that, for it has no etag.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import { ownSets } from "../../core/plan/resources/availability.ts";
import { nameOf } from "../../core/plan/resource.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Snapshot } from "../cluster/snapshot.ts";

interface There {
  readonly groupName: string;
  readonly snapshot: Snapshot;
  /** What of the snapshot is the cluster's. */
  readonly ours: Snapshot;
}

/**
 * Undefined where the spec's own name does: it was given, it is ours already, or machines are in it. A claim may have kept the default
 * from a run that lost against another cluster's.
 */
export function ownAvailabilitySet(
  spec: ClusterSpec,
  { groupName, snapshot, ours }: There,
): { readonly name: string; readonly note?: string } | undefined {
  const common = FLAGS.availabilitySet.default;
  if (spec.given.includes("availabilitySet") || spec.availabilitySet !== common || isUsed(spec, ours)) return undefined;
  const isTaken = (name: string): boolean => [...snapshot].some(([id, live]) => isSet(live, name) && !ours.has(id));
  const taken = isTaken(common);
  if (!taken && (groupName.toLowerCase() === spec.name || [...ours.values()].some((live) => isSet(live, common))))
    return undefined;
  const name = ownSets(spec.name).find((one) => one !== common && !isTaken(one));
  if (name === undefined) return undefined;
  const note = `The availability set ${common} of this resource group is not ${spec.name}'s: its machines go to one of their own, ${name}.`;
  return taken ? { name, note } : { name };
}

// --- internal ---

/** Machines in zones are in no set; others keep the one that they are in. */
const isUsed = (spec: ClusterSpec, ours: Snapshot): boolean =>
  spec.zones.length > 0 ||
  [...ours.values()].some(({ kind, model }) => kind === "machine" && (model as VirtualMachine).availabilitySet !== undefined);

/** A large cluster has several. */
const isSet = ({ kind, id }: { readonly kind: string; readonly id: string }, name: string): boolean =>
  kind === "availabilitySet" &&
  nameOf(id)
    .toLowerCase()
    .replace(/-[2-5]$/, "") === name.toLowerCase();
