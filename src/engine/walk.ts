/**
 * Walks the plan: everything that can be done at once is; after a failure what depends on it is skipped and the rest is
 * finished. It knows nothing of Azure; what a visit does is the caller's.
 */
export interface Node {
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
  /** When aborted nothing new is started; what runs is let finish. */
  readonly stop?: AbortSignal;
  readonly onSkip?: (id: string, because: string | undefined) => void;
}

/**
 * Visits every node once, after all that it depends on (or, going down, all that depends on it).
 * Never rejects: the results say what happened, by id. Dependencies outside the list count as there.
 */
export async function walk<N extends Node, T>(
  nodes: readonly N[],
  visit: (node: N) => Promise<T>,
  options: WalkOptions = {},
): Promise<Map<string, Result<T>>> {
  const before = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of nodes)
    for (const other of dependsOn) {
      if (!before.has(other)) continue;
      if (options.direction === "down") before.get(other)?.push(id);
      else before.get(id)?.push(other);
    }
  const results = new Map<string, Result<T>>();
  const running = new Map<string, Promise<Result<T>>>();

  const run = (node: N): Promise<Result<T>> => {
    const known = running.get(node.id);
    if (known !== undefined) return known;
    const result = visitAfter(node);
    running.set(node.id, result);
    return result;
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));

  async function visitAfter(node: N): Promise<Result<T>> {
    const earlier = (before.get(node.id) ?? []).map((id) => byId.get(id)).filter((n) => n !== undefined);
    const outcomes = await Promise.all(earlier.map(async (n) => ({ id: n.id, result: await run(n) })));
    const blocker = outcomes.find(({ result }) => result.state !== "done");
    let result: Result<T>;
    if (blocker !== undefined) {
      const because =
        blocker.result.state === "failed" ? blocker.id : blocker.result.state === "skipped" ? blocker.result.because : undefined;
      result = { state: "skipped", ...(because === undefined ? {} : { because }) };
    } else if (options.stop?.aborted === true) result = { state: "skipped" };
    else
      result = await visit(node).then(
        (value): Result<T> => ({ state: "done", value }),
        (error: unknown): Result<T> => ({ state: "failed", error }),
      );
    if (result.state === "skipped") options.onSkip?.(node.id, result.because);
    results.set(node.id, result);
    return result;
  }

  await Promise.all(nodes.map(run));
  return results;
}
