/** Nodes whose replacement broke off after they had left etcd, and before their machines went: create would wait for them in vain. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { replaceLine, replacingIn } from "../../core/plan/replacing.ts";
import { nameOf } from "../../core/plan/resource.ts";
import type { Tags } from "../../core/plan/tags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { madeAt } from "../../engine/machine-made.ts";
import type { Snapshot } from "../cluster/snapshot.ts";
import type { Anew } from "../create/choose-nodes.ts";

/**
 * @param anew those that are to be ended now; without the word that a data disk is kept no replacement is ended that began with it
 * @throws ClusterError HalfReplaced (exit 5)
 */
export function refuseHalfReplaced(
  spec: ClusterSpec,
  tags: Tags | undefined,
  ours: Snapshot,
  anew: Pick<Anew, "ending" | "keepDataDisk"> = { ending: new Set(), keepDataDisk: false },
): void {
  const replacing = replacingIn(tags);
  const old = [...ours.values()].flatMap((live) => {
    const index = live.kind === "machine" && live.state !== "deleting" ? nodeIndex(spec, nameOf(live.id)) : undefined;
    const noted = index === undefined ? undefined : replacing.get(index);
    if (index === undefined || noted === undefined || noted.made !== madeAt(live)) return [];
    return anew.ending.has(index) && (anew.keepDataDisk || !noted.keepDataDisk) ? [] : [index];
  });
  if (old.length === 0) return;
  const which = old.map((index) => names.machine(spec, index)).join(", ");
  const keeps = old.some((index) => replacing.get(index)?.keepDataDisk === true);
  throw new ClusterError(
    "HalfReplaced",
    `${which} ${old.length === 1 ? "is" : "are"} half replaced: out of etcd, with the old machine`,
    {
      source: "azure",
      exit: EXIT.preflight,
      advice: `A replace broke off, or runs at this moment. End it: \`${replaceLine(spec.name, old, keeps)}\`.${keeps ? " Without that flag the data disk that was to be kept would be gone." : ""}`,
    },
  );
}
