/** Deletes a list of resources, each as soon as nothing of the list stands on it any more. Absent is success. */
import type { Doomed } from "../../core/doomed.ts";
import { ClusterError } from "../../core/errors.ts";
import { aboutOf } from "../../engine/event.ts";
import { deletePatiently } from "../../engine/patiently.ts";
import { endedByStop } from "../../engine/tools.ts";
import { type Result, walk } from "../../engine/walk.ts";
import type { Run } from "../run.ts";

/** Never rejects, but for the second Ctrl-C and the deadline: the results say what happened, by id. After the first nothing new is begun. */
export async function deleteResources(run: Run, doomed: readonly Doomed[]): Promise<Map<string, Result<void>>> {
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
    // Azure deletes it with its machine; the list after this one shows whether it did
    const along = one.goesWith === undefined ? undefined : byId.get(one.goesWith);
    if (along !== undefined) return emit({ ...aboutOf(one), kind: "done", change: "deleted", detail: "with its machine" });
    emit({ ...aboutOf(one), kind: "started" });
    try {
      await deletePatiently(one, tools);
    } catch (error) {
      if (endedByStop(tools, error)) throw error;
      emit({
        ...aboutOf(one),
        kind: "failed",
        ...(error instanceof ClusterError ? { code: error.code } : {}),
        message: (error as Error).message,
      });
      throw error;
    }
    emit({ ...aboutOf(one), kind: "done", change: "deleted" });
  }
}
