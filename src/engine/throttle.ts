/**
 * Keeps the run at peace with Azure Resource Manager's request limits. Until Azure says 429 nothing is held back: a small
 * cluster never meets a limit, and subscriptions differ. From then on requests of that class wait as long as Azure asked, all
 * of them, and go on at the refill rate, in order: a thousand machines do not knock one after another.
 *
 * Refills are ARM's own token buckets, per subscription and principal: writes 10/s, deletes 10/s, reads 25/s (Microsoft's
 * "Understand how Azure Resource Manager throttles requests"); a little below, for others use them too.
 */
import type { Clock } from "../core/clock.ts";

export type RequestClass = "read" | "write" | "delete";

const PER_SECOND: Record<RequestClass, number> = { read: 22, write: 9.5, delete: 9.5 };

export interface Throttle {
  /** Waits for a place. Places are given in the order asked. */
  take(kind: RequestClass, signal: AbortSignal): Promise<void>;
  /** Azure said 429 with this wait: nobody sends a request of the class before. */
  pause(kind: RequestClass, ms: number): void;
}

export function createThrottle(clock: Clock): Throttle {
  const pausedUntil = new Map<RequestClass, number>();
  /** When the next request of a class may leave; absent until Azure has said 429. */
  const next = new Map<RequestClass, number>();
  return {
    async take(kind, signal) {
      for (;;) {
        const now = clock.now();
        const at = next.get(kind);
        if (at === undefined) return;
        if (at <= now) {
          next.set(kind, now + 1000 / PER_SECOND[kind]);
          return;
        }
        // a place in the queue: it may move back when Azure says 429 again meanwhile
        next.set(kind, at + 1000 / PER_SECOND[kind]);
        await clock.sleep(at - now, signal);
        const pause = pausedUntil.get(kind) ?? 0;
        if (clock.now() >= pause) return;
      }
    },
    pause(kind, ms) {
      const until = clock.now() + ms;
      pausedUntil.set(kind, Math.max(pausedUntil.get(kind) ?? 0, until));
      next.set(kind, Math.max(next.get(kind) ?? 0, until));
    },
  };
}
