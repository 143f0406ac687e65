/** A create against a subscription that gives little, and tells so: it waits, and is refused nothing. */
import { expect, test } from "vitest";
import { ownAzure } from "./world.ts";

test.each([
  ["a small bucket of writes", { writes: [20, 2] as const }],
  ["few writes to Network within a minute", { networkChanges: [20, 60] as const }],
])("%s: %j", async (what, limits) => {
  const azure = ownAzure({ seconds: {}, limits });
  const { exit, stderr } = await azure.run("mycluster --num-nodes 16");
  expect(exit, stderr).toBe(0);
  const refused = azure.exchanges.filter(({ answer }) => answer?.status === 429);
  if (what.startsWith("a small")) expect(refused).toEqual([]);
  // a limit that no answer tells of is found by one refusal of those in flight, and then kept to
  else expect(refused.length).toBeLessThanOrEqual(16);
});
