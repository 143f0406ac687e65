/** Azure's price list as a stranger: what it may answer, how much, and where it may lead. */
import { expect, test } from "vitest";
import { readPrices } from "../../src/azure/prices.ts";

const BASE = "https://prices.azure.com/api/retail/prices";
const QUERY = { currency: "EUR", location: "westus", filters: ["meterName eq 'P4 LRS Disk'", "armSkuName eq 'Standard_D2s_v5'"] };
const { signal } = new AbortController();

const item = (more: object = {}) => ({
  currencyCode: "EUR",
  tierMinimumUnits: 0,
  retailPrice: 0.1,
  armRegionName: "westus",
  productName: "Virtual Machines DSv5 Series",
  skuName: "D2s v5",
  serviceName: "Virtual Machines",
  meterName: "D2s v5",
  unitOfMeasure: "1 Hour",
  type: "Consumption",
  isPrimaryMeterRegion: true,
  armSkuName: "Standard_D2s_v5",
  effectiveStartDate: "2024-01-01T00:00:00Z",
  ...more,
});
const page = (items: readonly unknown[], NextPageLink: unknown = null): string =>
  JSON.stringify({ Items: items, NextPageLink, Count: 1 });

/** Prices, and the addresses that were asked, when the service answers with these in turn; the last one again and again. */
async function ask(answers: readonly (string | Response)[], base = BASE): Promise<{ prices: number[]; asked: URL[] }> {
  const asked: URL[] = [];
  const fetch = (url: string): Promise<Response> => {
    asked.push(new URL(url));
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? "";
    return Promise.resolve(typeof answer === "string" ? new Response(answer) : answer);
  };
  return { prices: (await readPrices(fetch, base, QUERY, signal)).map(({ price }) => price), asked };
}

test("one question for all meters, in the words of the service", async () => {
  const { asked } = await ask([page([])]);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.origin).toBe("https://prices.azure.com");
  expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
    "api-version": "2023-01-01-preview",
    currencyCode: "'EUR'",
    $filter:
      "(armRegionName eq 'westus' or armRegionName eq 'Global') and priceType eq 'Consumption' and " +
      "(armSkuName eq 'Standard_D2s_v5' or meterName eq 'P4 LRS Disk')",
  });
  expect(asked[0]?.search).not.toContain("+");
});

test.each<[string, object, number]>([
  ["a row", {}, 1],
  ["another currency than was asked for", { currencyCode: "USD" }, 0],
  ["a text for a price", { retailPrice: "0.1" }, 0],
  ["less than nothing", { retailPrice: -1 }, 0],
  ["a fortune", { retailPrice: 1e9 }, 0],
  ["no price", { retailPrice: null }, 0],
  ["a number for a name", { meterName: 7 }, 0],
  ["a date that is none", { effectiveStartDate: "soon" }, 0],
  ["a reservation", { type: "Reservation" }, 0],
  ["no region", { armRegionName: null }, 1],
])("%s is %s taken so many times: %i", async (_, more, count) => {
  expect((await ask([page([item(more)])])).prices).toHaveLength(count);
});

test.each<[string, string]>([
  ["HTML", "<html>Sign in to the hotel's network</html>"],
  ["no JSON", "{"],
  ["nothing", ""],
  ["no list", '{"Items":7}'],
  ["a list alone", "[]"],
  ["texts for rows", page(["a"])],
  ["a number for the next page", page([], 7)],
])("%s is no list of prices", async (_, body) => {
  await expect(ask([body])).rejects.toThrow("no list of prices");
});

test.each([400, 401, 404, 429, 500, 503])("an answer of %i is said", async (status) => {
  await expect(ask([new Response("{}", { status })])).rejects.toThrow(`answered ${status}`);
});

test("an answer without end is given up, and not read to the end", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({ pull: (to) => (sent++, to.enqueue(new Uint8Array(65_536).fill(32))) });
  await expect(ask([new Response(endless)])).rejects.toThrow("longer than 2 MiB");
  expect(sent).toBeLessThan(40);
});

test.each<[string, string, number]>([
  ["the same list", `${BASE}?$skip=1000`, 2],
  ["the same list with its port", "https://prices.azure.com:443/api/retail/prices?$skip=1000", 2],
  ["another host", "https://prices.example/api/retail/prices?$skip=1000", 1],
  ["a host below", "https://prices.azure.com.example/api/retail/prices", 1],
  ["another path", "https://prices.azure.com/elsewhere?$skip=1000", 1],
  ["http", "http://prices.azure.com/api/retail/prices?$skip=1000", 1],
  ["another port", "https://prices.azure.com:8443/api/retail/prices", 1],
  ["a user", "https://you@prices.azure.com/api/retail/prices?$skip=1000", 1],
  ["this machine", "http://169.254.169.254/metadata/identity", 1],
  ["nothing that is a URL", "next", 1],
])("a next page at %s", async (_, next, count) => {
  const { prices, asked } = await ask([page([item()], next), page([item()])]);
  expect(asked).toHaveLength(count);
  expect(prices).toHaveLength(count);
});

test("next pages that lead in a circle, or never end, come to an end", async () => {
  const circle = await ask([page([item()], `${BASE}?a`), page([item()], `${BASE}?b`), page([item()], `${BASE}?a`)]);
  expect(circle.asked).toHaveLength(3);
  let count = 0;
  const endless = {
    get next() {
      return `${BASE}?$skip=${count++}`;
    },
  };
  const fetch = () => Promise.resolve(new Response(page([item()], endless.next)));
  expect(await readPrices(fetch, BASE, QUERY, signal)).toHaveLength(5);
});
