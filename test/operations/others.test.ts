/** What a run looks at before it does something to what others may have changed since: Azure's answers scripted, and what comes of them. */
import { expect, test } from "vitest";
import { type Design, type Facts, designOf } from "../../src/core/plan/cluster.ts";
import { claim as claimOf } from "../../src/core/plan/resources/claim.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Live, Provider, TagTarget } from "../../src/engine/provider.ts";
import { letGo, tagDisks } from "../../src/operations/cluster/let-go.ts";
import { partsOf, removeParts } from "../../src/operations/cluster/node-parts.ts";
import { adaptBalancer, adaptClaim, adaptGroup, adaptSizeNow } from "../../src/operations/cluster/shared-changes.ts";
import { MACHINE_NEWS_MS, NEWS_MS, refuseOtherRun, refuseRemoved, whileNews } from "../../src/operations/create/other-run.ts";
import type { Execution } from "../../src/operations/create/execution.ts";
import { takeBack, withdrawClaim } from "../../src/operations/create/meanwhile.ts";
import type { Prepared } from "../../src/operations/create/prepared.ts";
import type { Run } from "../../src/operations/run.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { memory } from "../engine/memory.ts";

type Tags = Record<string, string>;

/** A run over an Azure in which everything has these tags. */
function runOver(tags: Tags | undefined) {
  const { tools } = memory();
  const written: [id: string, tags: Tags][] = [];
  let now = tags;
  const provider: Provider = {
    ...tools.provider,
    get: ({ id }) =>
      Promise.resolve(now === undefined ? undefined : { id, state: "succeeded", tags: now, location: "westus", model: {} }),
    tag: ({ id }: Pick<TagTarget, "id">, wanted) => Promise.resolve(void written.push([id, (now = wanted)])),
  };
  return { run: { tools: { ...tools, provider } } as unknown as Run, written };
}

const claim = (nodes: readonly number[] | undefined) => ({
  kind: "publicAddress" as const,
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/c",
  nodes: nodes && new Set(nodes),
});

test.each<[string, readonly number[] | undefined, Tags | undefined, boolean]>([
  ["the claim has it", [0, 3], { "aoc-nodes": "0" }, false],
  ["a claim that names no nodes", undefined, { "aoc-nodes": "0" }, false],
  ["a list is behind: the claim itself has it", [0], { "aoc-nodes": "0,3" }, false],
  ["the claim itself does not have it", [0], { "aoc-nodes": "0-2" }, true],
  ["the claim is gone: what that means is found out elsewhere", [0], undefined, false],
])("whether a node was removed by another run meanwhile: %s", async (_, nodes, tags, refused) => {
  const work = refuseRemoved(runOver(tags).run, claim(nodes), 3, "abc-coreos-3");
  if (refused) await expect(work).rejects.toMatchObject({ code: "NodeRemoved", exit: 7 });
  else await expect(work).resolves.toBeUndefined();
});

test("a disk that is told whose it is keeps the tags that a policy has put there, as they are by now", async () => {
  const { run, written } = runOver({ policy: "new", owner: "x" });
  await tagDisks(run, [{ id: "d", tags: { policy: "old" } }], { "aoc-cluster": "abc" });
  expect(written[0]).toEqual(["d", { policy: "new", owner: "x", "aoc-cluster": "abc" }]);
});

const OWNER = { cluster: "abc", ids: new Set(["0123abcd"]), shared: new Set<string>() };
const NIC = "/subscriptions/s/resourceGroups/abc/providers/Microsoft.Network/networkInterfaces/abc-coreos-3-nic";

test.each<[string, Tags | undefined, string[]]>([
  ["the cluster's still", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "0123abcd" }, [NIC]],
  ["without tags by now", {}, []],
  ["another creation's by now", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "ffffffff" }, []],
])("what is to go of a node is looked at when its turn comes: %s", async (_, tags, gone) => {
  const { run } = runOver(tags);
  const deleted: string[] = [];
  const provider: Provider = {
    ...run.tools.provider,
    delete: ({ id }) => {
      deleted.push(id);
      return Promise.resolve({ done: true, poll: () => Promise.resolve(true) });
    },
  };
  const part = { kind: "networkInterface" as const, id: NIC, label: "interface", node: 3 };
  await removeParts({ ...run, tools: { ...run.tools, provider }, emit: () => undefined }, OWNER, [part], () =>
    Promise.resolve(false),
  );
  expect(deleted).toEqual(gone);
});

