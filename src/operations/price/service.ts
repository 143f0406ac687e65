/**
 * Who is asked for prices. Azure's own list is asked for Azure alone: a rehearsal has one of its own, and whoever works with another
 * Resource Manager says where prices come from, or there are none. Nobody signs in for it, and what goes wrong here stops nothing.
 */
import { CLOUDS, cloudAt } from "../../azure/clouds.ts";
import type { PriceFetch } from "../../azure/prices.ts";
import { PRICES_URL } from "../../core/price/variable.ts";
import { FLAGS, type FlagValues } from "../../core/spec/flags.ts";
import { isLoopback } from "../../core/loopback.ts";
import type { Surroundings } from "../surroundings.ts";

export interface PriceService {
  /** ISO 4217 */
  readonly currency: string;
  /** The list's address, or "rehearsal". */
  readonly source: string;
  /** Where it is asked; or why nobody is. */
  readonly list: { readonly base: string; readonly fetch: PriceFetch } | { readonly unknown: string };
}

/** @param rehearsed Azure is simulated */
export function priceService(
  outside: Pick<Surroundings, "env" | "prices">,
  given: Partial<FlagValues>,
  { rehearsed, fetch }: { readonly rehearsed: boolean; readonly fetch: PriceFetch },
): PriceService {
  const currency = given.currency ?? FLAGS.currency.default;
  const at = (base: string, ask: PriceFetch): PriceService => ({ currency, source: base, list: { base, fetch: ask } });
  const nobody = (unknown: string): PriceService => ({ currency, source: "", list: { unknown } });
  if (outside.prices !== undefined) return at(PRICES, outside.prices);
  if (rehearsed) return { currency, source: "rehearsal", list: { base: PRICES, fetch: rehearsal } };
  const named = outside.env[PRICES_URL] ?? "";
  if (named === "none") return nobody(`nobody is asked (${PRICES_URL}=none)`);
  if (named !== "")
    return isAllowed(named) ? at(named, fetch) : nobody(`${PRICES_URL} is no https URL, nor http on this machine`);
  const cloud = given.cloud ?? FLAGS.cloud.default;
  if (given.armEndpoint !== undefined && cloudAt(given.armEndpoint) === undefined)
    return nobody(`Azure's prices are not those of another Resource Manager (${PRICES_URL} names a list)`);
  if (cloud !== "AzureCloud" || (given.armEndpoint !== undefined && cloudAt(given.armEndpoint) !== CLOUDS.AzureCloud))
    return nobody(`${cloud === "AzureCloud" ? "this cloud" : cloud} has no price list that may be asked without a sign-in`);
  return at(PRICES, fetch);
}

// --- internal ---

/** Azure's list. */
const PRICES = "https://prices.azure.com/api/retail/prices";

function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const bare = username === "" && password === "" && search === "" && hash === "";
  return bare && (protocol === "https:" || (protocol === "http:" && isLoopback(text)));
}

/** The simulation's own list. */
const rehearsal: PriceFetch = async (url) => {
  const { priceList } = await import("../../sim/prices.ts");
  const { origin, searchParams } = new URL(url);
  const { status, headers, body } = priceList(
    origin,
    new Map([...searchParams].map(([name, value]) => [name.toLowerCase(), value])),
  );
  return new Response(body ?? null, { status, headers });
};
