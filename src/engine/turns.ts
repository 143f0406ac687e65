/**
 * Who may leave, and who waits: what is known of the other side's limits, what was refused, the places in flight, and the queues before
 * them. Who waits goes by rank and then in the order asked: a node that can be finished comes before one that would only be begun.
 */
import type { Clock } from "../core/clock.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import { type Lane, type RequestClass, type RequestLimits, createRequestLimits } from "./limits.ts";
import { type Places, requestPlaces } from "./places.ts";

/** Of one throttle; changed by the functions of this file alone. */
export interface Turns {
  readonly clock: Clock;
  readonly limits: RequestLimits;
  /** Of lanes that were refused. */
  readonly buckets: Map<string, Bucket>;
  readonly places: (kind: RequestClass) => Places;
  readonly queues: Map<string, Queue>;
  timer: { readonly due: number; readonly abort: AbortController } | undefined;
}

interface Queue {
  readonly lane: Lane;
  readonly rank: number;
  readonly waiters: Set<{ readonly go: () => void }>;
}

/** Gives back what a request took, when it was answered or did not leave. */
export type Leave = () => void;

export const createTurns = (clock: Clock): Turns => ({
  clock,
  limits: createRequestLimits(),
  buckets: new Map(),
  places: requestPlaces(),
  queues: new Map(),
  timer: undefined,
});

/** Waits for one's turn, and takes it. An abort ends the wait at once. */
export async function turn(turns: Turns, lane: Lane, rank: number, signal: AbortSignal): Promise<Leave> {
  signal.throwIfAborted();
  const { waiters } = queueOf(turns, lane, rank);
  const { promise, resolve, reject } = Promise.withResolvers<Leave>();
  const waiter = { go: () => resolve(enter(turns, lane)) };
  const aborted = (): void => {
    waiters.delete(waiter);
    reject(signal.reason as Error);
    pump(turns);
  };
  signal.addEventListener("abort", aborted, { once: true });
  waiters.add(waiter);
  pump(turns);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

/** Waits for the end of refusals and for nothing else. */
export async function refusalsOver(turns: Turns, lane: Lane, signal: AbortSignal): Promise<Leave> {
  const { clock, buckets } = turns;
  signal.throwIfAborted();
  const refused = (): number => buckets.get(keyOf(lane))?.delay(clock.now()) ?? 0;
  for (let wait = refused(); wait > 0; wait = refused()) await clock.sleep(wait, signal);
  return enter(turns, lane);
}

/** One was refused. @returns ms until the next may leave */
export function holdBack(
  turns: Turns,
  lane: Lane,
  { waitMs, asked }: { readonly waitMs: number; readonly asked: boolean },
): number {
  const { clock, buckets, places } = turns;
  const bucket = buckets.get(keyOf(lane)) ?? createBucket(PER_SECOND[lane.kind]);
  buckets.set(keyOf(lane), bucket);
  places(lane.kind).halve(clock.now());
  const wait = bucket.refuse(clock.now(), waitMs, asked);
  pump(turns);
  return wait;
}

// --- internal ---

/** The first guess after a 429, a little below ARM's own rates, for others use them too. */
const PER_SECOND: Record<RequestClass, number> = { read: 22, write: 9.5, delete: 9.5 };

const SOONER = new Error("no longer waited for");

const keyOf = ({ kind, service }: Lane): string => `${kind}/${service}`;

function queueOf({ queues }: Turns, lane: Lane, rank: number): Queue {
  const key = `${keyOf(lane)}/${rank}`;
  const queue = queues.get(key) ?? { lane, rank, waiters: new Set() };
  queues.set(key, queue);
  return queue;
}

/** Takes what the request needs. */
function enter(turns: Turns, lane: Lane): Leave {
  const { clock, limits, buckets } = turns;
  const own = limits.of(lane).slice();
  const place = turns.places(lane.kind);
  const now = clock.now();
  place.take();
  buckets.get(keyOf(lane))?.take(now);
  for (const limit of own) limit.take(now);
  return () => {
    place.leave();
    for (const limit of own) limit.settle(clock.now());
    pump(turns);
  };
}

/** Lets go who may, the lowest rank first; for the others it comes back in time. */
function pump(turns: Turns): void {
  let soonest = Infinity;
  for (const { lane, waiters } of [...turns.queues.values()].sort((a, b) => a.rank - b.rank)) {
    for (const waiter of waiters) {
      const delay = delayOf(turns, lane);
      soonest = Math.min(soonest, delay > 0 ? delay : Infinity);
      if (delay > 0) break;
      waiters.delete(waiter);
      waiter.go();
    }
  }
  comeBack(turns, soonest);
}

function delayOf({ clock, limits, buckets, places }: Turns, lane: Lane): number {
  if (!places(lane.kind).free()) return Infinity;
  const now = clock.now();
  const learned = buckets.get(keyOf(lane))?.delay(now) ?? 0;
  return limits.of(lane).reduce((most, limit) => Math.max(most, limit.delay(now)), learned);
}

function comeBack(turns: Turns, ms: number): void {
  const { clock, timer } = turns;
  const due = clock.now() + ms;
  if (timer !== undefined && timer.due === due) return;
  timer?.abort.abort(SOONER);
  turns.timer = undefined;
  if (ms === Infinity) return;
  const abort = new AbortController();
  turns.timer = { due, abort };
  clock.sleep(ms, abort.signal).then(
    () => {
      turns.timer = undefined;
      pump(turns);
    },
    () => undefined,
  );
}
