/**
 * Which bars of a timeline are drawn: all of them as long as a person can read them; of a large cluster those that tell something (the
 * chain that decided the end, failures, the slowest of each kind), and one row for the rest of a kind.
 */
import { type Bar, type Timeline } from "./timeline.ts";

/** The bars of a kind that are not drawn one by one. */
export interface Rest {
  readonly noun: string;
  readonly count: number;
  /** Ms since the first event: from the first start to the last end. */
  readonly start: number;
  readonly end: number;
  /** Of a single one, ms. */
  readonly shortest: number;
  readonly longest: number;
  /** How often one of them was tried again. */
  readonly retries: number;
}

/** So many rows are drawn whole. */
const READABLE = 150;
const SLOWEST = 5;
const FAILURES = 20;

/** In the order of their start. */
export function rowsOf({ bars }: Pick<Timeline, "bars">): readonly (Bar | Rest)[] {
  if (bars.length <= READABLE) return bars;
  const rows = [...Map.groupBy(bars, ({ noun }) => noun)].flatMap(([noun, kind]) => ofKind(noun, kind));
  return rows.sort((a, b) => a.start - b.start);
}

export const isRest = (row: Bar | Rest): row is Rest => "count" in row;

// --- internal ---

function ofKind(noun: string, kind: readonly Bar[]): (Bar | Rest)[] {
  const slowest = kind.toSorted((a, b) => took(b) - took(a)).slice(0, SLOWEST);
  const failures = kind.filter(({ outcome }) => outcome === "failed").slice(0, FAILURES);
  const telling = new Set([...kind.filter(({ critical }) => critical), ...failures, ...slowest]);
  const rest = kind.filter((bar) => !telling.has(bar));
  const [only] = rest;
  if (only === undefined) return [...telling];
  return [...telling, rest.length === 1 ? only : together(noun, rest)];
}

const took = ({ start, end }: Bar): number => end - start;

const together = (noun: string, rest: readonly Bar[]): Rest => ({
  noun,
  count: rest.length,
  start: Math.min(...rest.map(({ start }) => start)),
  end: Math.max(...rest.map(({ end }) => end)),
  shortest: Math.min(...rest.map(took)),
  longest: Math.max(...rest.map(took)),
  retries: rest.reduce((sum, { waits }) => sum + waits.length, 0),
});
