/**
 * Keeps the run at peace with the cloud's request limits, so that it is never told to go away. Every request passes here: so many in
 * flight at the most (places.ts), and where the other side tells of its limits (limits.ts) no sooner than they give. Of one that tells nothing the limit is
 * found: more and more in flight, half as many after a 429, and then in order at the rate that it turns out to allow (bucket.ts). Who waits
 * for what is turns.ts's.
 */
import type { Clock } from "../core/clock.ts";
import type { Allowance } from "./allowance.ts";
import { type Lane, type Remaining, type RequestClass, type RequestLimits, type Service, serviceOf } from "./limits.ts";
import type { Retry } from "./retry.ts";
import { type Leave, createTurns, refusalsOver, holdBack, turn } from "./turns.ts";

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

export function createThrottle(clock: Clock): Throttle {
  const turns = createTurns(clock);
  const { limits, places } = turns;
  async function between<T>({ kind }: Lane, leave: Leave, request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      places(kind).grow();
      return result;
    } finally {
      leave();
    }
  }
  const common: Omit<Throttle, "atOnce" | "through"> = {
    pause: (ask, refusal) => holdBack(turns, laneOf(ask), refusal),
    hear: (ask, remaining) => limits.hear(laneOf(ask), remaining, clock.now()),
    after: (writes) => longest(limits, writes, clock.now()),
  };
  const atOnce: Throttle = {
    ...common,
    get atOnce() {
      return atOnce;
    },
    async through(ask, signal, request) {
      const lane = laneOf(ask);
      return between(lane, await refusalsOver(turns, lane, signal), request);
    },
  };
  return {
    ...common,
    atOnce,
    async through(ask, signal, request) {
      const lane = laneOf(ask);
      return between(lane, await turn(turns, lane, ask.rank ?? 0, signal), request);
    },
  };
}

// --- internal ---

/** Reads are the subscription's, whatever they ask about. */
const laneOf = ({ kind, id }: Ask): Lane => ({ kind, service: id === undefined ? "other" : serviceOf(id) });

function longest(
  limits: RequestLimits,
  writes: ReadonlyMap<Service, number>,
  now: number,
): { readonly ms: number; readonly words: string } {
  const counts = new Map<Allowance, number>();
  for (const [service, count] of writes)
    for (const limit of limits.of({ kind: "write", service })) counts.set(limit, (counts.get(limit) ?? 0) + count);
  return [...counts]
    .map(([limit, count]) => ({ ms: limit.after(count, now), words: limit.words }))
    .reduce((most, one) => (one.ms > most.ms ? one : most), { ms: 0, words: "" });
}
