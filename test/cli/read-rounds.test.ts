/**
 * What a create waits for before its first write, in rounds: reads that are begun before any of them is answered are one. Counted on a
 * clock on which an answer takes a second, and all else no time.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addGroup, byHand, inGroup } from "./azure-hand.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { START, type TestAzure, ownAzure } from "./world.ts";

const ANSWER_MS = 1000;
const OFFER = "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2";

type Before = (azure: TestAzure, later: () => Promise<void>) => Promise<unknown>;

const grown: Before = (azure) => azure.run("mycluster --wait-for machines");
const elsewhere: Before = async (azure, later) => {
  await grown(azure, later);
  rmSync(join(azure.dir, "mycluster"), { recursive: true });
};
const network =
  (properties: object): Before =>
  async (azure, later) => {
    await addGroup(azure, "lan");
    await byHand(azure, "PUT", inGroup("lan", "Microsoft.Network/networkSecurityGroups", "rules"), { location: "westus" });
    await later();
    const subnets = [{ name: "apps", properties: { addressPrefix: "10.1.0.0/24", ...properties } }];
    await byHand(azure, "PUT", inGroup("lan", "Microsoft.Network/virtualNetworks", "hub"), {
      location: "westus",
      properties: { addressSpace: { addressPrefixes: ["10.1.0.0/16"] }, subnets },
    });
  };
const RULES = `/subscriptions/00000000-0000-0000-0000-000000000000${inGroup("lan", "Microsoft.Network/networkSecurityGroups", "rules")}`;
const near =
  (location: string): Before =>
  async (azure) => {
    await addGroup(azure, "others");
    await byHand(azure, "PUT", inGroup("others", "Microsoft.Compute/proximityPlacementGroups", "near"), { location });
  };
const HUB = "--virtual-network-name hub --vnet-resource-group lan";

type Case = readonly [what: string, rounds: number, flags: string, before?: Before];

/** [what, how many rounds, the flags, what is there before] */
const CASES: readonly Case[] = [
  ["a version of the image that was named", 1, `--coreos-image ${OFFER}:4459.2.1`],
  ["in a group that was named", 1, `--coreos-image ${OFFER}:4459.2.1 --resource-group mine`],
  ["the newest version: which one that is, and then what it is", 2, ""],
  ["several sizes", 2, "--vm-size Standard_D2s_v5,Standard_D4s_v5"],
  ["several locations", 2, "--location westus,eastus"],
  ["a size that needs another image, which the sizes tell", 3, "--vm-size Standard_D2ps_v5"],
  ["near to what is not there", 2, "--affinity-group near"],
  ["near to what is there", 2, "--affinity-group near", near("westus")],
  ["near to what is elsewhere, which only its location tells", 3, "--affinity-group near", near("eastus")],
  ["in somebody's network", 2, HUB, network({})],
  ["in somebody's network with rules of its own", 2, HUB, network({ networkSecurityGroup: { id: RULES } })],
  ["in a group that is there", 2, "", (azure) => addGroup(azure, "mycluster")],
  ["four of three: the claim tells the image's version", 2, "--num-nodes 4", grown],
  ["the same from another machine", 2, "--num-nodes 4", elsewhere],
];

test.for(CASES)("%s: %i rounds of reads before the first write (%s)", async ([, rounds, flags, before]) => {
  const clock = createVirtualClock(START);
  const latencyMs: [number, number] = [0, 0];
  const azure = ownAzure({ clock, latencyMs });
  const later = (): Promise<void> => clock.sleep(60_000);
  await before?.(azure, later);
  await later();
  azure.exchanges.length = 0;
  latencyMs.fill(ANSWER_MS);
  const began = clock.now();
  const { exit, stderr } = await azure.run(`mycluster ${flags} --wait-for machines`);
  expect(exit, stderr).toBe(0);
  const first = azure.exchanges.find(({ method }) => /PUT|PATCH/.test(method));
  expect(Math.round(((first?.at ?? Infinity) - began) / ANSWER_MS)).toBe(rounds);
});

test("what is begun and then asked by nobody is not asked again, and not told", async () => {
  const azure = ownAzure({ latencyMs: [ANSWER_MS, ANSWER_MS] });
  const { exit, stderr } = await azure.run("plan mycluster --num-nodes 3", {
    azure: async (request) => {
      if (new URL(request.url).pathname.endsWith("/resourcegroups/mycluster")) return { status: 401, headers: {}, body: "{}" };
      const answer = await azure.simulation.handle(request);
      return answer.status < 300 ? { status: 503, headers: {}, body: "{}" } : answer;
    },
  });
  expect(exit, stderr).toBe(4);
  expect(stderr).not.toContain("Not checked");
  expect(azure.exchanges.filter(({ url }) => url.includes("/skus?"))).toHaveLength(1);
});
