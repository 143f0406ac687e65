/**
 * Keeps the run at peace with the cloud's request limits. Until it says 429 nothing is held back: a small cluster never meets a
 * limit, and subscriptions differ. From then on requests of that class wait as long as was asked, all of them, and go on in order
 * at the rate that the cloud turns out to allow (bucket.ts): a thousand machines do not knock one after another.
 *
 * The first guess are ARM's own token buckets, per subscription and principal: writes 10/s, deletes 10/s, reads 25/s (Microsoft's
 * "Understand how Azure Resource Manager throttles requests"); a little below, for others use them too.
 */
import type { Clock } from "../core/clock.ts";
import { abortable } from "./abortable.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import type { Retry } from "./retry.ts";

export type RequestClass = "read" | "write" | "delete";

const PER_SECOND: Record<RequestClass, number> = { read: 22, write: 9.5, delete: 9.5 };

export interface Throttle {
  /** Waits for a place. Places are given in the order asked. */
  take(kind: RequestClass, signal: AbortSignal): Promise<void>;
  /** Azure said 429: nobody sends a request of the class before the wait is over. Returns how long that is, in ms. */
  pause(kind: RequestClass, retry: Pick<Retry, "waitMs" | "asked">): number;
}

export function createThrottle(clock: Clock): Throttle {
  /** Absent until Azure has said 429. */
  const buckets = new Map<RequestClass, Bucket>();
  /** Resolves when nobody waits in front any more. */
  const queues = new Map<RequestClass, Promise<void>>();

  return {
    async take(kind, signal) {
      const bucket = buckets.get(kind);
      if (bucket === undefined) return;
      const inFront = queues.get(kind) ?? Promise.resolve();
      const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
      queues.set(kind, gone);
      try {
        await abortable(inFront, signal);
        for (let wait = bucket.delay(clock.now()); wait > 0; wait = bucket.delay(clock.now())) await clock.sleep(wait, signal);
        bucket.take(clock.now());
      } finally {
        void inFront.then(leave);
      }
    },
    pause(kind, { waitMs, asked }) {
      const bucket = buckets.get(kind) ?? createBucket(PER_SECOND[kind]);
      buckets.set(kind, bucket);
      return bucket.refuse(clock.now(), waitMs, asked);
    },
  };
}
