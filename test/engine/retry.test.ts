/** What is tried again, how long, and what is final: one row for each kind of answer. */
import { expect, test } from "vitest";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { createBudget } from "../../src/engine/retry.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { azureError } from "./memory.ts";

const budget = (random = 0.5) => createBudget(createVirtualClock(0), () => random);

test.each([
  ["a reset", azureError("ECONNRESET"), "transient", true],
  ["no answer in time", azureError("ETIMEDOUT"), "transient", true],
  ["500", azureError("InternalServerError", { status: 500 }), "transient", true],
  ["503", azureError("ServiceUnavailable", { status: 503 }), "transient", true],
  ["an unknown code with 502", azureError("Odd", { status: 502 }), "transient", true],
  ["408", azureError("RequestTimeout", { status: 408 }), "transient", true],
  ["429", azureError("TooManyRequests", { status: 429 }), "throttle", false],
  ["429 of the network, because of another operation", azureError("RetryableError", { status: 429 }), "contention", false],
  ["409 because of another operation", azureError("AnotherOperationInProgress", { status: 409 }), "contention", false],
  ["an interface that is reserved", azureError("NicReservedForAnotherVm", { status: 400 }), "contention", false],
  ["a reference that ARM does not know yet", azureError("InvalidResourceReference", { status: 400 }), "lag", false],
  ["a group that ARM does not know yet", azureError("ResourceGroupNotFound", { status: 404 }), "lag", false],
])("%s", (_, error, kind, ambiguous) => {
  expect(budget().next(error)).toMatchObject({ kind, ambiguous });
});

test.each([
  ["a quota", azureError("QuotaExceeded", { status: 409 })],
  ["a name that is taken", azureError("DnsRecordInUse", { status: 400 })],
  ["no right", azureError("AuthorizationFailed", { status: 403 })],
  ["a bad request", azureError("InvalidRequestContent", { status: 400 })],
  [
    "an operation whose reference was missing: the request is not at fault",
    azureError("NotFound", { status: 404, operation: true }),
  ],
  ["what is not Azure's", new TypeError("a fault of ours")],
])("final: %s", (_, error) => {
  expect(budget().next(error)).toBeUndefined();
});

test.each([
  ["a header, of a 429", azureError("TooManyRequests", { status: 429, retryAfterMs: 17_000 }), 17_000],
  ["a header, of a 503", azureError("ServiceUnavailable", { status: 503, retryAfterMs: 3000 }), 3000],
  ["the text", new AzureError("RetryableError", "The request can be retried in 12 seconds.", { status: 429 }), 12_000],
])("a wait that Azure asks for is obeyed: %s", (_, error, waitMs) => {
  expect(budget(0).next(error)).toMatchObject({ waitMs, asked: true });
  expect(budget(1).next(error)).toMatchObject({ waitMs, asked: true });
});

test("a 429 that names no time is waited out for a moment: what more it takes, all who were refused learn together", () => {
  const one = budget();
  for (let i = 0; i < 3; i++)
    expect(one.next(azureError("TooManyRequests", { status: 429 }))).toMatchObject({ waitMs: 750, asked: false });
});

test("waits grow, within bounds, with half of each by chance", () => {
  const [least, most] = [budget(0), budget(1)];
  const waits = Array.from({ length: 12 }, () => [least, most].map((one) => one.next(azureError("ECONNRESET"))?.waitMs ?? -1));
  for (const [index, [low = 0, high = 0]] of waits.entries()) {
    expect(high).toBe(Math.min(20_000, 500 * 2 ** index));
    expect(low).toBe(high / 2);
  }
});

test("trouble has an end: twelve faults in a row, or five minutes of contention", async () => {
  const faults = budget();
  for (let i = 0; i < 12; i++) expect(faults.next(azureError("ECONNRESET"))).toBeDefined();
  expect(faults.next(azureError("ECONNRESET"))).toBeUndefined();
  const clock = createVirtualClock(0);
  const contended = createBudget(clock, () => 0.5);
  const busy = azureError("AnotherOperationInProgress", { status: 409 });
  let waited = 0;
  for (let next = contended.next(busy); next !== undefined; next = contended.next(busy)) {
    waited += next.waitMs;
    await clock.sleep(next.waitMs);
    expect(waited).toBeLessThan(3_600_000);
  }
  // longer than the 180 s for which Azure keeps an interface
  expect(waited).toBeGreaterThan(180_000);
});

test("a success in between gives trouble a budget of its own", () => {
  const faults = budget();
  for (let i = 0; i < 40; i++) {
    expect(faults.next(azureError("ECONNRESET"))).toBeDefined();
    if (i % 8 === 7) faults.reset();
  }
});

test("a side in trouble that asks for no wait is not hammered, and its trouble has an end", () => {
  const trouble = new AzureError("ServiceUnavailable", "busy", { status: 503, retryAfterMs: 0 });
  const waits: number[] = [];
  const one = budget();
  for (let retry = one.next(trouble); retry !== undefined && waits.length < 100; retry = one.next(trouble))
    waits.push(retry.waitMs);
  expect(waits.length).toBeLessThan(20);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
});

test("a reference that ARM does not know yet is waited for five times, a passing fault twelve, a name that is none five", () => {
  const tries = (error: AzureError): number => {
    const one = budget();
    let count = 0;
    while (one.next(error) !== undefined) count++;
    return count;
  };
  expect(tries(azureError("InvalidResourceReference", { status: 400 }))).toBe(5);
  expect(tries(azureError("ECONNRESET"))).toBe(12);
  expect(tries(azureError("ENOTFOUND"))).toBe(5);
});
