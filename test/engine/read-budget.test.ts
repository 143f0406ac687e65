/** When to look next: soon while an end is expected, seldom afterwards, and never more reads than there are. */
import { expect, test } from "vitest";
import { paceOf, pauseBefore } from "../../src/engine/read-budget.ts";

test.each([
  ["a machine, before it can be there", "machine", 0, 0, 1, 2000],
  ["a fault came before the first look", "machine", 1500, 0, 1, 500],
  ["one or two machines are asked themselves", "machine", 40_000, 0, 2, 1500],
  ["and are late", "machine", 100_000, 0, 2, 4000],
  ["three are in a list", "machine", 40_000, 3, 0, 1000],
  ["two hundred are one page", "machine", 40_000, 200, 0, 1000],
  ["a thousand are five", "machine", 40_000, 1000, 0, 2000],
  ["a thousand that are late", "machine", 300_000, 1000, 0, 4000],
  ["a thousand of which no list tells", "machine", 40_000, 0, 1000, 66_667],
  ["a network", "network", 500, 0, 1, 250],
  ["a balancer that is changed", "loadBalancer", 10_000, 0, 1, 500],
  ["a slow one", "loadBalancer", 40_000, 0, 1, 1000],
  ["a very slow one", "loadBalancer", 90_000, 0, 1, 3000],
  ["a hundred interfaces that are deleted", "networkInterface", 3000, 0, 100, 6667],
  ["a group that is deleted", "groupDelete", 30_000, 0, 1, 1500],
] as const)("%s", (_, kind, elapsed, listed, asking, ms) => {
  expect(Math.round(pauseBefore(paceOf(kind), { elapsed, listed, asking }))).toBe(ms);
});
