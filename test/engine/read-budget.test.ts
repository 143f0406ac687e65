/** When to look next: soon while an end is expected, seldom afterwards, and never more reads than there are. */
import { expect, test } from "vitest";
import { isFewFor, paceOf, pauseBefore } from "../../src/engine/read-budget.ts";

test.each([
  ["a machine, before it can be there", "machine", 0, 0, 1, 2000],
  ["a fault came before the first look", "machine", 1500, 0, 1, 500],
  ["one or two machines are asked themselves", "machine", 40_000, 0, 2, 1500],
  ["the last of a list, which were not asked until now", "machine", 40_000, 0, 9, 600, 3],
  ["until they were asked half as often as they may be", "machine", 40_000, 0, 2, 500, 13],
  ["and no more often", "machine", 40_000, 0, 2, 1500, 14],
  ["and are late", "machine", 100_000, 0, 2, 4000],
  ["three are in a list", "machine", 30_000, 3, 0, 500],
  ["later less often", "machine", 40_000, 3, 0, 600],
  ["and once a second", "machine", 90_000, 3, 0, 1000],
  ["a hundred are longer to read", "machine", 20_000, 150, 0, 750],
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
] as const)("%s", (_, kind, elapsed, listed, asking, ms, asked: number = 1000) => {
  expect(Math.round(pauseBefore(paceOf(kind), { elapsed, listed, asking, asked }))).toBe(ms);
});

test.each([
  [1, 1, true],
  [2, 200, false],
  [3, 201, true],
  [9, 1000, true],
  [10, 1000, false],
])("%d that wait, and a list of %d", (waiting, entries, few) => {
  expect(isFewFor(waiting, entries)).toBe(few);
});

test("a machine's operation is asked no more often than Compute allows, however long it takes", () => {
  // 45 in hand, 15 a minute more
  let [tokens, asked, elapsed] = [45, 0, 0];
  while (elapsed < 1_800_000) {
    const ms = pauseBefore(paceOf("machine"), { elapsed, listed: 0, asking: 1, asked });
    elapsed += ms;
    tokens = Math.min(45, tokens + ms / 4000) - 1;
    asked += 1;
    expect(tokens).toBeGreaterThanOrEqual(0);
  }
});
