/**
 * Locks that somebody has set on the group, or on what is in it: asked before the first write, so that a growth never stops half way at
 * a load balancer that may not change. A lock that forbids deletion alone stands in no way, and is said: a destroy will meet it.
 */
import { isAbsence } from "../../core/advice/azure-error.ts";
import { refusal } from "../../core/advice/preflight.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { groupId } from "../../core/plan/resource.ts";
import type { Decision } from "../../engine/decide.ts";
import { ask } from "../ask.ts";
import type { Run } from "../run.ts";
import { tolerant } from "./questions.ts";
import { shellWord } from "../../core/quoting.ts";
import { notePreflight } from "./preflight-note.ts";

/** @throws ClusterError ScopeLocked (exit 5) */
export async function refuseLocked(
  run: Run,
  groupName: string,
  resources: readonly AnyResource[],
  decisions: ReadonlyMap<string, Decision>,
): Promise<void> {
  const scope = groupId(run.subscription, groupName).toLowerCase();
  const changed = resources.filter(({ id }) => !["unchanged", "wait"].includes(decisions.get(id) ?? "create"));
  if (changed.length === 0) return;
  const locks = (await tolerant(run, "locks", () => locksOf(run, scope))) ?? [];
  const touched = changed.map(({ id }) => id.toLowerCase());
  const gone = changed.filter(({ id }) => decisions.get(id) === "replace").map(({ id }) => id.toLowerCase());
  const isAbove = (at: string): boolean => `${scope}/`.startsWith(`${at}/`);
  const on = locks.map((lock) => ({ ...lock, at: lock.scope.toLowerCase(), readOnly: /^readonly$/i.test(lock.level) }));
  const forbidding = on.filter(({ at, readOnly }) =>
    readOnly
      ? isAbove(at) || touched.some((id) => id === at || id.startsWith(`${at}/`))
      : gone.some((id) => isAbove(at) || id === at),
  );
  const names = (some: typeof on): string => some.map((lock) => `${lock.name} (${lock.level}) on ${lock.scope}`).join(", ");
  if (forbidding.length > 0)
    throw refusal([
      {
        check: "ScopeLocked",
        message: `${forbidding.length === 1 ? "a lock forbids" : `${forbidding.length} locks forbid`} it: ${names(forbidding)}`,
        advice: `Take the ${forbidding.length === 1 ? "lock" : "locks"} away, if that is yours to do, and run the same command again: \`az lock delete --ids ${forbidding.map(({ id }) => shellWord(id)).join(" ")}\`.`,
      },
    ]);
  const lasting = on.filter(({ at }) => isAbove(at));
  if (lasting.length > 0)
    notePreflight(run, "locks", `A lock forbids deletion here, and so remove and destroy: ${names(lasting)}.`);
}

// --- internal ---

/** An ARM that knows no locks, or no such group yet, has none. */
async function locksOf(run: Run, scope: string): ReturnType<Run["lookups"]["locks"]> {
  try {
    return await ask(run, "locks", scope);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
