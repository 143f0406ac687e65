/** Nodes whose replacement broke off after they had left etcd, and before their machines went: create would wait for them in vain. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { replacingIn } from "../../core/plan/replacing.ts";
import { nameOf } from "../../core/plan/resource.ts";
import type { Tags } from "../../core/plan/tags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { madeAt } from "../../engine/machine-made.ts";
import type { Snapshot } from "../cluster/snapshot.ts";

/** @param ending those that are to be ended now. @throws ClusterError HalfReplaced (exit 5) */
export function refuseHalfReplaced(
  spec: ClusterSpec,
  tags: Tags | undefined,
  ours: Snapshot,
  ending: ReadonlySet<number> = new Set(),
): void {
  const replacing = replacingIn(tags);
  const old = [...ours.values()].flatMap((live) => {
    const index = live.kind === "machine" && live.state !== "deleting" ? nodeIndex(spec, nameOf(live.id)) : undefined;
    const made = madeAt(live);
    const same = index !== undefined && !ending.has(index) && made !== undefined && replacing.get(index) === made;
    return same ? [index] : [];
  });
  if (old.length === 0) return;
  const which = old.map((index) => names.machine(spec, index)).join(", ");
  throw new ClusterError(
    "HalfReplaced",
    `${which} ${old.length === 1 ? "is" : "are"} half replaced: out of etcd, with the old machine`,
    {
      source: "azure",
      exit: EXIT.preflight,
      advice: `A replace broke off, or runs at this moment. End it: \`azure-coreos-cluster replace ${spec.name} ${old.join(" ")}\`.`,
    },
  );
}
