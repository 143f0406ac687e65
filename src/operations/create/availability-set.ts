/**
 * The availability set of a second cluster in a resource group. The flag's default is one name for all, from the times of one cluster
 * a cloud service: the first cluster keeps it, whoever comes after it is given a set of its own name.
 */
import type { VirtualMachine } from "@azure/arm-compute";
import { nameOf } from "../../core/plan/resource.ts";
import { FLAGS } from "../../core/spec/flags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Snapshot } from "../cluster/snapshot.ts";

/**
 * Undefined where the spec's own name does: it was given, it is free or ours, or machines are in it. A claim may have kept the default
 * from a run that lost against another cluster's.
 * @param ours what of the snapshot is the cluster's
 */
export function ownAvailabilitySet(
  spec: ClusterSpec,
  snapshot: Snapshot,
  ours: Snapshot,
): { readonly name: string; readonly note: string } | undefined {
  const common = FLAGS.availabilitySet.default;
  if (spec.given.includes("availabilitySet") || spec.availabilitySet !== common || isUsed(spec, ours)) return undefined;
  const taken = [...snapshot].some(
    ([id, live]) => live.kind === "availabilitySet" && SETS.test(nameOf(live.id)) && !ours.has(id),
  );
  if (!taken) return undefined;
  const name = `${spec.name}-as`;
  return {
    name,
    note: `The availability set ${common} of this resource group is not ${spec.name}'s: its machines go to one of their own, ${name}.`,
  };
}

// --- internal ---

/** Machines in zones are in no set; others keep the one that they are in. */
const isUsed = (spec: ClusterSpec, ours: Snapshot): boolean =>
  spec.zones.length > 0 ||
  [...ours.values()].some(({ kind, model }) => kind === "machine" && (model as VirtualMachine).availabilitySet !== undefined);

/** A large cluster has several. */
const SETS = new RegExp(`^${FLAGS.availabilitySet.default}(?:-[2-5])?$`, "i");
