/**
 * One node that is waited for: what is known of it by now, the connection that stands, and the news of it. What is told twice is told
 * once; it looks at nothing by itself.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import type { NodeReadiness, NodeState, SharedWait } from "./node-state.ts";
import type { NodeTarget } from "./target.ts";

/** After something has changed the next change is near. */
export const FIRST_PAUSE_MS = 250;

/** What the last look found. */
export interface NodeVerdict {
  readonly state: NodeState;
  readonly code?: string;
  readonly reason?: string;
}

export interface AwaitedNode {
  readonly target: NodeTarget;
  readonly shared: SharedWait;
  readonly timings: { tcp?: number; ssh?: number; etcd?: number };
  last: NodeVerdict;
  /** Since when it is that, from the beginning of the look that found it first: milliseconds since 1970, as the next. */
  lastSince: number;
  /** When the last look began. */
  lookedAt: number;
  /** Milliseconds until the next look. */
  pause: number;
  attempts: number;
  hostKey?: string;
  connection?: Connection | undefined;
  /** True while the connection counts among those that may stay open. */
  kept: boolean;
  /** Since when it has shown a wrong host key. */
  mismatchSince?: number | undefined;
  /** What is done at the login, while it is done or when it went well. */
  atLogin?: Promise<void> | undefined;
}

export function awaitedNode(target: NodeTarget, shared: SharedWait): AwaitedNode {
  const node: AwaitedNode = {
    target,
    shared,
    timings: {},
    last: { state: "unreachable", reason: "was not reached" },
    lastSince: shared.started,
    lookedAt: shared.started,
    pause: FIRST_PAUSE_MS,
    attempts: 0,
    kept: false,
  };
  shared.options.emit?.({ ...subject(node), kind: "started" });
  return node;
}

/** Milliseconds since the waiting began. */
export const elapsed = ({ shared }: AwaitedNode): number => shared.options.clock.now() - shared.started;

export function noticed(node: AwaitedNode, verdict: NodeVerdict): void {
  const { state, code, reason } = verdict;
  if (code !== node.last.code || state !== node.last.state) {
    node.pause = FIRST_PAUSE_MS;
    node.lastSince = node.lookedAt;
    if (state !== "ready")
      node.shared.options.emit?.({
        ...subject(node),
        kind: "waiting",
        step: state,
        ...(code && { code }),
        ...(reason && { detail: reason }),
      });
  }
  node.last = verdict;
}

export function drop(node: AwaitedNode): void {
  node.connection?.close();
  node.connection = undefined;
  if (node.kept) node.shared.keep.give();
  node.kept = false;
}

/** A connection that stands stays open while there is room for it. */
export function keepOpen(node: AwaitedNode): void {
  if (node.connection === undefined || node.kept) return;
  node.kept = node.shared.keep.take();
  if (!node.kept) drop(node);
}

/** The end of the waiting, told and as a value. */
export function readinessOf(node: AwaitedNode): NodeReadiness {
  const { target, last, hostKey, timings, attempts } = node;
  const { emit } = node.shared.options;
  const { signal } = node.shared;
  if (last.state === "ready") emit?.({ ...subject(node), kind: "done" });
  else if (signal.aborted && isInterrupt(signal.reason)) emit?.({ ...subject(node), kind: "skipped" });
  else emit?.({ ...subject(node), kind: "failed", ...(last.code && { code: last.code }), message: last.reason ?? "" });
  return { index: target.index, name: target.name, ...last, ...(hostKey && { hostKey }), timings, attempts };
}

const isInterrupt = (reason: unknown): boolean => reason instanceof ClusterError && reason.exit === EXIT.interrupted;

const subject = ({ target }: AwaitedNode): { id: string; label: string; node: number } => ({
  id: `readiness/${target.name}`,
  label: `node ${target.name}`,
  node: target.index,
});
