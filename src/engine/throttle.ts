/**
 * Keeps the run at peace with the cloud's request limits, so that it is never told to go away. Every request passes here: so many in
 * flight at the most, and where the other side tells of its limits (limits.ts) no sooner than they give. Of one that tells nothing the limit is
 * found: more and more in flight, half as many after a 429, and then in order at the rate that it turns out to allow (bucket.ts).
 *
 * Who waits goes by rank and then in the order asked: a node that can be finished comes before one that would only be begun.
 */
import type { Clock } from "../core/clock.ts";
import type { Allowance } from "./allowance.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import { type Lane, type Remaining, type RequestClass, type Service, createLimits, serviceOf } from "./limits.ts";
import type { Retry } from "./retry.ts";

/** The first guess after a 429, a little below ARM's own rates, for others use them too. */
const PER_SECOND: Record<RequestClass, number> = { read: 22, write: 9.5, delete: 9.5 };
/** In flight, together 64: reads have places of their own, for who writes must be able to ask whether it still may. */
const PLACES = { read: 24, change: 40 };
const FIRST_PLACES = { read: 24, change: 16 };

export interface Ask {
  readonly kind: RequestClass;
  /** What it is about: its service has limits of its own. */
  readonly id?: string;
  /** Lower goes first. */
  readonly rank?: number;
}

export interface Throttle {
  /**
   * The same throttle for what others wait for who are in flight already, and hold the places: it waits out refusals and nothing else.
   */
  readonly atOnce: Throttle;
  /** Makes the request when it may leave. */
  through<T>(ask: Ask, signal: AbortSignal, request: () => Promise<T>): Promise<T>;
  /** Azure said 429: nobody sends one like it before the wait is over. Returns how long that is, in ms. */
  pause(ask: Ask, retry: Pick<Retry, "waitMs" | "asked">): number;
  /** An answer told what is left. */
  hear(ask: Ask, remaining: Remaining): void;
  /** Ms until as many writes to each service have left, and which limit that is, as far as limits are known. */
  after(writes: ReadonlyMap<Service, number>): { readonly ms: number; readonly words: string };
}

interface Waiter {
  readonly go: () => void;
}

interface Queue {
  readonly lane: Lane;
  readonly rank: number;
  readonly waiters: Set<Waiter>;
}

