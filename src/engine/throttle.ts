/**
 * Keeps the run inside Azure Resource Manager's request limits: token buckets for reads, writes and deletes, shared by every
 * resource, and a common pause when Azure says 429, so that a thousand machines do not knock one after another.
 *
 * Buckets and refills are ARM's own, per subscription and principal: writes 200 and 10/s, deletes 200 and 10/s, reads 250 and
 * 25/s (Microsoft's "Understand how Azure Resource Manager throttles requests"); a little below, for others use them too.
 */
import type { Clock } from "../core/clock.ts";

export type RequestClass = "read" | "write" | "delete";

interface Bucket {
  tokens: number;
  at: number;
  pausedUntil: number;
}

const LIMITS: Record<RequestClass, { size: number; perSecond: number }> = {
  read: { size: 220, perSecond: 22 },
  write: { size: 190, perSecond: 9.5 },
  delete: { size: 190, perSecond: 9.5 },
};

export interface Throttle {
  /** Waits for a place. Places are given in the order asked. */
  take(kind: RequestClass, signal: AbortSignal): Promise<void>;
  /** Azure said 429 with this wait: nobody sends a request of the class before. */
  pause(kind: RequestClass, ms: number): void;
}

export function createThrottle(clock: Clock): Throttle {
  const buckets = new Map<RequestClass, Bucket>();
  const bucketOf = (kind: RequestClass): Bucket => {
    const bucket = buckets.get(kind) ?? { tokens: LIMITS[kind].size, at: clock.now(), pausedUntil: 0 };
    buckets.set(kind, bucket);
    return bucket;
  };
  return {
    async take(kind, signal) {
      const bucket = bucketOf(kind);
      const { size, perSecond } = LIMITS[kind];
      const now = clock.now();
      bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * perSecond) - 1;
      bucket.at = now;
      // a negative balance is a place in the queue
      let wait = Math.max(0, (-bucket.tokens / perSecond) * 1000);
      for (;;) {
        const pause = bucket.pausedUntil - clock.now();
        if (wait <= 0 && pause <= 0) return;
        await clock.sleep(Math.max(wait, pause), signal);
        wait = 0;
      }
    },
    pause(kind, ms) {
      const bucket = bucketOf(kind);
      bucket.pausedUntil = Math.max(bucket.pausedUntil, clock.now() + ms);
      // what was in hand is spent, on Azure's side too; go on at the refill rate
      bucket.tokens = Math.min(bucket.tokens, 0);
    },
  };
}
