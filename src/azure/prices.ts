/**
 * Azure's list of retail prices: asked without a sign-in, and without anything that says who asks. What answers may be anybody who can
 * stand in the way, so every answer is counted, checked row by row, and followed to no other address.
 */
import { textUpTo } from "../core/text-up-to.ts";
import type { PriceRow } from "../core/price/meters.ts";
import { misfit } from "./shape.ts";

/** As far as it is used. A redirection is an error. */
export type PriceFetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

export interface PriceQuery {
  /** ISO 4217 */
  readonly currency: string;
  /** As ARM writes it: "westus". */
  readonly location: string;
  /** Conditions, of which one is enough: "meterName eq 'P4 LRS Disk'". */
  readonly filters: readonly string[];
}

/** @throws Error, in words, for what is no answer of a price list */
export async function readPrices(fetch: PriceFetch, base: string, query: PriceQuery, signal: AbortSignal): Promise<PriceRow[]> {
  const rows: PriceRow[] = [];
  const asked = new Set<string>();
  for (let next: string | undefined = addressOf(base, query); next !== undefined && asked.size < MOST_PAGES;) {
    asked.add(next);
    const page = await readPage(fetch, next, signal);
    rows.push(...page.items.flatMap((item) => rowOf(item, query.currency) ?? []));
    next = nextOf(page.next, base);
    if (next !== undefined && asked.has(next)) break;
  }
  return rows;
}

// --- internal ---

/** A question is answered in one page: prices of some meters in one place. */
const MOST_PAGES = 5;
/** A page has a thousand rows at most, of less than a kilobyte each. */
const MOST_BYTES = 2 * 1024 * 1024;
const MOST_PRICE = 1e6;

function addressOf(base: string, { currency, location, filters }: PriceQuery): string {
  const where = `(armRegionName eq '${location}' or armRegionName eq 'Global')`;
  const filter = `${where} and priceType eq 'Consumption' and (${[...filters].sort().join(" or ")})`;
  // a blank as +, which is what URLSearchParams writes, is not a blank to everybody
  const words = [
    ["api-version", "2023-01-01-preview"],
    ["currencyCode", `'${currency}'`],
    ["$filter", filter],
  ].map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`);
  return `${base}?${words.join("&")}`;
}

/** The next page, where it is one of the same list. */
function nextOf(link: string | undefined, base: string): string | undefined {
  if (link === undefined || link === "" || !URL.canParse(link)) return undefined;
  const [url, own] = [new URL(link), new URL(base)];
  const same = url.origin === own.origin && url.pathname === own.pathname && url.username === "" && url.password === "";
  return same ? url.href : undefined;
}

async function readPage(
  fetch: PriceFetch,
  url: string,
  signal: AbortSignal,
): Promise<{ items: readonly unknown[]; next: string | undefined }> {
  const response = await fetch(url, { signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the price service answered ${response.status}`);
  }
  const page = parsed(await textUpTo(response, MOST_BYTES));
  if (misfit(page, { "Items!": [{}], NextPageLink: "text" }) !== undefined) throw notAList();
  const { Items: items, NextPageLink: next } = page as { Items: unknown[]; NextPageLink?: string | null };
  return { items, next: next ?? undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notAList();
  }
}

const notAList = (): Error => new Error("what the price service answered is no list of prices");

const ROW = {
  "currencyCode!": "text",
  "retailPrice!": "number",
  "unitOfMeasure!": "text",
  "serviceName!": "text",
  "productName!": "text",
  "meterName!": "text",
  skuName: "text",
  armSkuName: "text",
  armRegionName: "text",
  tierMinimumUnits: "number",
  isPrimaryMeterRegion: "flag",
  effectiveStartDate: "time",
  effectiveEndDate: "time",
  type: "text",
} as const;

interface Item {
  readonly currencyCode: string;
  readonly retailPrice: number;
  readonly unitOfMeasure: string;
  readonly serviceName: string;
  readonly productName: string;
  readonly meterName: string;
  readonly skuName?: string | null;
  readonly armSkuName?: string | null;
  readonly armRegionName?: string | null;
  readonly tierMinimumUnits?: number | null;
  readonly isPrimaryMeterRegion?: boolean | null;
  readonly effectiveStartDate?: string | null;
  readonly effectiveEndDate?: string | null;
  readonly type?: string | null;
}

/** Undefined for what is none, or of another currency than was asked for: its meter then has no price, and that is said. */
function rowOf(value: unknown, currency: string): PriceRow | undefined {
  if (misfit(value, ROW) !== undefined) return undefined;
  const item = value as Item;
  if (item.currencyCode !== currency || !(item.retailPrice >= 0 && item.retailPrice <= MOST_PRICE)) return undefined;
  if ((item.type ?? "Consumption") !== "Consumption") return undefined;
  return {
    price: item.retailPrice,
    unit: item.unitOfMeasure,
    region: item.armRegionName ?? "",
    service: item.serviceName,
    product: item.productName,
    meter: item.meterName,
    sku: item.skuName ?? "",
    armSku: item.armSkuName ?? "",
    primary: item.isPrimaryMeterRegion ?? true,
    from: item.tierMinimumUnits ?? 0,
    start: timeOf(item.effectiveStartDate, 0),
    end: timeOf(item.effectiveEndDate, Number.POSITIVE_INFINITY),
  };
}

const timeOf = (text: string | null | undefined, otherwise: number): number =>
  text === undefined || text === null ? otherwise : Date.parse(text);
