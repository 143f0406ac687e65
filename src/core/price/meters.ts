/**
 * THE METERS: what a cluster pays for, by the names that Azure's price list has for it
 * (https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices). A meter says what to ask the list for and
 * which of the rows that come back is meant: a machine's size has rows for Windows, for Spot, and for services that are gone.
 */

/** A row of the price list, checked where it came in. */
export interface PriceRow {
  readonly price: number;
  /** "1 Hour", "1/Month" */
  readonly unit: string;
  readonly region: string;
  readonly service: string;
  readonly product: string;
  readonly meter: string;
  readonly sku: string;
  readonly armSku: string;
  readonly primary: boolean;
  /** The price counts from so many units on. */
  readonly from: number;
  /** When it counts, in milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

export interface Meter {
  /** As a person finds it in the list. */
  readonly name: string;
  /** The condition that finds its rows, for the list's `$filter`. */
  readonly filter: string;
  fits(row: PriceRow): boolean;
}

/** Of a machine's size; undefined for what can be no size. The list compares with regard to case, people do not write so. */
export function machineMeter(size: string, { spot = false }: { readonly spot?: boolean } = {}): Meter | undefined {
  if (!/^[a-z0-9_-]{1,80}$/i.test(size)) return undefined;
  const names = [...new Set([size, usualCase(size)])];
  return {
    name: spot ? `${size} Spot` : size,
    filter: names.map((name) => `armSkuName eq '${name}'`).join(" or "),
    fits: (row) =>
      row.service === "Virtual Machines" &&
      row.armSku.toLowerCase() === size.toLowerCase() &&
      row.product.startsWith("Virtual Machines") &&
      !/windows|cloud ?services/i.test(row.product) &&
      !/low priority/i.test(`${row.sku} ${row.meter}`) &&
      /\bspot\b/i.test(`${row.sku} ${row.meter}`) === spot,
  };
}

/**
 * Of a managed disk, which is paid for by the step that its size fits in; undefined where there are no steps (PremiumV2_LRS, UltraSSD_LRS).
 * https://learn.microsoft.com/azure/virtual-machines/disks-types
 */
export function diskMeter(sku: string, gib: number): Meter | undefined {
  const [, type = "", copies = ""] = /^(premium|standardssd|standard)_(lrs|zrs)$/i.exec(sku) ?? [];
  const letter = DISK_LETTERS[type.toLowerCase()];
  const step = DISK_STEPS.find(([most]) => gib <= most && (letter !== "S" || most >= LEAST_HDD_GIB));
  if (letter === undefined || step === undefined || !(gib > 0)) return undefined;
  const tier = `${letter}${step[1]} ${copies.toUpperCase()}`;
  return named({ service: "Storage", meter: `${tier} Disk` });
}

export const ADDRESS: Meter = named({ service: "Virtual Network", meter: "Standard IPv4 Static Public IP" });
/** The first five rules; inbound NAT rules count for nothing. */
export const BALANCER: Meter = named({ service: "Load Balancer", meter: "Standard Included LB Rules and Outbound Rules" });
/** Each rule more. */
export const MORE_RULES: Meter = named({ service: "Load Balancer", meter: "Standard Overage LB Rules and Outbound Rules" });
export const NAT_GATEWAY: Meter = named({ service: "NAT Gateway", meter: "Standard Gateway" });

export const INCLUDED_RULES = 5;

/** What one costs by the hour, and as the list has it; undefined where the list has no such row. */
export function priceOf(
  meter: Meter,
  rows: readonly PriceRow[],
  { location, now }: { readonly location: string; readonly now: number },
): { readonly unitPrice: number; readonly unit: string; readonly perHour: number } | undefined {
  const [best] = rows
    .filter((row) => isHere(row, location) && meter.fits(row) && row.start <= now && now < row.end)
    // free rows are of what is included elsewhere
    .filter((row) => row.price > 0 && HOURS[row.unit] !== undefined)
    .sort(
      (a, b) =>
        Number(isGlobal(a)) - Number(isGlobal(b)) ||
        Number(b.primary) - Number(a.primary) ||
        a.from - b.from ||
        b.start - a.start,
    );
  const hours = best && HOURS[best.unit];
  return best && hours ? { unitPrice: best.price, unit: best.unit, perHour: best.price / hours } : undefined;
}

// --- internal ---

/** Units of time by their hours; a month has 730 of them in Azure's own sums. Both ways of writing are the list's. */
const HOURS: Readonly<Record<string, number>> = {
  "1 Hour": 1,
  "1/Hour": 1,
  "1/Day": 24,
  "1 Day": 24,
  "1/Month": 730,
  "1 Month": 730,
};

const DISK_LETTERS: Readonly<Record<string, string>> = { premium: "P", standardssd: "E", standard: "S" };
/** The most GiB of a step, and its number. */
const DISK_STEPS: readonly (readonly [number, number])[] = [
  [4, 1],
  [8, 2],
  [16, 3],
  [32, 4],
  [64, 6],
  [128, 10],
  [256, 15],
  [512, 20],
  [1024, 30],
  [2048, 40],
  [4096, 50],
  [8192, 60],
  [16_384, 70],
  [32_767, 80],
];
/** Disks that turn have no smaller step. */
const LEAST_HDD_GIB = 32;

function named({ service, meter }: { readonly service: string; readonly meter: string }): Meter {
  return {
    name: meter,
    filter: `meterName eq '${meter}'`,
    fits: (row) => row.service === service && row.meter === meter,
  };
}

/** What has one price everywhere is listed for no region. */
const isGlobal = (row: PriceRow): boolean => row.region === "" || row.region.toLowerCase() === "global";

const isHere = (row: PriceRow, location: string): boolean => isGlobal(row) || row.region.toLowerCase() === location;

/** "standard_d2s_v5" is Standard_D2s_v5: capitals up to the first digit of the family, and of an accelerator's name. */
const usualCase = (size: string): string =>
  size
    .split("_")
    .map((part, index) => {
      if (index === 0) return part.charAt(0).toUpperCase() + part.slice(1).toLowerCase();
      if (/^v\d+$/i.test(part)) return part.toLowerCase();
      return part.toLowerCase().replace(/^[a-z]+/, (letters) => letters.toUpperCase());
    })
    .join("_");
