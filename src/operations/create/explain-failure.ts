/** What a resource's failure means, where the error alone does not say it: another run, a removal or a destroy was at work. */
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { designOf } from "../../core/plan/cluster.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { claimTarget } from "../../core/plan/resources/claim.ts";
import { claimed } from "../cluster/claim.ts";
import { lookIn } from "../cluster/find.ts";
import type { Run } from "../run.ts";
import { NODE_REMOVED, otherRun, refuseRemoved } from "./other-run.ts";
import type { Prepared } from "./prepared.ts";

/** What went wrong, as far as this run can know it. */
export async function explainFailure(run: Run, prepared: Prepared, resource: AnyResource, error: unknown): Promise<unknown> {
  const known = beingDestroyed(error, prepared.facts.group);
  // when this run looked first, nothing of another creation was there
  if (known instanceof ClusterError && known.code === "ClusterConflict") return otherRun(prepared.spec.name, known);
  // the other one may have chosen another location, and so refused more than the name
  if (known instanceof AzureError && (known.status === 400 || known.status === 409) && prepared.found.claim === undefined) {
    const now = await lookIn(run, prepared.spec.name, prepared.facts.group).then(claimed, () => undefined);
    if (now?.claim !== undefined && now.claim.choices.id !== prepared.facts.choices.id)
      return otherRun(prepared.spec.name, known);
  }
  const node = prepared.facts.nodes.find(({ index }) => index === resource.node);
  if (known instanceof AzureError && node !== undefined) {
    const claim = { ...claimTarget(designOf(prepared.spec, prepared.facts)), nodes: new Set<number>() };
    const removed = await refuseRemoved(run, claim, node.index, node.name).catch((cause: unknown) => cause);
    if (removed instanceof ClusterError && removed.code === NODE_REMOVED) return removed;
  }
  if (known instanceof AzureError && known.code === "ResourceGroupNotFound" && resource.kind !== "resourceGroup")
    return new ClusterError("BeingDestroyed", `resource group ${prepared.facts.group} is gone: somebody destroyed it meanwhile`, {
      source: "azure",
      exit: EXIT.conflict,
      advice: "Run the same command again to make the cluster anew.",
      cause: known,
    });
  return known;
}

/** What a resource's failure means when the group is going away under us. */
export function beingDestroyed(error: unknown, group: string): unknown {
  if (!(error instanceof AzureError) || !/^(ResourceGroupBeingDeleted|ResourceGroupDeletionTimeout)$/.test(error.code))
    return error;
  return new ClusterError("BeingDestroyed", `resource group ${group} is being deleted`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "A destroy of this cluster is at work. Wait for it to end, then run the same command again.",
    cause: error,
  });
}
