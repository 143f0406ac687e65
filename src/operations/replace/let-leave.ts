/** A node that is to be replaced leaves k3s and etcd, after the claim says that it is being replaced. */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { replacingIn, withReplacing } from "../../core/plan/replacing.ts";
import { retag } from "../../engine/retag.ts";
import { toTheEnd } from "../../engine/tools.ts";
import { leaveEtcd } from "../etcd/leaving.ts";
import { leavePlatform } from "../platform/growth.ts";
import type { Removal } from "../remove/removal.ts";
import type { Run } from "../run.ts";

/** Where that is refused before anything is done, the note goes again: create may be what mends what stands in the way. */
export async function letLeave(run: Run, removal: Removal, node: number): Promise<void> {
  const { claim } = removal;
  try {
    await leavePlatform(run, removal);
    await leaveEtcd(run, removal, { comeBack: true });
  } catch (error) {
    const mine = !replacingIn(claim.tags).has(node);
    if (mine && error instanceof ClusterError && (error.exit === EXIT.preflight || STAYS.has(error.code)))
      await retag(claim, (now) => withReplacing(now, node, undefined), toTheEnd(run.tools));
    throw error;
  }
}

// --- internal ---

/** After these a node is in etcd as before. */
const STAYS = new Set(["EtcdQuorum", "EtcdUnreachable", "PrivateKeyMissing", "FirstServerGone", "NoPlatform"]);
