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

/**
 * A list for all: at the most twice a second, once for what takes longer or is a full page to read, and for long ones so many ms for each
 * of its pages.
 */
const LIST = { least: 500, most: 1000, share: 0.015, entry: 5, page: 400, entries: 200 };

export const paceOf = (kind: Target["kind"] | "groupDelete"): Pace =>
  kind === "groupDelete" ? GROUP_DELETE : (KINDS[kind].pace ?? OTHERS);

export interface Waiting {
  /** Ms since it was accepted. */
  readonly elapsed: number;
  /** Beside each other in a list that tells of them; 0: there is none, and each asks for himself. */
  readonly listed: number;
  /** Those that ask for themselves, of all kinds together. */
  readonly asking: number;
  /** How often this one has asked for itself. */
  readonly asked: number;
}

/** Ms to the next look. */
export function pauseBefore(
  { first, least, most, hurry, until, later }: Pace,
  { elapsed, listed, asking, asked }: Waiting,
): number {
  if (elapsed < first) return first - elapsed;
  const patience = elapsed < until ? 0 : later;
  if (listed > 0) return Math.max(pauseOfList(elapsed, listed), patience);
  // who was in a list until now has asked half as often as he may, or less
  const saved = hurry !== undefined && asked * most < elapsed / 2;
  const own = saved ? hurry : Math.min(most, Math.max(least, elapsed * SHARE));
  return Math.max(own, patience, (asking / LOOKS_PER_SECOND) * 1000);
}

/** So many that wait are better asked one by one than by a list of so many entries. */
export const isFewFor = (waiting: number, entries: number): boolean => waiting < 2 * pagesOf(entries);

const pauseOfList = (elapsed: number, entries: number): number =>
  Math.max(LIST.least, Math.min(LIST.most, Math.max(elapsed * LIST.share, entries * LIST.entry)), pagesOf(entries) * LIST.page);

const pagesOf = (entries: number): number => Math.ceil(entries / LIST.entries);
