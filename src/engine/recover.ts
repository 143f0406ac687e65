/** What went wrong on the way of one resource: waited out where it passes, thrown where it is final. */
import { AzureError, isMisdirected } from "../core/advice/azure-error.ts";
import type { ClusterError } from "../core/errors.ts";
import type { Convergence } from "./convergence.ts";
import { isOutOfSight } from "./drive.ts";
import { isOvertaken } from "./overtaken.ts";
import { REPLACEMENTS } from "./machine-made.ts";
import type { Live } from "./provider.ts";
import type { Retry } from "./retry.ts";
import { untilStopped, endedByStop } from "./tools.ts";

/** Waits as long as the budget says and returns what is known of the resource then; throws what is final. */
export async function recover(way: Convergence, error: unknown): Promise<Live | null | undefined> {
  const { tools, budget, about } = way;
  tools.signal.throwIfAborted();
  // it was not asked for, and is not to be any more
  if (endedByStop(tools, error)) throw error;
  if (isOvertaken(error)) {
    // another run has made or changed it, unless it was our own request that went unanswered
    if (!way.unclear) way.acted = "unchanged";
    await way.patience.next(error);
    return undefined;
  }
  // Azure shows the operation no more; the resource itself still says what became of it
  if (way.driving && isOutOfSight(error)) {
    way.unheard++;
    return undefined;
  }
  // what has begun is waited for, and not begun again
  if (tools.stop?.aborted === true && error instanceof AzureError && error.operation) throw error;
  const retry = budget.next(error);
  if (mayBeMadeAgain(way, error, retry)) {
    way.replaced++;
    tools.emit({ ...about, kind: "retrying", code: error.code, message: error.message, delayMs: 0 });
    return undefined;
  }
  if (retry === undefined) throw error;
  const { live: before } = way;
  const { code, message } = error as ClusterError;
  const delayMs =
    retry.kind === "throttle"
      ? tools.throttle.pause(before === undefined ? { kind: "read" } : { kind: "write", id: way.resource.id }, retry)
      : retry.waitMs;
  way.lastRetry = { code, delayMs };
  tools.emit({ ...about, kind: "retrying", code, message, delayMs: Math.round(delayMs) });
  // what Azure has refused is not running, unless it was accepted before
  if (!retry.ambiguous && !(error as AzureError).operation && !(way.acted === "created" && way.expected)) way.asked = false;
  // after a 429 the throttle makes everybody wait
  if (retry.kind !== "throttle") await tools.clock.sleep(retry.waitMs, way.asked ? tools.signal : untilStopped(tools));
  // a reference that is gone may be one that a replaced machine took along, or that a look which was behind left out
  if (retry.kind === "lag") await way.options.restore?.(error as AzureError);
  way.unclear ||= retry.ambiguous;
  // what another operation was at work on is another by now
  return retry.ambiguous || ((retry.kind === "contention" || retry.kind === "lag") && before !== null) ? undefined : before;
}

/** Azure itself has refused it, or says how it ended; whatever else comes back says nothing about what was done. */
export const isVerdict = (error: unknown): boolean =>
  error instanceof AzureError &&
  (error.operation || (error.status !== undefined && error.status >= 400 && error.status < 500 && error.status !== 408)) &&
  !isMisdirected(error);

// --- internal ---

/** A machine whose making failed, with what may pass. */
const mayBeMadeAgain = (
  { resource, replaced, options }: Convergence,
  error: unknown,
  retry: Retry | undefined,
): error is AzureError =>
  error instanceof AzureError &&
  error.operation &&
  resource.kind === "machine" &&
  options.goesElsewhere?.(error) !== true &&
  (retry !== undefined || error.code === "AllocationFailed") &&
  replaced < REPLACEMENTS;
