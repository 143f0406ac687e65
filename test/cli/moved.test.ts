/** Resources that somebody has moved out of a cluster's own group are not forgotten: they are paid for as before. */
import { expect, test } from "vitest";
import type { CloudState } from "../../src/sim/cloud.ts";
import { addGroup, everything } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

/** A cluster, of which all but the group, or only its address, has gone to another group with `az resource move`. */
async function moved(what: "all" | "its address"): Promise<TestAzure> {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines");
  expect(exit, stderr).toBe(0);
  await addGroup(azure, "other");
  const path = what === "all" ? "" : "providers/Microsoft.Network/publicIPAddresses/";
  const { entries, ...rest } = JSON.parse(
    JSON.stringify(azure.simulation.save()).replaceAll(new RegExp(`(/resourcegroups/)abc/(${path})`, "gi"), "$1other/$2"),
  ) as CloudState;
  const inPlace = entries.map((one) =>
    one.group === undefined ? one : { ...one, group: /^.*?\/resourcegroups\/[^/]+/i.exec(one.key)?.[0] ?? one.group },
  );
  return ownAzure({ state: { ...rest, entries: inPlace } });
}

test.each(["all", "its address"] as const)(
  "%s: status and remove name the other group, and a destroy says what is there",
  async (what) => {
    const azure = await moved(what);
    for (const command of ["status abc --no-nodes", "remove abc 0 --yes"]) {
      const { exit, stderr } = await azure.run(command);
      expect([exit, stderr], command).toEqual([1, expect.stringContaining("Give --resource-group other: ")]);
    }
    const { exit, stderr } = await azure.run("destroy abc --yes");
    expect([exit, stderr]).toEqual([1, expect.stringContaining("abc has more in the resource group other")]);
    expect(stderr).toContain("`azure-coreos-cluster destroy abc --resource-group other`");
    expect(stderr).not.toContain("Nothing of abc is left");
    expect(everything(azure)).not.toContain("/resourceGroups/abc");
    const rest = await azure.run("destroy abc --yes --resource-group other");
    expect(rest.exit, rest.stderr).toBe(0);
    expect(everything(azure)).toEqual(["/resourceGroups/other"]);
  },
);

test("a namesake in another group is of another creation: what is half made goes, and no more is said of it", async () => {
  const azure = ownAzure();
  await addGroup(azure, "other");
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --resource-group other --wait-for machines");
  expect(exit, stderr).toBe(0);
  const before = everything(azure);
  const tags = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "deadbeef" };
  await addGroup(azure, "abc", tags);
  const destroyed = await azure.run("destroy abc --yes");
  expect([destroyed.exit, destroyed.stderr]).toEqual([0, expect.stringContaining("Nothing of abc is left.")]);
  expect(everything(azure)).toEqual(before);
});

test("a claim that comes between two looks has not been moved: a destroy takes it along", async () => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines");
  expect(exit, stderr).toBe(0);
  let looks = 0;
  const destroyed = await azure.run("destroy abc --yes", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      const first = /resourceGroups\/abc\/providers\/Microsoft.Network\/publicIPAddresses\?/i.test(request.url) && looks++ === 0;
      return first ? { ...answer, body: JSON.stringify({ value: [] }) } : answer;
    },
  });
  expect([destroyed.exit, destroyed.stderr]).toEqual([0, expect.stringContaining("Nothing of abc is left.")]);
  expect(destroyed.stderr).not.toContain("moved");
  expect(everything(azure)).toEqual([]);
});
