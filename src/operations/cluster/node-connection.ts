/** SSH to a node of a cluster that is there: with the run's clock, until the run is stopped, by what the node is known to be. */
import type { Trust } from "../../core/ssh-options.ts";
import { ClusterError } from "../../core/errors.ts";
import { type ConnectOptions, type Connection, connect, withConnection } from "../../nodes/connection.ts";
import { type NodeTarget, trustOf } from "../../nodes/target.ts";
import type { Run } from "../run.ts";

interface How {
  /** By default a key that is not known yet is believed. */
  readonly trust?: Trust;
  /** By default long enough for a round trip round the world, and short enough for a node that is down. */
  readonly timeoutMs?: number;
}

/** One that lasts as long as the work. @throws what `connect` and the work throw */
export const onNode = <T>(run: Run, target: NodeTarget, work: (way: Connection) => Promise<T>, how: How = {}): Promise<T> =>
  withConnection(target, optionsOf(run, target, how), work);

/** For whoever goes on without it: why there is none comes as a value. @throws what stopped the run */
export async function connectionOrReason(run: Run, target: NodeTarget, how: How = {}): Promise<Connection | ClusterError> {
  return connect(target, optionsOf(run, target, how)).catch((error: unknown) => {
    run.tools.signal.throwIfAborted();
    if (error instanceof ClusterError) return error;
    throw error;
  });
}

/**
 * To each of them, or why there is none.
 * @throws ClusterError Jump* when no node was reached, for it is the way that is wrong; what stopped the run
 */
export async function connectionsTo(
  run: Run,
  targets: readonly NodeTarget[],
  how: How = {},
): Promise<(Connection | ClusterError)[]> {
  const found = await Promise.allSettled(targets.map((target) => connectionOrReason(run, target, how)));
  const all = found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const broken = found.find((one) => one.status === "rejected");
  if (broken !== undefined) {
    for (const one of all) if (!(one instanceof ClusterError)) one.close();
    throw broken.reason;
  }
  const [first] = all;
  const reached = all.some((one) => !(one instanceof ClusterError));
  if (!reached && first instanceof ClusterError && first.code.startsWith("Jump")) throw first;
  return all;
}

// --- internal ---

const WITHIN_MS = 8000;

const optionsOf = (
  { clock, tools }: Run,
  target: NodeTarget,
  { trust = trustOf(target), timeoutMs = WITHIN_MS }: How,
): ConnectOptions => ({ clock, signal: tools.signal, trust, timeoutMs });
