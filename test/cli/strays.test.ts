/**
 * What a run that was killed, an earlier version or somebody's hand may leave in the claim's tags and the balancer: rules and members
 * without a node, machines that nobody counts, an even number of members. status names it; the next create, or removal, mends it.
 */
import { beforeEach, expect, test } from "vitest";
import { byHand, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";
import { gather } from "../../src/core/plan/tag-parts.ts";
import { flawsOf } from "../cluster-state.ts";
import { compact, tagAFlag } from "../kept-tags.ts";

let azure: TestAzure;
beforeEach(async () => {
  azure = ownAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 4 --etcd-plain --wait-for machines");
  expect(exit, stderr).toBe(0);
});

const SUBSCRIPTION = /^\/subscriptions\/[^/]+/;
const resource = (type: string, wanted: (one: Body) => boolean = () => true): Body =>
  azure.simulation.save().entries.find((entry) => entry.type.endsWith(type) && wanted(entry.resource))?.resource;
const claim = (): Body => resource("publicIPAddresses", (one) => one.tags["aoc-role"] === "claim");
const rules = (): string[] => resource("loadBalancers").properties.inboundNatRules.map(({ name }: Body) => name);

/** Undefined takes a tag away. */
async function retag(change: Record<string, string | undefined>): Promise<void> {
  const { id, tags } = claim();
  expect(
    (await byHand(azure, "PATCH", id.replace(SUBSCRIPTION, ""), { tags: compact({ ...tagAFlag(tags), ...change }) })).status,
  ).toBe(200);
}

async function addRule(index: number): Promise<void> {
  const balancer = resource("loadBalancers");
  const [rule] = balancer.properties.inboundNatRules;
  balancer.properties.inboundNatRules.push({
    name: `ssh-${index}`,
    properties: { ...rule.properties, frontendPort: 22_001 + index },
  });
  expect((await byHand(azure, "PUT", balancer.id.replace(SUBSCRIPTION, ""), balancer)).status).toBe(200);
  await azure.run("status abc");
}

async function deleteNode(index: number): Promise<void> {
  const path = inGroup("abc", "Microsoft.Compute/virtualMachines", `abc-coreos-${index}`);
  expect((await byHand(azure, "DELETE", path)).status).toBe(202);
  await azure.pass(600_000);
}

const kinds = async (): Promise<string[]> =>
  (await azure.json<{ drift: { kind: string }[] }>("status abc")).document.drift.map(({ kind }) => kind);

const CREATE = "abc --wait-for machines";

/** It is mended, and then there is nothing more to do. */
async function mended(nodes: number): Promise<void> {
  expect(await kinds()).toEqual([]);
  const since = azure.exchanges.length;
  const { exit, stderr } = await azure.run(CREATE);
  expect(exit, stderr).toBe(0);
  expect(azure.exchanges.slice(since).filter(({ method }) => method === "PUT" || method === "DELETE")).toEqual([]);
  expect(flawsOf(azure.simulation.save(), nodes)).toEqual([]);
}

test.each([
  ["a create", CREATE, 4],
  ["a removal", "remove abc 3 --yes", 3],
])("a rule without a node is named, and dropped by %s", async (_, argv, nodes) => {
  await addRule(7);
  expect(await kinds()).toEqual(["stray-rule"]);
  expect((await azure.run(argv)).exit).toBe(0);
  expect(rules()).not.toContain("ssh-7");
  await mended(nodes);
});

test("a rule that somebody took away comes back", async () => {
  const balancer = resource("loadBalancers");
  const nic = resource("networkInterfaces", ({ name }) => name === "abc-coreos-2-nic");
  nic.properties.ipConfigurations[0].properties.loadBalancerInboundNatRules = [];
  expect((await byHand(azure, "PUT", nic.id.replace(SUBSCRIPTION, ""), nic)).status).toBe(200);
  await azure.run("status abc");
  balancer.properties.inboundNatRules = balancer.properties.inboundNatRules.filter(({ name }: Body) => name !== "ssh-2");
  expect((await byHand(azure, "PUT", balancer.id.replace(SUBSCRIPTION, ""), balancer)).status).toBe(200);
  expect(await kinds()).toEqual(["nat-rule"]);
  expect((await azure.run(CREATE)).exit).toBe(0);
  expect(rules()).toContain("ssh-2");
});

test("a member that is no node is named, and taken out", async () => {
  await retag({ "aoc-members": `${claim().tags["aoc-members"]},8=10.0.0.12` });
  expect(await kinds()).toEqual(["stray-member"]);
  expect((await azure.run(CREATE)).exit).toBe(0);
  expect(claim().tags["aoc-members"]).toBe("0=10.0.0.4,1=10.0.0.5,2=10.0.0.6");
  await mended(4);
});

test.each([
  ["a create", CREATE, 4],
  ["a removal", "remove abc 3 --yes", 3],
])("a machine that the claim does not have is named, and %s mends it", async (_, argv, nodes) => {
  await retag({ "aoc-nodes": "0-2", "aoc-num-nodes": "3" });
  expect(await kinds()).toEqual(["stray-node"]);
  const { exit, stderr } = await azure.run(argv);
  expect(exit, stderr).toBe(0);
  await mended(nodes);
});

test("fewer were counted than are there: a create without a number takes all of them in", async () => {
  await retag({ "aoc-nodes": undefined, "aoc-num-nodes": "2" });
  const { exit, stderr } = await azure.run(CREATE);
  expect(exit, stderr).toBe(0);
  expect(tagAFlag(claim().tags)).toMatchObject({ "aoc-nodes": "0-3", "aoc-num-nodes": "4" });
  await mended(4);
});

const EVEN = [
  ["two, of which one has no machine", "0=10.0.0.4,2=10.0.0.6", [2]],
  ["two, of which none has a machine", "1=10.0.0.5,2=10.0.0.6", [1, 2]],
  ["four", "0=10.0.0.4,1=10.0.0.5,2=10.0.0.6,3=10.0.0.7", [1, 2, 3]],
] as const;
test.each(some(EVEN, 1, 2))("an even number of members is no bug: %s", async (_, members, gone) => {
  await retag({ "aoc-members": members });
  for (const index of gone) await deleteNode(index);
  const { exit, stderr } = await azure.run(CREATE);
  expect(exit, stderr).toBe(0);
  expect(stderr).not.toContain("This is a fault of");
  await mended(4);
});

test("all members were removed by force: new nodes begin etcd anew, an odd number of them", async () => {
  expect((await azure.run("remove abc 0 1 2 --yes --force")).exit).toBe(0);
  const { exit, stderr } = await azure.run("abc --num-nodes 3 --wait-for machines");
  expect(exit, stderr).toBe(0);
  expect(claim().tags["aoc-members"]).toBe("0=10.0.0.4");
  await mended(3);
});

test("a cluster of an earlier version, which counted its nodes and did not name them, grows, shrinks and is named", async () => {
  await retag({ "aoc-nodes": undefined });
  expect((await azure.run("remove abc 1 --yes")).exit).toBe(0);
  expect(tagAFlag(claim().tags)).toMatchObject({ "aoc-nodes": "0,2-3", "aoc-num-nodes": "3" });
  await retag({ "aoc-nodes": undefined });
  expect((await azure.run("abc --num-nodes 5 --wait-for machines")).exit).toBe(0);
  expect(tagAFlag(claim().tags)).toMatchObject({ "aoc-nodes": "0-4", "aoc-num-nodes": "5" });
  await mended(5);
});

const EARLIER = [
  ["grows", "abc --num-nodes 5 --ssh-from 10.0.0.0/8 --wait-for machines", 5],
  ["shrinks", "remove abc 3 --yes", 3],
  ["is left as it is", CREATE, 4],
] as const;
test.each(some(EARLIER, 0, 1))(
  "a cluster of an earlier version, which kept its flags in a tag each, %s, and keeps them in few",
  async (_, argv, nodes) => {
    const before = tagAFlag(claim().tags);
    const { id } = claim();
    expect((await byHand(azure, "PATCH", id.replace(SUBSCRIPTION, ""), { tags: before })).status).toBe(200);
    expect(claim().tags).toMatchObject({ "aoc-vm-name-prefix": "coreos", "aoc-etcd-plain": "true" });
    expect(await kinds()).toEqual([]);
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(0);
    const flags = gather(claim().tags, "aoc-flags");
    expect(flags).toMatch(new RegExp(`etcd-plain=true;.*num-nodes=${nodes};.*;vm-name-prefix=coreos;`));
    expect(claim().tags).not.toHaveProperty("aoc-vm-name-prefix");
    if (argv.includes("--ssh-from")) expect(flags).toContain(";ssh-from=10.0.0.0/8;");
    await mended(nodes);
  },
);

test("a node that was to be and never was is taken out by its number", async () => {
  await retag({ "aoc-nodes": "0-3,6", "aoc-num-nodes": "5" });
  expect(await kinds()).toContain("missing-node");
  expect((await azure.run("remove abc 6 --yes")).exit).toBe(0);
  await mended(4);
});
