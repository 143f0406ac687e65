/**
 * When to look again at what Azure is at work on: reads are a budget (250, then 25 a second of a subscription; a machine's operation 45
 * times and then 15 a minute), spent so that an end is seen soon after it. Azure's Retry-After on a running operation is a hint that costs
 * up to half a minute for each machine, so it is not slept out. Numbers in and out; nobody is asked here.
 */
import { KINDS, type Pace } from "../core/plan/kinds.ts";
import type { Target } from "./provider.ts";

const GROUP_DELETE: Pace = { first: 2000, least: 500, most: 2000, until: 120_000, later: 8000 };
const OTHERS: Pace = { first: 500, least: 250, most: 1000, until: 60_000, later: 3000 };
/** Late by so much of what it has taken, between the least and the most. */
const SHARE = 0.05;

/** Of the 25 a second, so many are for looks; the rest is for whoever must know before he writes. */
const LOOKS_PER_SECOND = 15;

/** A list for all: at the most once a second, and for long ones so many ms for each of its pages. */
const LIST = { least: 1000, page: 400, entries: 200 };

export const paceOf = (kind: Target["kind"] | "groupDelete"): Pace =>
  kind === "groupDelete" ? GROUP_DELETE : (KINDS[kind].pace ?? OTHERS);

export interface Waiting {
  /** Ms since it was accepted. */
  readonly elapsed: number;
  /** Beside each other in a list that tells of them; 0: there is none, and each asks for himself. */
  readonly listed: number;
  /** Those that ask for themselves, of all kinds together. */
  readonly asking: number;
}

/** Ms to the next look. */
export function pauseBefore({ first, least, most, until, later }: Pace, { elapsed, listed, asking }: Waiting): number {
  if (elapsed < first) return first - elapsed;
  const patience = elapsed < until ? 0 : later;
  if (listed > 0) return Math.max(LIST.least, pagesOf(listed) * LIST.page, patience);
  const own = Math.min(most, Math.max(least, elapsed * SHARE));
  return Math.max(own, patience, (asking / LOOKS_PER_SECOND) * 1000);
}

const pagesOf = (entries: number): number => Math.ceil(entries / LIST.entries);
