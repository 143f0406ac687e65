/**
 * What we believe about the other side's token bucket once it has refused something: when the next request may leave. It has no
 * clock: times are given to it, in ms. The rate is learned. Between two refusals the bucket was empty at both ends, so what was
 * accepted in between, by the time it took, is its refill; from there the rate creeps up until the next refusal says where it is.
 * Tokens that came in during a pause are spent at once afterwards, so that looking for the rate costs a refusal and no time.
 */
export interface Bucket {
  /** Ms until the next request may leave; 0: now. */
  delay(now: number): number;
  /** A request leaves. */
  take(now: number): void;
  /** It was refused. @param asked the wait was the other side's own word, and is kept as it is. @returns ms until the pause ends */
  refuse(now: number, ms: number, asked: boolean): number;
}

/** A new guess never falls below this share of the last: a refusal may have been somebody else's doing. */
const LEAST = 0.6;
/** Below what was measured, so that it is approached from underneath. */
const MARGIN = 0.97;
/** By which share the rate grows each second, while it holds somebody back. */
const GROWTH = 0.03;
/** So many seconds' worth of tokens may be spent at once. */
const BURST_S = 2;
/** Refusals that name no time double their pause while nothing is accepted, up to this. */
const LONGEST_MS = 60_000;

/** @param guess requests a second, until it is measured */
export function createBucket(guess: number): Bucket {
  let rate = guess;
  let tokens = 0;
  /** Up to when `tokens` are counted. */
  let at = 0;
  let pausedUntil = -Infinity;
  /** When it was last known to be empty. */
  let emptyAt = -Infinity;
  /** Seconds from there to the refusal that began a pause, until what they tell is learned. */
  let lasted: number | undefined;
  let taken = 0;
  let refused = 0;
  /** Pauses in a row between which nothing was accepted. */
  let barren = 0;

  /** At the end of a pause, for until then refusals of what had left before it come in. */
  function learn(seconds: number): void {
    const accepted = taken - refused;
    if (accepted > 0) rate = Math.max(rate * LEAST, MARGIN * Math.min(rate, accepted / seconds));
    lasted = undefined;
    taken = 0;
    refused = 0;
  }
  function refill(now: number): void {
    const probing = lasted !== undefined && barren > 0;
    if (lasted !== undefined) learn(lasted);
    const seconds = Math.max(0, now - at) / 1000;
    const most = probing ? 1 : Math.max(1, rate * BURST_S);
    tokens = Math.min(most, tokens + seconds * rate);
    // a bucket that fills up says nothing about its limit: nobody is held back
    if (tokens < most) rate += seconds * GROWTH * rate;
    at = now;
  }

  return {
    delay(now) {
      if (now < pausedUntil) return pausedUntil - now;
      refill(now);
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / rate) * 1000);
    },
    take(now) {
      refill(now);
      tokens -= 1;
      taken += 1;
    },
    refuse(now, ms, asked) {
      if (now >= pausedUntil) {
        refill(now);
        barren = emptyAt > -Infinity && taken - refused <= 1 ? barren + 1 : 0;
        lasted = (now - emptyAt) / 1000;
        emptyAt = now;
        tokens = 0;
      }
      refused += 1;
      const wait = asked ? ms : Math.min(LONGEST_MS, ms * 2 ** barren);
      pausedUntil = Math.max(pausedUntil, now + wait);
      return pausedUntil - now;
    },
  };
}
