/**
 * When to ask how a long-running operation goes: late by a share of what it has taken, whatever that is. Azure's Retry-After on a
 * running operation is a hint that costs up to half a minute for each machine, so it is not slept out.
 */
import type { Target } from "./provider.ts";

/** All in ms. */
export interface Schedule {
  /** It never ends sooner. */
  readonly first: number;
  /** Between two questions, at the least and at the most. */
  readonly least: number;
  readonly most: number;
}

/**
 * From what recordings of Azure show: network kinds end in 2 to 4 s, machines in 22 to 100 s and more. A machine's operation
 * may be asked 15 times a minute with 45 in hand: half a minute of eager questions, then one every 5 s.
 */
const SCHEDULE: Partial<Record<Target["kind"] | "groupDelete", Schedule>> = {
  machine: { first: 2000, least: 500, most: 5000 },
  image: { first: 2000, least: 500, most: 5000 },
  storageAccount: { first: 2000, least: 500, most: 4000 },
  groupDelete: { first: 2000, least: 500, most: 8000 },
};
const OTHERS: Schedule = { first: 500, least: 250, most: 3000 };
const SHARE = 0.1;

export const scheduleOf = (kind: Target["kind"] | "groupDelete"): Schedule => SCHEDULE[kind] ?? OTHERS;

/** Ms to the next question. @param elapsed ms since it was accepted */
export const nextLook = ({ first, least, most }: Schedule, elapsed: number): number =>
  elapsed < first ? first - elapsed : Math.min(most, Math.max(least, elapsed * SHARE));
