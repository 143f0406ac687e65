/** When to ask next: never before there can be anything to see, then by a share of what has gone by. */
import { expect, test } from "vitest";
import { nextLook } from "../../src/engine/schedule.ts";

const schedule = { first: 2000, least: 500, most: 5000 };

test.each([
  ["at the start", 0, 2000],
  ["a fault came before the first", 1500, 500],
  ["eager", 2000, 500],
  ["a tenth of what has gone by", 20_000, 2000],
  ["patient", 600_000, 5000],
])("%s", (_, elapsed, wait) => {
  expect(nextLook(schedule, elapsed)).toBe(wait);
});
