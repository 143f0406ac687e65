/** Deletes a list of resources, each as soon as nothing of the list stands on it any more. Absent is success. */
import { holdsOthers } from "../../core/alike.ts";
import type { Doomed } from "../../core/doomed.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { aboutOf } from "../../engine/event.ts";
import { endedByStop } from "../../engine/tools.ts";
import { type Result, walk } from "../../engine/walk.ts";
import { deleteProven } from "../cluster/delete-proven.ts";
import { NOT_OURS } from "../cluster/let-go.ts";
import type { Run } from "../run.ts";
import { guestsIn } from "./doom-survey.ts";

/**
 * Never rejects, but for the second Ctrl-C and the deadline: the results say what happened, by id. After the first nothing new is begun. What is
 * somebody else's by now stays (NotOurs), and with it what it stands on.
 */
export async function deleteResources(run: Run, owner: Owner, doomed: readonly Doomed[]): Promise<Map<string, Result<void>>> {
  const { tools, emit, stop } = run;
  const byId = new Map(doomed.map((one) => [one.id, one]));
  const results = await walk(doomed, visit, {
    direction: "down",
    stop,
    onSkip: (id, because) => {
      const one = byId.get(id);
      const cause = because === undefined ? undefined : byId.get(because)?.label;
      emit({
        kind: "skipped",
        ...aboutOf(one ?? { id, label: id }),
        ...(cause === undefined ? {} : { detail: `because of ${cause}` }),
      });
    },
  });
  tools.signal.throwIfAborted();
  return results;

  async function visit(one: Doomed): Promise<void> {
    const about = aboutOf(one);
    // Azure deletes it with its machine; the list after this one shows whether it did
    if (one.goesWith !== undefined && byId.has(one.goesWith))
      return emit({ ...about, kind: "done", change: "deleted", detail: "with its machine" });
    const stays = await deleteProven(run, owner, one, () => whyItStays(run, one)).catch((error: unknown) => {
      if (endedByStop(tools, error)) throw error;
      emit({
        ...about,
        kind: "failed",
        ...(error instanceof ClusterError ? { code: error.code } : {}),
        message: (error as Error).message,
      });
      throw error;
    });
    if (stays !== undefined) throw new ClusterError(NOT_OURS, `${one.label}: ${stays}`, { source: "azure", exit: EXIT.conflict });
  }
}

// --- internal ---

/** With an account goes what others have put into it by now. */
async function whyItStays(run: Run, one: Doomed): Promise<string | undefined> {
  if (one.kind !== "storageAccount") return undefined;
  const others = await guestsIn(run, one);
  if (others === undefined) return "Azure does not tell what is in it";
  return others.length === 0 ? undefined : holdsOthers(others);
}
