/**
 * Locks are asked for before the first write, so that a growth never stops half way at a load balancer that may not change. A lock that
 * forbids deletion alone stands in no way, and is said: a destroy will meet it.
 */
import type { AnyResource } from "../../core/plan/resource.ts";
import { groupId } from "../../core/plan/resource.ts";
import type { Decision } from "../../engine/decide.ts";
import { isOnAll, locksOn, named, refuseLocks } from "../cluster/locks.ts";
import type { Run } from "../run.ts";
import { tolerant } from "./questions.ts";
import { notePreflight } from "./preflight-note.ts";

/** @throws ClusterError ScopeLocked (exit 5) */
export async function refuseLocked(
  run: Run,
  groupName: string,
  resources: readonly AnyResource[],
  decisions: ReadonlyMap<string, Decision>,
): Promise<void> {
  const scope = groupId(run.subscription, groupName);
  const ids = (are: (decision: Decision) => boolean): string[] =>
    resources.map(({ id }) => id).filter((id) => are(decisions.get(id) ?? "create"));
  const writes = ids((decision) => decision !== "unchanged" && decision !== "wait");
  if (writes.length === 0) return;
  const locks = (await tolerant(run, "locks", () => locksOn(run, scope))) ?? [];
  const deletes = ids((decision) => decision === "replace");
  refuseLocks(locks, { scope, deletes, writes }, "Nothing was written to Azure.");
  const lasting = locks.filter((lock) => isOnAll(lock, scope));
  if (lasting.length > 0)
    notePreflight(run, "locks", `A lock forbids deletion here, and so remove and destroy: ${named(lasting)}.`);
}