export function createThrottle(clock: Clock): Throttle {
  const limits = createLimits();
  /** Of lanes that were refused. */
  const buckets = new Map<string, Bucket>();
  const queues = new Map<string, Queue>();
  const places = { read: createPlaces(PLACES.read, FIRST_PLACES.read), change: createPlaces(PLACES.change, FIRST_PLACES.change) };
  let timer: { readonly due: number; readonly abort: AbortController } | undefined;

  const placesOf = ({ kind }: Lane): Places => (kind === "read" ? places.read : places.change);

  function delayOf(lane: Lane): number {
    if (!placesOf(lane).free()) return Infinity;
    const now = clock.now();
    const learned = buckets.get(keyOf(lane))?.delay(now) ?? 0;
    return limits.of(lane).reduce((most, limit) => Math.max(most, limit.delay(now)), learned);
  }

  /** Lets go who may, the lowest rank first; for the others it comes back in time. */
  function pump(): void {
    let soonest = Infinity;
    for (const queue of [...queues.values()].sort((a, b) => a.rank - b.rank)) {
      for (const waiter of queue.waiters) {
        const delay = delayOf(queue.lane);
        soonest = Math.min(soonest, delay > 0 ? delay : Infinity);
        if (delay > 0) break;
        queue.waiters.delete(waiter);
        waiter.go();
      }
    }
    comeBack(soonest);
  }

  function comeBack(ms: number): void {
    const due = clock.now() + ms;
    if (timer !== undefined && timer.due === due) return;
    timer?.abort.abort(SOONER);
    timer = undefined;
    if (ms === Infinity) return;
    const abort = new AbortController();
    timer = { due, abort };
    clock.sleep(ms, abort.signal).then(
      () => {
        timer = undefined;
        pump();
      },
      () => undefined,
    );
  }

  /** Takes what the request needs; returns how to give it back. */
  function enter(lane: Lane): () => void {
    const own = limits.of(lane).slice();
    const place = placesOf(lane);
    const now = clock.now();
    place.take();
    buckets.get(keyOf(lane))?.take(now);
    for (const limit of own) limit.take(now);
    return () => {
      place.leave();
      for (const limit of own) limit.settle(clock.now());
      pump();
    };
  }

  async function refusalsOver(lane: Lane, signal: AbortSignal): Promise<() => void> {
    const refused = (): number => buckets.get(keyOf(lane))?.delay(clock.now()) ?? 0;
    for (let wait = refused(); wait > 0; wait = refused()) await clock.sleep(wait, signal);
    return enter(lane);
  }

  async function turn(lane: Lane, rank: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const key = `${keyOf(lane)}/${rank}`;
    const queue: Queue = queues.get(key) ?? { lane, rank, waiters: new Set() };
    queues.set(key, queue);
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const waiter: Waiter = { go: () => resolve(enter(lane)) };
    const aborted = (): void => {
      queue.waiters.delete(waiter);
      reject(signal.reason as Error);
      pump();
    };
    signal.addEventListener("abort", aborted, { once: true });
    queue.waiters.add(waiter);
    pump();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  async function between<T>(lane: Lane, leave: () => void, request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      placesOf(lane).grow();
      return result;
    } finally {
      leave();
    }
  }

  const throttle: Omit<Throttle, "atOnce"> = {
    async through(ask, signal, request) {
      const lane = laneOf(ask);
      return between(lane, await turn(lane, ask.rank ?? 0, signal), request);
    },
    pause(ask, { waitMs, asked }) {
      const lane = laneOf(ask);
      const bucket = buckets.get(keyOf(lane)) ?? createBucket(PER_SECOND[lane.kind]);
      buckets.set(keyOf(lane), bucket);
      placesOf(lane).halve(clock.now());
      const wait = bucket.refuse(clock.now(), waitMs, asked);
      pump();
      return wait;
    },
    hear(ask, remaining) {
      limits.hear(laneOf(ask), remaining, clock.now());
    },
    after(writes) {
      const counts = new Map<Allowance, number>();
      for (const [service, count] of writes)
        for (const limit of limits.of({ kind: "write", service })) counts.set(limit, (counts.get(limit) ?? 0) + count);
      return [...counts]
        .map(([limit, count]) => ({ ms: limit.after(count, clock.now()), words: limit.words }))
        .reduce((most, one) => (one.ms > most.ms ? one : most), { ms: 0, words: "" });
    },
  };
  const atOnce: Throttle = {
    ...throttle,
    get atOnce() {
      return atOnce;
    },
    async through(ask, signal, request) {
      const lane = laneOf(ask);
      return between(lane, await refusalsOver(lane, signal), request);
    },
  };
  return { ...throttle, atOnce };
}

// --- internal ---

const SOONER = new Error("no longer waited for");

/** Reads are the subscription's, whatever they ask about. */
const laneOf = ({ kind, id }: Ask): Lane => ({ kind, service: id === undefined ? "other" : serviceOf(id) });

const keyOf = ({ kind, service }: Lane): string => `${kind}/${service}`;

interface Places {
  free(): boolean;
  take(): void;
  leave(): void;
  /** One was answered well. */
  grow(): void;
  /** One was refused; those that left with it are one refusal. */
  halve(now: number): void;
}

function createPlaces(most: number, first: number): Places {
  let [room, open, halved] = [first, 0, -Infinity];
  return {
    free: () => open < room,
    take: () => void (open += 1),
    leave: () => void (open -= 1),
    grow: () => void (room = Math.min(most, room + 1)),
    halve(now) {
      if (now - halved < 1000) return;
      halved = now;
      room = Math.max(1, Math.floor(room / 2));
    },
  };
}
