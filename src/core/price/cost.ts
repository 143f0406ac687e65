/**
 * What a cluster costs, out of what it pays for and a price list: an estimate, and said to be one. What has no price is named and
 * never taken for nothing. Pure.
 */
import type { CostDocument, CostItem } from "../documents.ts";
import { plural } from "../words.ts";
import { type PriceRow, priceOf } from "./meters.ts";
import { IMAGE_GIB, type Paid } from "./paid.ts";

/** What a price service has answered, or why it has not. */
export type PriceList = {
  readonly currency: string;
  /** Who says so: an address, or "rehearsal". */
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly at: number;
} & ({ readonly rows: readonly PriceRow[] } | { readonly unknown: string });

export interface CostQuestion {
  readonly paid: readonly Paid[];
  readonly list: PriceList;
  readonly location: string;
  readonly now: number;
  /** Sentences about what was taken for granted. */
  readonly assumed?: readonly string[];
}

const DAYS_30_HOURS = 720;

/** What comes on top, and is in no sum. */
const NOT_COUNTED = [
  "traffic",
  "disk operations",
  "boot diagnostics",
  "an uploaded image",
  "taxes",
  "discounts, reservations and credits",
];

export const DISK_SIZE_ASSUMED = `system disks of ${IMAGE_GIB} GiB, as the platforms' images have them`;

/** From now on. */
export function costOf(question: CostQuestion): CostDocument {
  const { list, assumed = [] } = question;
  const items = itemsOf(question);
  const known = items.filter((one) => one.perHour !== undefined);
  const perHour = sum(known.map((one) => one.perHour ?? 0));
  return {
    currency: list.currency,
    ...("unknown" in list || (known.length === 0 && items.length > 0)
      ? { complete: false, unknown: "unknown" in list ? list.unknown : "the price list has nothing of it" }
      : { perHour: rounded(perHour), per30Days: rounded(perHour * DAYS_30_HOURS), complete: known.length === items.length }),
    items,
    notCounted: NOT_COUNTED,
    assumed,
    source: list.source,
    at: new Date(list.at).toISOString(),
  };
}

/** And what it has cost since it was made: the age of each by its price. */
export function costSoFar(question: CostQuestion): CostDocument {
  const { paid, list, location, now } = question;
  const oldest = Math.min(...paid.flatMap(({ since }) => since ?? []));
  const undated = paid.some(({ since }) => since === undefined);
  const idle = paid.some((one) => one.idle);
  const cost = costOf({
    ...question,
    assumed: [
      ...(question.assumed ?? []),
      ...(undated && Number.isFinite(oldest) ? ["what has no date is as old as the oldest machine or disk"] : []),
      ...(idle ? ["machines that are deallocated now have run until now: it has cost less"] : []),
      "today's prices, for all the time; what was removed since is not in it",
    ],
  });
  if ("unknown" in list || !Number.isFinite(oldest) || oldest > now) return cost;
  const so = paid.map(({ meter, count, since }) => {
    const perHour = meter && priceOf(meter, list.rows, { location, now })?.perHour;
    return perHour === undefined ? undefined : (count * perHour * Math.max(0, now - (since ?? oldest))) / 3_600_000;
  });
  const known = so.filter((one) => one !== undefined);
  if (known.length === 0) return cost;
  const complete = cost.complete && known.length === paid.length;
  return { ...cost, complete, soFar: rounded(sum(known)), since: new Date(oldest).toISOString() };
}

// --- internal ---

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** To a millionth: what is smaller is an accident of binary numbers. */
const rounded = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/** Things of the same words together; what costs nothing at present is counted as none. */
const itemsOf = ({ paid, list, location, now }: CostQuestion): CostItem[] =>
  [...Map.groupBy(paid, ({ noun, detail }) => `${noun} ${detail}`).values()].flatMap((ones) => {
    const count = sum(ones.map((one) => (one.idle === true ? 0 : one.count)));
    const [first] = ones;
    if (first === undefined || count === 0) return [];
    const { noun, detail, meter } = first;
    const price = "unknown" in list || meter === undefined ? undefined : priceOf(meter, list.rows, { location, now });
    return {
      what: `${plural(noun, count)} ${detail}`.trim(),
      count,
      ...(meter === undefined ? {} : { meter: meter.name }),
      ...(price && { unitPrice: price.unitPrice, unit: price.unit, perHour: rounded(price.perHour * count) }),
    };
  });
