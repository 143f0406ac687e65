/** What a resource's failure means, where the error alone does not say it: another run, a removal or a destroy was at work. */
import { asGroupGoing, groupGone } from "../cluster/being-destroyed.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { designOf } from "../../core/plan/cluster.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { claimTarget } from "../../core/plan/resources/claim.ts";
import type { Execution } from "./execution.ts";
import { NAME_TAKEN, explainTaken } from "./name-taken.ts";
import { NODE_REMOVED, otherRun, refuseOtherRun, refuseRemoved } from "./other-run.ts";

/** In view of what is there, and not for the time. */
const REFUSED: ReadonlySet<number> = new Set([400, 404, 409]);

/** What went wrong with it, as far as this run can know it. `written`: it has written the claim. */
export async function explainFailure(
  { run, prepared, written }: Pick<Execution, "run" | "prepared" | "written">,
  resource: AnyResource,
  error: unknown,
): Promise<unknown> {
  const known = asGroupGoing(error, prepared.facts.group);
  // when this run looked first, nothing of another creation was there
  if (known instanceof ClusterError && known.code === "ClusterConflict") return otherRun(prepared.spec.name, known);
  const node = prepared.facts.nodes.find(({ index }) => index === resource.node);
  if (known instanceof AzureError && node !== undefined) {
    const claim = { ...claimTarget(designOf(prepared.spec, prepared.facts)), nodes: new Set<number>() };
    const removed = await refuseRemoved(run, claim, node.index, node.name).catch((cause: unknown) => cause);
    if (removed instanceof ClusterError && removed.code === NODE_REMOVED) return removed;
  }
  if (known instanceof AzureError && known.code === "ResourceGroupNotFound" && resource.kind !== "resourceGroup")
    return groupGone(prepared.facts.group, known);
  if (known instanceof AzureError && known.code === NAME_TAKEN) return explainTaken(run, prepared, known);
  // what it stands on may have gone with the cluster; or another run has the name, and has chosen another location
  if (known instanceof AzureError && REFUSED.has(known.status ?? 0)) {
    const meanwhile = await refuseOtherRun(run, prepared, { written }).catch((cause: unknown) => cause);
    if (meanwhile instanceof ClusterError && meanwhile.exit === EXIT.conflict) return meanwhile;
  }
  return known;
}
