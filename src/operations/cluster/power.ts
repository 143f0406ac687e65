/** Machines that are started or deallocated, all at once; each is told of, and one that fails stops no other. And what it takes. */
import { ClusterError } from "../../core/errors.ts";
import { typeOf } from "../../core/plan/kinds.ts";
import { groupId, groupOf } from "../../core/plan/resource.ts";
import { powerPatiently } from "../../engine/patiently.ts";
import { refuseForbidden } from "../destroy/forbidden.ts";
import { endedByStop } from "../../engine/tools.ts";
import type { Run } from "../run.ts";
import type { Claim } from "./claim.ts";
import type { LiveNode } from "./live-cluster.ts";

type Power = "start" | "deallocate";

export interface PowerTargets {
  readonly nodes: readonly LiveNode[];
  /** Where its mark is to change, too. */
  readonly claim: Claim | undefined;
}

/**
 * Refuses what Azure would refuse for some of them, after the first.
 * @throws ClusterError ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function refusePowerForbidden(run: Run, { nodes, claim }: PowerTargets, power: Power): Promise<void> {
  const writes = [...nodes, ...(claim === undefined ? [] : [claim])].map(({ id }) => id);
  const [first] = writes;
  if (first === undefined) return;
  await refuseForbidden(run, {
    scope: groupId(run.subscription, groupOf(first) ?? ""),
    deletes: [],
    writes,
    rights: [
      ...(nodes.length === 0 ? [] : [`${typeOf("machine")}/${power}/action`]),
      ...(claim === undefined ? [] : [`${typeOf(claim.kind)}/write`]),
    ],
  });
}

/** Those that could not be, with what stood in the way; after the stop's signal that is its reason, of each that was not asked yet. @throws the signal's reason */
export async function powerAll(run: Run, nodes: readonly LiveNode[], power: Power): Promise<ReadonlyMap<number, ClusterError>> {
  const failed = new Map<number, ClusterError>();
  const one = async ({ id, name, index }: LiveNode): Promise<void> => {
    const about = { id, label: `machine ${name}`, node: index };
    try {
      run.stop.throwIfAborted();
      run.emit({ ...about, kind: "started" });
      await powerPatiently(about, power, run.tools);
      run.emit({ ...about, kind: "done", change: power === "start" ? "started" : "deallocated" });
    } catch (error) {
      run.tools.signal.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      failed.set(index, error);
      const { code, message } = error;
      run.emit({ ...about, ...(endedByStop(run.tools, error) ? { kind: "skipped" } : { kind: "failed", code, message }) });
    }
  };
  await Promise.all(nodes.map(one));
  return failed;
}