test("a machine that lost the cluster's tags is let go of nothing", async () => {
  const { run, written } = runOver({});
  const machine = {
    id: NIC.replace("networkInterfaces", "virtualMachines"),
    state: "failed",
    tags: {},
    location: "l",
    model: {},
  } as const;
  await expect(letGo(run, OWNER, machine)).rejects.toMatchObject({ code: "NotOurs", exit: 7 });
  expect(written).toEqual([]);
});

const CHOICES = {
  id: "0123abcd",
  sshPublicKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`,
  members: new Map(),
  etcdCa: "a".repeat(20),
};
function design(given: Parameters<typeof buildSpec>[1] = {}, more: Partial<Facts> = {}): Design {
  const { spec } = buildSpec("abc", { numNodes: 2, ...given });
  const node = (index: number) => ({
    index,
    name: `abc-coreos-${index}`,
    address: `10.0.0.${4 + index}`,
    userData: "#cloud-config",
  });
  return designOf(spec, {
    subscription: "s",
    group: "abc",
    foreignGroup: false,
    location: "westus",
    choices: CHOICES,
    nodes: [node(0), node(1)],
    image: { reference: {} },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
    ...more,
  });
}
const claimTags = (cluster = design()): Tags => claimOf(cluster).body.tags as Tags;
const LATER = "2031-01-01T00:00:00.000Z";

/** What is there of a cluster abc: its group's tags, and its claim's. */
interface There {
  readonly group?: Tags;
  readonly deleting?: boolean;
  readonly claim?: Tags;
}

/** @param before what this run found at first @param written whether it has written the claim */
function lookAt({ group = {}, deleting = false, claim }: There, before: Tags | undefined, written: boolean) {
  const { id } = claimOf(design());
  const model = { id, location: "westus", tags: claim, dnsSettings: { domainNameLabel: "abc" } };
  const lookups = {
    group: () => Promise.resolve({ name: "abc", location: "westus", tags: group, deleting }),
    bearers: () => Promise.resolve({ publicAddress: claim === undefined ? [] : [model], securityGroup: [] }),
  };
  const { run } = runOver(undefined);
  const { spec, facts } = design();
  const found = { claim: before && { kind: "publicAddress", id, tags: before, choices: { etcdCa: before["aoc-etcd-ca"] } } };
  const prepared = { spec, facts, found } as unknown as Prepared;
  return refuseOtherRun({ ...run, lookups, subscription: "s", dir: "/nowhere" } as unknown as Run, prepared, { written });
}

const [OURS, THEIRS] = [claimTags(), { ...claimTags(), "aoc-id": "ffffffff" }];
const OF_ANOTHER = { ...OURS, "aoc-etcd-ca": "b".repeat(20) };
const MARKED = { "aoc-destroying": LATER };
const OWN = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc" };

test.each<[string, There, Tags | undefined, boolean, string | undefined]>([
  ["ours, as it was written", { claim: OURS }, undefined, true, undefined],
  ["ours, that is marked", { claim: { ...OURS, ...MARKED } }, undefined, true, "BeingDestroyed"],
  ["ours, in a group that is marked", { claim: OURS, group: { ...OWN, ...MARKED } }, undefined, true, "BeingDestroyed"],
  ["ours, in a group that is being deleted", { claim: OURS, deleting: true }, undefined, true, "BeingDestroyed"],
  ["none, and it was written", {}, undefined, true, "BeingDestroyed"],
  ["none, and there was one", {}, OURS, false, "BeingDestroyed"],
  ["none, and there never was", {}, undefined, false, undefined],
  ["of another creation", { claim: THEIRS }, undefined, true, "ClusterConflict"],
  ["of another authority, that was written", { claim: OF_ANOTHER }, undefined, true, "ClusterConflict"],
  ["of the authority that was found, before it is written", { claim: OF_ANOTHER }, OF_ANOTHER, false, undefined],
  [
    "of a third authority, before it is written",
    { claim: { ...OURS, "aoc-etcd-ca": "c".repeat(20) } },
    OF_ANOTHER,
    false,
    "ClusterConflict",
  ],
])("a run that looks at its claim finds %s", async (_, there, before, written, code) => {
  const look = lookAt(there, before, written);
  if (code === undefined) expect((await look)?.choices.id).toBe(there.claim?.["aoc-id"]);
  else await expect(look).rejects.toMatchObject({ code, exit: 7 });
});

test.each([
  ["anything is written", NEWS_MS, 9000, 2000],
  ["a machine is asked for", MACHINE_NEWS_MS, 4000, 2000],
])("before %s a look is made again when the last one is too old, and not sooner", async (_, ms, young, more) => {
  const clock = createVirtualClock(0);
  const looks: number[] = [];
  const look = whileNews(clock, ms, () => Promise.resolve(looks.push(clock.now())), 0);
  for (const wait of [young, more, young, more]) {
    await clock.sleep(wait);
    await Promise.all([look(), look()]);
  }
  expect(looks).toEqual([young + more, 2 * (young + more)]);
});

const live = (tags: Tags, model: object = {}): Live => ({ id: "x", state: "succeeded", tags, location: "westus", model });
const tagsOf = async (wanted: unknown): Promise<Tags> => ((await wanted) as { body: { tags: Tags } }).body.tags;

test.each<[string, Tags, string]>([
  ["that is being destroyed", { ...OURS, ...MARKED }, "BeingDestroyed"],
  ["that somebody stops meanwhile", { ...OURS, "aoc-stopped": LATER }, "ClusterStopped"],
  ["that has another authority meanwhile", OF_ANOTHER, "ClusterConflict"],
  ["of which a node was taken out meanwhile", { ...OURS, "aoc-nodes": "0" }, "NodeRemoved"],
])("a claim %s is not written", (_, now, code) => {
  const mine = { ...OURS, "aoc-etcd-ca": code === "ClusterConflict" ? "c".repeat(20) : CHOICES.etcdCa };
  expect(() => adaptClaim(design(), OURS, mine)(live(now))).toThrow(expect.objectContaining({ code }));
});

test("a claim that was stopped before may be written, and what others added to it meanwhile stays", async () => {
  const stopped = { ...OURS, "aoc-stopped": LATER };
  const now = { ...stopped, "aoc-nodes": "0-3" };
  expect(await tagsOf(adaptClaim(design(), stopped, stopped)(live(now)))).toMatchObject({
    "aoc-nodes": "0-3",
    "aoc-stopped": LATER,
  });
  expect(await tagsOf(adaptSizeNow(design(), OURS, OURS)(live({ ...OURS, "aoc-nodes": "0-3" })))).toMatchObject({
    "aoc-nodes": "0-3",
  });
  expect(() => adaptSizeNow(design(), OURS, OURS)(live({ ...OURS, ...MARKED }))).toThrow(
    expect.objectContaining({ code: "BeingDestroyed" }),
  );
});

test("a group keeps the time to live that another run has given it, unless this one gives another", async () => {
  const [mine, theirs] = ["2030-01-01T00:00:00.000Z", LATER];
  const asked = design({ ttl: 3_600_000 }, { expires: mine });
  const found = design({}, { expires: mine });
  expect((await tagsOf(adaptGroup(found)(live({ "aoc-expires": theirs }))))["aoc-expires"]).toBe(theirs);
  expect(await tagsOf(adaptGroup(found)(live({})))).not.toHaveProperty("aoc-expires");
  expect((await tagsOf(adaptGroup(asked)(live({ "aoc-expires": theirs }))))["aoc-expires"]).toBe(mine);
  expect(() => adaptGroup(found)(live(MARKED))).toThrow(expect.objectContaining({ code: "BeingDestroyed" }));
});

test.each<[string, Tags | undefined, object, string | undefined, number[]]>([
  ["the claim's, as it is by now", { ...OURS, "aoc-nodes": "0-3" }, {}, undefined, [0, 1, 2, 3]],
  ["and of a node that is gone from it, while its interface uses one", OURS, usedBy("nic"), undefined, [0, 1, 7]],
  ["and not where nothing is there that uses it", OURS, usedBy("gone"), undefined, [0, 1]],
  ["none: the claim is marked", { ...OURS, ...MARKED }, {}, "BeingDestroyed", []],
  ["none: the claim is gone", undefined, {}, "BeingDestroyed", []],
])("the balancer's rules are those of the nodes of %s", async (_, claim, model, code, nodes) => {
  const { run } = runOver(claim);
  const { provider } = run.tools;
  const get: Provider["get"] = (target, signal) =>
    target.id.endsWith("/gone") ? Promise.resolve(undefined) : provider.get(target, signal);
  const wanted = adaptBalancer({ ...run, tools: { ...run.tools, provider: { ...provider, get } } }, design())(live({}, model));
  if (code !== undefined) return expect(wanted).rejects.toMatchObject({ code });
  const { body } = (await wanted) as { body: { inboundNatRules: { name: string }[] } };
  return expect(body.inboundNatRules.map(({ name }) => name)).toEqual(nodes.map((node) => `ssh-${node}`));
});

function usedBy(nic: string): object {
  const backendIPConfiguration = {
    id: `/subscriptions/s/resourceGroups/abc/providers/Microsoft.Network/networkInterfaces/${nic}/ipConfigurations/primary`,
  };
  return { inboundNatRules: [{ name: "ssh-7", frontendPort: 22_008, backendPort: 22, backendIPConfiguration }] };
}

test.each<[string, { mine?: Tags; theirs?: Tags; made?: boolean }, boolean]>([
  ["lost to a private cluster's", {}, true],
  ["that an earlier run made", { made: false }, false],
  ["that another creation has by now", { mine: THEIRS }, false],
  ["that is gone", { mine: {} }, false],
  ["while the other's security group is no claim", { theirs: { ...OURS, "aoc-role": "" } }, false],
])("a create takes its claim back: one %s", async (_, { mine = OURS, theirs = THEIRS, made = true }, goes) => {
  const cluster = design();
  const { id } = claimOf(cluster);
  const { run } = runOver({});
  const deleted: unknown[] = [];
  const there = (tags: Tags, at: string): Live | undefined =>
    Object.keys(tags).length === 0 ? undefined : { ...live(tags), id: at, etag: "1" };
  const provider: Provider = {
    ...run.tools.provider,
    get: (target) => Promise.resolve(there(target.id === id ? mine : theirs, target.id)),
    delete: (target, _signal, ifMatch) => {
      deleted.push([target.id, ifMatch]);
      return Promise.resolve({ done: true, poll: () => Promise.resolve(true) });
    },
  };
  const execution = {
    run: { ...run, tools: { ...run.tools, provider } },
    prepared: { spec: cluster.spec, facts: cluster.facts },
    cluster,
    made: new Set(made ? [id] : []),
  };
  await withdrawClaim(execution as unknown as Execution);
  expect(deleted).toEqual(goes ? [[id, "1"]] : []);
});

test.each<[string, Tags, string, boolean]>([
  ["goes, as it was read", OURS, "0-1", true],
  ["stays: it is another creation's by now", THEIRS, "0-1", false],
  ["stays: another run has the node again", OURS, "0-3", false],
])("what was made for a node that was taken out meanwhile %s", async (_, tags, nodes, goes) => {
  const cluster = design();
  const { run } = runOver({});
  const deleted: unknown[] = [];
  const provider: Provider = {
    ...run.tools.provider,
    get: ({ id }) => Promise.resolve({ ...live(id === NIC ? tags : { ...OURS, "aoc-nodes": nodes }), id, etag: "1" }),
    delete: (target, _signal, ifMatch) => {
      deleted.push([target.id, ifMatch]);
      return Promise.resolve({ done: true, poll: () => Promise.resolve(true) });
    },
  };
  const part = { kind: "networkInterface", id: NIC, label: "interface", node: 3 } as unknown as AnyResource;
  const execution = {
    run: { ...run, tools: { ...run.tools, provider } },
    prepared: { spec: cluster.spec, facts: cluster.facts, resources: [part] },
    cluster,
    made: new Set([NIC]),
  };
  await takeBack(execution as unknown as Execution, part);
  expect(deleted).toEqual(goes ? [[NIC, "1"]] : []);
});

test("of a node only what is proven to be the cluster's is found by its names", async () => {
  const found = (tags: Tags) => partsOf(runOver(tags).run, design().spec, { owner: OWNER, groupName: "abc" }, [3]);
  expect((await found(OURS)).map(({ kind }) => kind)).toEqual(["machine", "networkInterface", "publicAddress"]);
  for (const tags of [{}, THEIRS, { ...OURS, "managed-by": "terraform" }]) expect(await found(tags)).toEqual([]);
});
