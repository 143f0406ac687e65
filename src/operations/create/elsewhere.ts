/** A cluster of the name in another resource group: who leaves --resource-group out of a rerun means that one, and must not pay for a second. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { groupsWithClaim, lookIn } from "../cluster/find.ts";
import type { Run } from "../run.ts";
import { shellWord } from "../../core/quoting.ts";

export const clusterElsewhere = (name: string, group: string): ClusterError =>
  new ClusterError("ClusterElsewhere", `${name} is in the resource group ${group}`, {
    exit: EXIT.preflight,
    advice: `To go on with it: --resource-group ${shellWord(group)}. For another cluster choose another name. Nothing was written to Azure.`,
  });

/**
 * Whoever may not look through the subscription goes on without. What is not answered has not said that there is none. A list may lag behind
 * what was destroyed: each group is looked into.
 * @throws ClusterError ClusterElsewhere (exit 5)
 */
export async function refuseElsewhere(run: Run, name: string): Promise<void> {
  for (const group of await groupsWithClaim(run, name)) {
    const { claims } = await lookIn(run, name, group);
    if (claims.length > 0) throw clusterElsewhere(name, group);
  }
}
