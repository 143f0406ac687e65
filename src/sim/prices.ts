/**
 * The price list of the simulation, in the shape of Azure's (https://prices.azure.com/api/retail/prices): a small table, the same
 * everywhere, near what Azure asked for in 2026 and no more than that. With the rows that a reader must pass over: Windows, Spot, services
 * that are gone. Needs no sign-in, and knows nothing of what is in the simulated Azure.
 */
import { SIZES } from "./catalogue/sizes.ts";
import { answer, type SimAnswer } from "./message.ts";

export const isPriceList = (path: string): boolean => path === "/api/retail/prices";

/** @param query names in lower case */
export function priceList(origin: string, query: ReadonlyMap<string, string>): SimAnswer {
  const currency = (query.get("currencycode") ?? "USD").replaceAll("'", "");
  const rate = RATES[currency];
  const words = query.get("$filter");
  if (rate === undefined) return refused(`The currency ${currency} is not supported.`);
  const fits = words === undefined ? () => true : readFilter(words);
  if (fits === undefined) return refused("The query specified in the URI is not valid.");
  const found = rows(regionsIn(words ?? "")).filter((row) => fits(row));
  const skip = Number(query.get("$skip") ?? 0) || 0;
  const page = found.slice(skip, skip + PAGE);
  const next = new URLSearchParams({ ...Object.fromEntries(query), $skip: String(skip + PAGE) });
  return answer(200, {
    BillingCurrency: currency,
    CustomerEntityId: "Default",
    CustomerEntityType: "Retail",
    Items: page.map((row) => priced(row, currency, rate)),
    NextPageLink: found.length > skip + PAGE ? `${origin}/api/retail/prices?${next.toString()}` : null,
    Count: page.length,
  });
}

// --- internal ---

interface Row {
  readonly serviceName: string;
  readonly productName: string;
  readonly meterName: string;
  readonly skuName: string;
  readonly armSkuName?: string;
  readonly armRegionName: string;
  readonly unitOfMeasure: string;
  readonly usd: number;
  readonly priceType?: string;
}

const PAGE = 1000;

/** Of a dollar. */
const RATES: Readonly<Record<string, number>> = {
  USD: 1,
  AUD: 1.5,
  BRL: 5.4,
  CAD: 1.38,
  CHF: 0.82,
  CNY: 7.1,
  DKK: 6.6,
  EUR: 0.88,
  GBP: 0.76,
  INR: 86,
  JPY: 148,
  KRW: 1390,
  NOK: 10.2,
  NZD: 1.68,
  RUB: 80,
  SEK: 9.7,
  TWD: 30,
};

/** An hour of one core. */
const CORE_USD: readonly (readonly [RegExp, number])[] = [
  [/^Standard_E/, 0.063],
  [/^Standard_B/, 0.0416],
  [/ps_v5$/, 0.0385],
  [/ds_v5$/, 0.0565],
  [/^Standard_D3_v2$/, 0.057],
  [/./, 0.048],
];

/** A month of a disk with local copies, by type and number. */
const DISK_USD: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  "Premium SSD": {
    1: 0.6,
    2: 1.2,
    3: 2.4,
    4: 5.28,
    6: 10.21,
    10: 19.71,
    15: 38.01,
    20: 73.22,
    30: 135.17,
    40: 259.05,
    50: 495.57,
    60: 946.08,
    70: 1802.06,
    80: 3604.11,
  },
  "Standard SSD": {
    1: 0.3,
    2: 0.6,
    3: 1.2,
    4: 2.4,
    6: 4.8,
    10: 9.6,
    15: 19.2,
    20: 38.4,
    30: 76.8,
    40: 153.6,
    50: 307.2,
    60: 614.4,
    70: 1228.8,
    80: 2457.6,
  },
  "Standard HDD": {
    4: 1.54,
    6: 3.01,
    10: 5.89,
    15: 11.33,
    20: 21.76,
    30: 40.96,
    40: 77.83,
    50: 143.36,
    60: 262.14,
    70: 524.29,
    80: 1048.58,
  },
};
const LETTERS: Readonly<Record<string, string>> = { "Premium SSD": "P", "Standard SSD": "E", "Standard HDD": "S" };

/** What Azure lists for no region. */
const EVERYWHERE: readonly Omit<Row, "armRegionName">[] = (
  [
    ["Load Balancer", "Load Balancer", "Standard Included LB Rules and Outbound Rules", "1 Hour", 0.025],
    ["Load Balancer", "Load Balancer", "Standard Overage LB Rules and Outbound Rules", "1/Hour", 0.01],
    ["Load Balancer", "Load Balancer", "Standard Data Processed", "1 GB", 0.005],
    ["NAT Gateway", "NAT Gateway", "Standard Gateway", "1 Hour", 0.045],
    ["NAT Gateway", "NAT Gateway", "Standard Data Processed", "1 GB", 0.045],
    ["ExpressRoute", "ExpressRoute Gateway", "Standard Gateway", "1 Hour", 0.19],
  ] as const
).map(([serviceName, productName, meterName, unitOfMeasure, usd]) => {
  const skuName = "Standard";
  return { serviceName, productName, meterName, skuName, unitOfMeasure, usd };
});

