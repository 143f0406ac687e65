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

/** The groups that may hold it. Asked beside the first look; whoever may not look through the subscription goes on without. */
export const groupsElsewhere = (run: Run, name: string): Promise<readonly string[]> => groupsWithClaim(run, name).catch(() => []);

/** @throws ClusterError ClusterElsewhere (exit 5). A list may lag behind what was destroyed: each group is looked into. */
export async function refuseElsewhere(run: Run, name: string, groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    const { claims } = await lookIn(run, name, group);
    if (claims.length > 0) throw clusterElsewhere(name, group);
  }
}
