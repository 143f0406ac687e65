/**
 * Waits until the nodes are really up: all at once, each on its own, up to one deadline. What Azure says of a machine decides
 * nothing here except to stop waiting for one that failed: a node that is healthy is ready. Prints nothing: events and a
 * result per node.
 */
import type { NodeReadiness, ReadinessOptions, ReadyLevel } from "./node-state.ts";
import { limit } from "./deadline.ts";
import { semaphore } from "./semaphore.ts";
import type { NodeTarget } from "./target.ts";
import { waitForNode } from "./wait-for-node.ts";

/** Waits for nodes that come one by one, all within the same limits on handshakes and open connections. */
export interface ReadinessWait {
  one(target: NodeTarget, level?: ReadyLevel): Promise<NodeReadiness>;
  /** Lets go of the deadline's timer. */
  end(): void;
}

export function startWait(options: ReadinessOptions): ReadinessWait {
  const { clock } = options;
  const until = limit(clock, options.deadline - clock.now(), options.signal);
  const atOnce = options.atOnce ?? 50;
  const shared = { signal: until.signal, started: clock.now(), handshakes: semaphore(atOnce), keep: keeper(atOnce) };
  return {
    one: (target, level = options.level) =>
      level === "machines"
        ? Promise.resolve({ index: target.index, name: target.name, state: "created", timings: {}, attempts: 0 })
        : waitForNode(target, {
            ...shared,
            options: level === options.level ? options : { ...options, level, firstBoot: undefined },
          }),
    end: () => until.done(),
  };
}

/** One result a target, in the order of the targets. @throws only the signal's reason */
export async function waitReady(targets: readonly NodeTarget[], options: ReadinessOptions): Promise<NodeReadiness[]> {
  const wait = startWait(options);
  try {
    const results = await Promise.all(targets.map((target) => wait.one(target)));
    options.signal?.throwIfAborted();
    return results;
  } finally {
    wait.end();
  }
}

/** Counts the connections that stay open between two looks at etcd; who gets no place connects again. */
function keeper(size: number): { take: () => boolean; give: () => void } {
  let used = 0;
  return {
    take: () => used < size && ++used > 0,
    give: () => void used--,
  };
}
