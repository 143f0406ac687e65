/** How long a command has that works on one node after the other. */
import { expect, test } from "vitest";
import { replaceMs } from "../../src/operations/time-limits.ts";

test.each([
  [["1"], 30],
  [["mycluster-coreos-1", "2"], 30],
  [["0-4"], 50],
  [["0..4"], 50],
  [["0-4", "7", "9-8"], 70],
  [["0-999"], 10_000],
  [["0-9999999"], 10_080],
])("replacing %j has %i minutes", (nodes, minutes) => {
  expect(replaceMs(nodes)).toBe(minutes * 60_000);
});