const rows = (regions: readonly string[]): Row[] => [
  ...regions.flatMap((armRegionName) => regional().map((row) => ({ ...row, armRegionName }))),
  ...EVERYWHERE.map((row) => ({ ...row, armRegionName: "Global" })),
];

function regional(): Omit<Row, "armRegionName">[] {
  const machines = SIZES.flatMap(({ name, cores }) => {
    const usd = cores * (CORE_USD.find(([pattern]) => pattern.test(name))?.[1] ?? 0);
    const sku = name.replace("Standard_", "").replaceAll("_", " ");
    const product = `Virtual Machines ${sku.replace(/\d+/, "")} Series`;
    const base = { serviceName: "Virtual Machines", armSkuName: name, unitOfMeasure: "1 Hour" };
    return [
      { ...base, productName: product, meterName: sku, skuName: sku, usd },
      { ...base, productName: `${product} Windows`, meterName: sku, skuName: sku, usd: usd * 1.9 },
      { ...base, productName: product, meterName: `${sku} Spot`, skuName: `${sku} Spot`, usd: usd * 0.2 },
      { ...base, productName: product, meterName: `${sku} Low Priority`, skuName: `${sku} Low Priority`, usd: usd * 0.25 },
      { ...base, productName: `${sku} Series Cloud Services`, meterName: sku, skuName: sku, usd: usd * 1.1 },
    ];
  });
  const disks = Object.entries(DISK_USD).flatMap(([type, steps]) =>
    Object.entries(steps).flatMap(([step, usd]) => {
      const skuName = `${LETTERS[type]}${step} LRS`;
      const base = { serviceName: "Storage", productName: `${type} Managed Disks`, skuName };
      return [
        { ...base, meterName: `${skuName} Disk`, unitOfMeasure: "1/Month", usd },
        { ...base, meterName: `${skuName} Disk Mount`, unitOfMeasure: "1/Month", usd: usd / 20 },
      ];
    }),
  );
  const address = { serviceName: "Virtual Network", productName: "IP Addresses", skuName: "Standard", unitOfMeasure: "1 Hour" };
  return [...machines, ...disks, { ...address, meterName: "Standard IPv4 Static Public IP", usd: 0.005 }];
}

const priced = ({ usd, priceType = "Consumption", ...row }: Row, currencyCode: string, rate: number) => {
  const price = Number((usd * rate).toFixed(6));
  return {
    currencyCode,
    tierMinimumUnits: 0,
    retailPrice: price,
    unitPrice: price,
    armSkuName: "",
    location: row.armRegionName,
    effectiveStartDate: "2024-01-01T00:00:00Z",
    serviceFamily: "Simulated",
    type: priceType,
    isPrimaryMeterRegion: true,
    ...row,
  };
};

/** Without one in the filter nobody is interested in where. */
const regionsIn = (filter: string): string[] => {
  const named = [...filter.matchAll(/armRegionName eq '([a-z0-9]+)'/g)].map(([, region = ""]) => region);
  return named.length === 0 ? ["westus"] : [...new Set(named)];
};

/** Of OData what such questions need: `name eq 'text'`, and, or, brackets. Names and texts with regard to case, as Azure has it. */
function readFilter(text: string): ((row: Row) => boolean) | undefined {
  const tokens = tokensOf(text);
  let at = 0;
  const any = (): Test => {
    const tests = [all()];
    while (tokens[at] === "or") tests.push((at++, all()));
    return (row) => tests.some((test) => test(row));
  };
  const all = (): Test => {
    const tests = [one()];
    while (tokens[at] === "and") tests.push((at++, one()));
    return (row) => tests.every((test) => test(row));
  };
  const one = (): Test => {
    const token = tokens[at++] ?? "";
    if (token === "(") {
      const inner = any();
      if (tokens[at++] !== ")") throw new Error("brackets");
      return inner;
    }
    const [, name = "", value = ""] = /^(\w+) eq '(.*)'$/.exec(token) ?? [];
    if (name === "") throw new Error("condition");
    const wanted = value.replaceAll("''", "'");
    return (row) => String(name === "priceType" ? (row.priceType ?? "Consumption") : (row[name as keyof Row] ?? "")) === wanted;
  };
  try {
    const whole = any();
    return at === tokens.length ? whole : undefined;
  } catch {
    return undefined;
  }
}

type Test = (row: Row) => boolean;

/** What is no token is one of its own, that nothing accepts. */
const tokensOf = (text: string): string[] =>
  [...text.matchAll(/\s*(\(|\)|\b(?:and|or)\b|\w+ eq '(?:[^']|'')*'|\S)/g)].map(([, token = ""]) => token);

const refused = (message: string): SimAnswer => answer(400, { Error: { Code: "BadRequest", Message: message } });
