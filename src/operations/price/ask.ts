/**
 * Asks for prices beside whatever else is done, within a time limit for all of it. It ends with a list or with a sentence why there is
 * none, and never with an error: nobody's cluster waits for a price.
 */
import type { PriceList } from "../../core/price/cost.ts";
import type { Meter } from "../../core/price/meters.ts";
import { plain } from "../../core/words.ts";
import type { Run } from "../run.ts";

/** A question that is on its way. */
export interface Asked {
  readonly location: string;
  readonly filters: ReadonlySet<string>;
  /** Never rejects. */
  readonly list: Promise<PriceList>;
}

export function askPrices(run: Run, location: string, meters: readonly (Meter | undefined)[]): Asked {
  const filters = new Set(meters.flatMap((meter) => meter?.filter ?? []));
  return { location, filters, list: read(run, location, filters) };
}

/** The list with all that is needed in the end: what was not thought of is asked for now. */
export async function listFor(
  run: Run,
  asked: Asked,
  location: string,
  meters: readonly (Meter | undefined)[],
): Promise<PriceList> {
  const missing = meters.filter(
    (meter) => meter !== undefined && (location !== asked.location || !asked.filters.has(meter.filter)),
  );
  const known = await asked.list;
  if (missing.length === 0 || "unknown" in known) return known;
  const more = await askPrices(run, location, missing).list;
  return "unknown" in more ? known : { ...more, rows: [...known.rows, ...more.rows] };
}

// --- internal ---

/** For all pages together. A healthy list answers in a part of it. */
const DEADLINE_MS = 2000;

async function read({ prices, clock, tools }: Run, location: string, filters: ReadonlySet<string>): Promise<PriceList> {
  const { currency, source, list } = prices;
  const about = { currency, source, at: clock.now() };
  if ("unknown" in list) return { ...about, unknown: list.unknown };
  if (!/^[a-z0-9]{1,60}$/.test(location) || filters.size === 0) return { ...about, rows: [] };
  const [late, answered] = [new AbortController(), new AbortController()];
  const deadline = clock.sleep(DEADLINE_MS, answered.signal).then(
    () => {
      const error = new Error(`no answer from the price service within ${DEADLINE_MS / 1000} s`);
      late.abort(error);
      throw error;
    },
    () => new Promise<never>(() => undefined),
  );
  const asking = async () => {
    const { readPrices } = await import("../../azure/prices.ts");
    const query = { currency, location, filters: [...filters] };
    return readPrices(list.fetch, list.base, query, AbortSignal.any([late.signal, tools.signal]));
  };
  try {
    return { ...about, rows: await Promise.race([asking(), deadline]) };
  } catch (error) {
    return { ...about, unknown: reason(error, list.base) };
  } finally {
    answered.abort();
  }
}

/** In one line. What a proxy's failure says is in words already; a socket's is a code. */
function reason(error: unknown, base: string): string {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (typeof code === "string" && /^E[A-Z_]+$/.test(code)) return `${new URL(base).host} cannot be reached (${code})`;
  return plain(typeof message === "string" ? message : String(error)).slice(0, 200);
}
