/** A run's time is up: no sleep goes past it, whoever sleeps. */
import { expect, test } from "vitest";
import { withDeadline } from "../../src/operations/deadline-clock.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

test.each([
  ["that ends before it", 9_999, 9_999, false],
  ["that would end with it", 10_000, 10_000, true],
  ["that would end after it", 3_600_000, 10_000, true],
])("a sleep %s", async (_, ms, until, late) => {
  const clock = createVirtualClock(0);
  const over = new Error("over");
  const sleep = withDeadline(clock, 10_000, () => over).sleep(ms);
  if (late) await expect(sleep).rejects.toBe(over);
  else await sleep;
  expect(clock.now()).toBe(until);
});

test("a sleep after it ends at once, and an abort before it with its own reason", async () => {
  const clock = createVirtualClock(20_000);
  const over = new Error("over");
  await expect(withDeadline(clock, 10_000, () => over).sleep(5)).rejects.toBe(over);
  expect(clock.now()).toBe(20_000);
  const stop = new AbortController();
  const sleep = withDeadline(clock, 60_000, () => over).sleep(1000, stop.signal);
  stop.abort(new Error("enough"));
  await expect(sleep).rejects.toThrow("enough");
});
