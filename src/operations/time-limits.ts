/**
 * Time limits of what takes longer than the half hour of everything else, where `--timeout` says nothing. Whoever opens a run asks here: the
 * command line and the library.
 */
import { FLAGS } from "../core/spec/flags.ts";

/** Of reboot and run: each node has a time limit of its own; all of them together have none that counts. */
export const NODES_MS = 7 * 86_400_000;

/** An installation takes half an hour and more; what runs on a node goes on when ours is over. */
export const PLATFORM_MS = 3 * 3_600_000;

/**
 * Nodes are made anew one after the other: a machine goes, another comes and boots, each in a few minutes.
 * @param nodes as they were typed: names, indexes, or ranges such as "2-5" or "2..5"
 */
export function replaceMs(nodes: readonly string[]): number {
  const counts = nodes.map((word) => {
    const [, first = 0, last = first] = /^(\d+)(?:-|\.\.)(\d+)$/.exec(word) ?? [];
    return Math.max(1, Number(last) - Number(first) + 1);
  });
  return Math.min(NODES_MS, Math.max(FLAGS.timeout.default, NODE_MS * counts.reduce((sum, one) => sum + one, 0)));
}

// --- internal ---

const NODE_MS = 10 * 60_000;
