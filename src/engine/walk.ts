/**
 * Walks the plan: everything that can be done at once is; after a failure what depends on it is skipped and the rest is
 * finished. It knows nothing of Azure; what a visit does is the caller's.
 */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";

export interface Step {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export type Result<T> =
  | { readonly state: "done"; readonly value: T }
  | { readonly state: "failed"; readonly error: unknown }
  /** `because` is the id of the failure it stems from; absent when the walk was stopped. */
  | { readonly state: "skipped"; readonly because?: string };

export interface WalkOptions {
  /** "down" visits what depends first: the order to delete in. */
  readonly direction?: "up" | "down";
  /** When aborted nothing new is started; what runs is let finish, or ends with the reason for it and counts as not started. */
  readonly stop?: AbortSignal;
  readonly onSkip?: (id: string, because: string | undefined) => void;
}

/**
 * Visits every step once, after all that it depends on (or, going down, all that depends on it).
 * The results say what happened, by id. Dependencies outside the list count as there.
 * @throws ClusterError PlanCircle (a bug), before anything is visited, when steps wait for each other
 */
export async function walk<S extends Step, T>(
  steps: readonly S[],
  visit: (step: S) => Promise<T>,
  options: WalkOptions = {},
): Promise<Map<string, Result<T>>> {
  const before = new Map<string, string[]>(steps.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of steps)
    for (const other of dependsOn) {
      if (!before.has(other)) continue;
      if (options.direction === "down") before.get(other)?.push(id);
      else before.get(id)?.push(other);
    }
  const circle = circleIn(before);
  if (circle !== undefined)
    throw new ClusterError("PlanCircle", `the plan goes round in a circle: ${circle.join(" -> ")}`, { source: "bug" });
  const results = new Map<string, Result<T>>();
  const running = new Map<string, Promise<Result<T>>>();

  const run = (step: S): Promise<Result<T>> => {
    const known = running.get(step.id);
    if (known !== undefined) return known;
    const result = visitAfter(step);
    running.set(step.id, result);
    return result;
  };
  const byId = new Map(steps.map((step) => [step.id, step]));

  async function visitAfter(step: S): Promise<Result<T>> {
    const earlier = (before.get(step.id) ?? []).map((id) => byId.get(id)).filter((one) => one !== undefined);
    const outcomes = await Promise.all(earlier.map(async (one) => ({ id: one.id, result: await run(one) })));
    const blocker = outcomes.find(({ result }) => result.state !== "done");
    let result: Result<T>;
    if (blocker !== undefined) {
      const because =
        blocker.result.state === "failed" ? blocker.id : blocker.result.state === "skipped" ? blocker.result.because : undefined;
      result = { state: "skipped", ...defined({ because }) };
    } else if (options.stop?.aborted === true) result = { state: "skipped" };
    else
      result = await visit(step).then(
        (value): Result<T> => ({ state: "done", value }),
        // what had not begun in earnest when it was stopped
        (error: unknown): Result<T> =>
          options.stop?.aborted === true && error === options.stop.reason ? { state: "skipped" } : { state: "failed", error },
      );
    if (result.state === "skipped") options.onSkip?.(step.id, result.because);
    results.set(step.id, result);
    return result;
  }

  await Promise.all(steps.map(run));
  return results;
}

// --- internal ---

/** Ids that wait for each other, the first one again at the end; undefined when there is an order. Takes what is ready away until nothing is. */
function circleIn(before: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const left = new Map([...before].map(([id, earlier]) => [id, new Set(earlier)]));
  const after = new Map<string, string[]>();
  for (const [id, earlier] of before) for (const one of earlier) after.set(one, [...(after.get(one) ?? []), id]);
  const ready = [...left.keys()].filter((id) => left.get(id)?.size === 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    left.delete(id);
    for (const later of after.get(id) ?? []) {
      left.get(later)?.delete(id);
      if (left.get(later)?.size === 0) ready.push(later);
    }
  }
  const path: string[] = [];
  // all that is left waits for something that is left
  for (let [at] = left.keys(); at !== undefined; [at] = left.get(at) ?? []) {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at];
    path.push(at);
  }
  return undefined;
}
