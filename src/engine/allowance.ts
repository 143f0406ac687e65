/**
 * What the other side says that it gives: a token bucket whose content it tells with its answers, and a count within minutes that
 * nobody tells. No clock in here: times are given, in ms. Both err on the side of waiting, for a refusal costs more than a pause.
 */
export interface Allowance {
  /** For people: "10 writes a second". */
  readonly words: string;
  /** Ms until the next request may leave; 0: now; Infinity: not before another one has been answered. */
  delay(now: number): number;
  take(now: number): void;
  /** One that was taken has been answered, or was never sent. */
  settle(now: number): void;
  /** An answer said so many are left. */
  correct(now: number, remaining: number): void;
  /** Ms until so many more have left. */
  after(count: number, now: number): number;
}

/**
 * Below this share of a bucket (and this many) requests are spaced, the wider the less is left: alone that is the refill, and of two
 * processes at one bucket each comes to its half, without a word between them.
 */
const CUSHION = { share: 0.1, most: 20 };

export function tokenBucket(capacity: number, perSecond: number, words: string): Allowance {
  let [most, tokens, at, last, open] = [capacity, capacity, 0, -Infinity, 0];
  const cushion = (): number => Math.max(1, Math.min(CUSHION.most, most * CUSHION.share));
  function refill(now: number): void {
    tokens = Math.min(most, tokens + (Math.max(0, now - at) / 1000) * perSecond);
    at = now;
  }
  return {
    words,
    delay(now) {
      refill(now);
      // others at the same bucket are seen in answers alone: what is unanswered stays small beside what is left
      if (open > 0 && open >= tokens / 4) return Infinity;
      if (tokens >= cushion()) return 0;
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1000);
      return Math.max(0, Math.ceil(last + (1000 * cushion()) / (perSecond * tokens) - now));
    },
    take(now) {
      refill(now);
      tokens -= 1;
      open += 1;
      last = now;
    },
    settle() {
      open -= 1;
    },
    correct(now, remaining) {
      refill(now);
      most = Math.max(most, remaining + 1);
      // what is unanswered may be counted in it, or not
      tokens = Math.min(remaining, Math.max(tokens, remaining - Math.max(0, open - 1)));
    },
    after(count, now) {
      refill(now);
      return (Math.max(0, count - Math.max(0, tokens - cushion())) / perSecond) * 1000;
    },
  };
}

/** So many within a time, counted from their answers: the other side had them before. */
export function countWithin(count: number, ms: number, words: string): Allowance {
  const answered: number[] = [];
  let open = 0;
  const forget = (now: number): void => {
    while ((answered[0] ?? Infinity) + ms <= now) answered.shift();
  };
  return {
    words,
    delay(now) {
      forget(now);
      if (answered.length + open < count) return 0;
      return answered[0] === undefined ? Infinity : answered[0] + ms - now;
    },
    take: () => void (open += 1),
    settle(now) {
      open -= 1;
      answered.push(now);
    },
    correct: () => undefined,
    after(more, now) {
      forget(now);
      const over = answered.length + open + more - count;
      if (over <= 0) return 0;
      const rounds = Math.floor((over - 1) / count);
      return Math.max(0, (answered[(over - 1) % count] ?? now) + ms - now) + rounds * ms;
    },
  };
}
