/** status over the simulated Azure: screens, drift, exit codes. */
import type { StatusDocument } from "../../src/core/documents.ts";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import type { SimulationOptions } from "../../src/sim/simulation.ts";
import { addForeign, addGroup, byHand, everything, inGroup } from "./azure-hand.ts";
import { steady } from "./steady.ts";
import { type Body, type TestAzure, ownAzure } from "./world.ts";

async function withCluster(
  argv = "mycluster --num-nodes 3 --wait-for machines",
  options: Partial<SimulationOptions> & { rehearsal?: boolean } = {},
): Promise<TestAzure> {
  const azure = ownAzure(options);
  const { exit, stderr } = await azure.run(argv);
  if (exit !== 0 && options.faults === undefined) throw new Error(stderr);
  return azure;
}

function elsewhere(): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-else-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const NSG = inGroup("mycluster", "Microsoft.Network/networkSecurityGroups", "mycluster-nsg");
const BALANCER = inGroup("mycluster", "Microsoft.Network/loadBalancers", "mycluster-lb");
const MACHINE = (index: number): string => inGroup("mycluster", "Microsoft.Compute/virtualMachines", `mycluster-coreos-${index}`);

/** Nobody waits for what is done by hand: by then it has happened. */
function tenMinutesLater(azure: TestAzure): TestAzure {
  const state = azure.simulation.save();
  const later = ownAzure({ state, clock: createVirtualClock(state.now + 600_000) });
  return later;
}

async function edit(azure: TestAzure, path: string, change: (resource: Body) => void): Promise<void> {
  const { body } = await byHand(azure, "GET", path);
  change(body);
  expect((await byHand(azure, "PUT", path, body)).status).toBeLessThan(300);
}

test("a healthy cluster: its nodes, what is open, exit code 0", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --deis --pip --ttl 2h --wait-for machines");
  const { exit, stdout, stderr } = await azure.run("status mycluster");
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "mycluster in westus: 3 of 3 nodes up
    mycluster.westus.cloudapp.azure.com (IP), resource group mycluster

    NODE  STATE  POWER  AZURE  PRIVATE  PUBLIC  SSH  AGE
    mycluster-coreos-0  ready  running  Succeeded  10.0.0.4  IP  IP:22001  TIME
    mycluster-coreos-1  ready  running  Succeeded  10.0.0.5  IP  IP:22002  TIME
    mycluster-coreos-2  ready  running  Succeeded  10.0.0.6  IP  IP:22003  TIME

    open: web 80, https 443, builder 2222, SSH
    etcd: static, 3 members: mycluster-coreos-0, mycluster-coreos-1, mycluster-coreos-2
    costs: 0.355 USD an hour, 255.38 USD in 30 days; so far about SUM USD (a rehearsal's own prices)
    expires in TIME
    "
  `);
  expect(stderr).toBe(
    "Subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in)\n" +
      "Rehearsal: no machine was booted, and the health of the nodes is simulated.\n",
  );
  expect(exit).toBe(0);
});

test("--json is create's document with state, power, health and drift of now", async () => {
  const azure = await withCluster();
  const made = await azure.json("mycluster --num-nodes 3 --wait-for machines");
  const { exit, document } = await azure.json<StatusDocument>("status mycluster");
  expect(exit).toBe(0);
  expect(Object.keys(document)).toEqual(expect.arrayContaining(Object.keys(made.document)));
  const { nodes, host, ip, location, etcd } = made.document;
  expect(document).toMatchObject({ schema: "azure-coreos-cluster/1", host, ip, location, etcd, drift: [], simulated: true });
  expect(document.nodes).toMatchObject(
    nodes.map((node) => ({ ...node, state: "ready", power: "running", provisioning: "Succeeded", health: "ready" })),
  );
  expect(document.nodes[0]?.createdAt).toMatch(/^2026-11-22T12:/);
});

test("from another machine, without any file: what Azure says, and that nobody was asked", async () => {
  const azure = await withCluster(undefined, { rehearsal: false });
  const { exit, stdout, stderr } = await azure.run("status mycluster", { dir: elsewhere() });
  // a node that nobody asked is not up
  expect(exit).toBe(3);
  expect(stdout).toContain("mycluster in westus: 3 nodes: 3 running, not asked\n");
  expect(stdout).toContain("mycluster-coreos-2  running, not asked  running  Succeeded");
  expect(stderr).toContain("the cluster's private key is not on this machine");
  expect((await azure.json<StatusDocument>("status mycluster", { dir: elsewhere() })).document.nodes[0]).toMatchObject({
    state: "running, not asked",
    health: "unknown",
    identityFile: "",
  });
});

test("--no-nodes asks nobody, says so, and takes Azure's word for the exit code, which is a bad one where a machine is off", async () => {
  const azure = await withCluster(undefined, { rehearsal: false });
  const look = await azure.json<StatusDocument>("status mycluster --no-nodes");
  expect(look.exit).toBe(0);
  expect(look.stderr).toContain("No node was asked (--no-nodes)");
  expect(look.document.states).toEqual({ "running, not asked": 3 });
  await byHand(azure, "POST", `${MACHINE(2)}/deallocate`);
  const later = tenMinutesLater(azure);
  const off = await later.json<StatusDocument>("status mycluster --no-nodes", { dir: azure.dir });
  expect([off.exit, off.document.states]).toEqual([3, { "running, not asked": 2, deallocated: 1 }]);
});

test("in a rehearsal a node is as its machine is: one without power is not ready, nor one that Azure is still making", async () => {
  const azure = await withCluster();
  await byHand(azure, "POST", `${MACHINE(1)}/deallocate`);
  const again = await azure.json("create mycluster");
  expect([again.exit, again.document.nodes.map(({ state }) => state)]).toEqual([3, ["ready", "stopped", "ready"]]);
  expect(again.stderr.replaceAll(/\s+/g, " ")).toContain("`azure-coreos-cluster start mycluster` gives power");
  const other = ownAzure({ seconds: { "Microsoft.Compute/virtualMachines": [600, 600] } });
  expect((await other.run("mycluster --timeout 30s")).exit).toBe(6);
  const { exit, document } = await other.json<StatusDocument>("status mycluster");
  expect([exit, document.states]).toEqual([1, { creating: 3 }]);
});

test("with the key at hand the nodes are asked: one that does not answer is named, and it is soon over", async () => {
  // nothing listens on port 1 and up of this machine's loopback
  const azure = await withCluster("mycluster --num-nodes 2 --ssh 1 --wait-for machines", {
    rehearsal: false,
    publicAddress: "127.0.0.1",
  });
  const { exit, document } = await azure.json<StatusDocument>("status mycluster");
  expect(exit).toBe(1);
  expect(document.nodes).toMatchObject([
    { state: "unreachable", health: "unreachable", power: "running", reason: expect.any(String) },
    { state: "unreachable", health: "unreachable", power: "running" },
  ]);
  expect(document.seconds).toBeLessThan(30);
});

test("in somebody else's group it is found by name alone, and what others have there is no drift", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await addForeign(azure, "shared");
  await azure.run("mycluster --resource-group shared --num-nodes 1 --wait-for machines");
  expect(await azure.json<StatusDocument>("status mycluster")).toMatchObject({
    exit: 0,
    document: { resourceGroup: "shared", drift: [] },
  });
});

test("an existing network and an affinity group are as they should be", async () => {
  const azure = ownAzure();
  await addGroup(azure, "net");
  await byHand(azure, "PUT", inGroup("net", "Microsoft.Network/virtualNetworks", "corp"), {
    location: "westus",
    properties: {
      addressSpace: { addressPrefixes: ["10.9.0.0/16"] },
      subnets: [{ name: "apps", properties: { addressPrefix: "10.9.1.0/24" } }],
    },
  });
  const made = await azure.run(
    "mycluster --num-nodes 2 --virtual-network-name corp --vnet-resource-group net --subnet-names apps --affinity-group near --wait-for machines",
  );
  expect(made.exit, made.stderr).toBe(0);
  expect(await azure.json<StatusDocument>("status mycluster")).toMatchObject({ exit: 0, document: { drift: [] } });
});

const CLAIM = (azure: TestAzure): string => everything(azure).find((id) => id.includes("mycluster-ip-")) ?? "";

const DRIFTS: [what: string, act: (azure: TestAzure) => Promise<unknown>, exit: number, drift: Record<string, unknown>][] = [
  [
    "a machine that somebody deleted",
    (azure) => byHand(azure, "DELETE", MACHINE(1)),
    3,
    { kind: "missing-node", message: "mycluster-coreos-1 is missing", node: 1, harm: true },
  ],
  [
    "a machine that was switched off",
    (azure) => byHand(azure, "POST", `${MACHINE(2)}/deallocate`),
    3,
    {
      kind: "stopped-node",
      message: "mycluster-coreos-2 is deallocated: `azure-coreos-cluster start mycluster` gives it power",
      node: 2,
      harm: true,
    },
  ],
  [
    "a NAT rule that is gone",
    (azure) =>
      edit(
        azure,
        inGroup("mycluster", "Microsoft.Network/networkInterfaces", "mycluster-coreos-0-nic"),
        (nic) => delete nic.properties.ipConfigurations[0].properties.loadBalancerInboundNatRules,
      ).then(() => edit(azure, BALANCER, (lb) => lb.properties.inboundNatRules.shift())),
    3,
    { kind: "nat-rule", node: 0, harm: true },
  ],
  [
    "a security rule that is gone",
    (azure) => edit(azure, NSG, (group) => (group.properties.securityRules = [])),
    3,
    { kind: "security-rule", message: "the security group has no rule allow-ssh", harm: true },
  ],
  [
    "a security rule that was changed",
    (azure) => edit(azure, NSG, (group) => (group.properties.securityRules[0].properties.access = "Deny")),
    3,
    {
      kind: "security-rule",
      message: "somebody changed the rule allow-ssh of the security group: access is Deny, not Allow",
      harm: true,
    },
  ],
  [
    "a security rule that was added",
    (azure) =>
      edit(azure, NSG, (group) =>
        group.properties.securityRules.push({
          name: "open",
          properties: { ...group.properties.securityRules[0].properties, priority: 200, destinationPortRange: "9000" },
        }),
      ),
    0,
    { kind: "security-rule", message: "somebody added the rule open to the security group (Allow Inbound 9000)", harm: false },
  ],
  [
    "a resource of somebody else in our group",
    (azure) => addForeign(azure, "mycluster"),
    0,
    {
      kind: "foreign-resource",
      message: "somebody else has Microsoft.Network/networkSecurityGroups/theirs in the cluster's group",
      harm: false,
    },
  ],
  [
    "the SSH key resource that is gone",
    (azure) => byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/sshPublicKeys", "mycluster-ssh")),
    3,
    { kind: "missing-resource", message: "the SSH public key is missing", harm: true },
  ],
  [
    "a machine that lost its tags",
    (azure) => byHand(azure, "PATCH", MACHINE(1), { tags: { owner: "somebody" } }),
    3,
    {
      kind: "lost-tags",
      message: expect.stringMatching(/^mycluster-coreos-1 does not carry the tags of mycluster/),
      node: 1,
      harm: true,
    },
  ],
  [
    "a security group with another cluster's tags",
    (azure) => byHand(azure, "PATCH", NSG, { tags: { "managed-by": "azure-coreos-cluster", "aoc-cluster": "other" } }),
    3,
    {
      kind: "lost-tags",
      message: expect.stringMatching(/^the security group carries the tags of other, and not its own/),
      harm: true,
    },
  ],
  [
    "a DNS name that somebody took off the address",
    (azure) => edit(azure, CLAIM(azure), (address) => delete address.properties.dnsSettings),
    3,
    {
      kind: "dns-name",
      message: "the public address has no DNS name any more: the next create calls it mycluster again",
      harm: true,
    },
  ],
  [
    "a destroy that began",
    (azure) => edit(azure, CLAIM(azure), (claim) => (claim.tags["aoc-destroying"] = "now")),
    3,
    { kind: "being-destroyed", harm: true },
  ],
];

test.each(DRIFTS)("drift is named: %s", async (_, act, exit, drift) => {
  const azure = await withCluster();
  await act(azure);
  const later = tenMinutesLater(azure);
  const seen = await later.json<StatusDocument>("status mycluster");
  expect(seen.document.drift).toEqual([expect.objectContaining(drift)]);
  expect(seen.exit).toBe(exit);
  expect((await later.run("status mycluster")).stdout).toContain(
    `${drift["harm"] === true ? "!" : "-"} ${seen.document.drift[0]?.message}`,
  );
});

test("a DNS name that somebody took off the address: the next create gives it back, and says so before", async () => {
  const azure = await withCluster();
  await edit(azure, CLAIM(azure), (address) => delete address.properties.dnsSettings);
  const planned = await azure.run("plan mycluster");
  expect(planned.stdout + planned.stderr).toContain("DNS name -> mycluster");
  expect(await azure.json("mycluster")).toMatchObject({ exit: 0, document: { host: "mycluster.westus.cloudapp.azure.com" } });
  expect(await azure.json<StatusDocument>("status mycluster")).toMatchObject({ exit: 0, document: { drift: [] } });
});

test("a node's own address that somebody took off its interface is named, with the way back", async () => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 2 --pip")).exit).toBe(0);
  const nic = inGroup("mycluster", "Microsoft.Network/networkInterfaces", "mycluster-coreos-1-nic");
  await edit(azure, nic, ({ properties }) => delete properties.ipConfigurations[0].properties.publicIPAddress);
  const { exit, document } = await azure.json<StatusDocument>("status mycluster");
  expect({ exit, drift: document.drift }).toMatchObject({ exit: 3, drift: [{ kind: "loose-address", node: 1, harm: true }] });
  expect(document.drift[0]?.message).toContain("az network nic ip-config update --resource-group mycluster");
});

test("what status calls harm, a create refuses", async () => {
  const azure = await withCluster();
  await byHand(azure, "PATCH", MACHINE(1), { tags: { owner: "somebody" } });
  expect((await azure.run("status mycluster")).exit).toBe(3);
  expect((await azure.run("mycluster --num-nodes 3 --wait-for machines")).exit).toBe(7);
});

test("a time to live that is over is named", async () => {
  const azure = await withCluster("mycluster --num-nodes 1 --ttl 1s --wait-for machines");
  const { exit, stdout } = await azure.run("status mycluster");
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^expired .* ago$/m);
  expect(stdout).toContain("its time to live ended");
});

test("a node that failed: 2 of 3 are up, exit code 3", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --wait-for machines", {
    faults: [parseFault("machine-2:AllocationFailed")],
  });
  const { exit, stdout } = await azure.run("status mycluster");
  expect(exit).toBe(3);
  expect(stdout).toContain("2 of 3 nodes up");
});

test("a node that was removed is not missed", async () => {
  const azure = await withCluster("mycluster --num-nodes 4 --etcd-plain --wait-for machines");
  const removed = await azure.run("remove mycluster 1 --yes --force");
  expect(removed.exit, removed.stderr).toBe(0);
  const { exit, document } = await azure.json<StatusDocument>("status mycluster");
  expect(document.nodes.map((node) => node.index)).toEqual([0, 2, 3]);
  expect(document.drift).toEqual([]);
  expect(exit).toBe(0);
});

test.each([
  ["no such cluster", async () => undefined, "there is no cluster mycluster"],
  [
    "a half-made one",
    (azure: TestAzure) => addGroup(azure, "mycluster", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "mycluster" }),
    "mycluster is half made",
  ],
])("%s: exit code 1 and what to do", async (_, prepare, text) => {
  const azure = ownAzure();
  await prepare(azure);
  const { exit, stderr } = await azure.run("status mycluster");
  expect(exit).toBe(1);
  expect(stderr).toContain(text);
});

test("--watch looks again every 5 seconds until it is interrupted, and ends with the last exit code", async () => {
  const azure = await withCluster();
  let interrupt = (): void => undefined;
  let looks = 0;
  const { exit, stdout } = await azure.run("status mycluster --watch", {
    onInterrupt: (callback) => (interrupt = callback),
    onStdout: () => {
      looks += 1;
      if (looks === 1) void byHand(azure, "POST", `${MACHINE(2)}/deallocate`);
      if (looks === 25) interrupt();
    },
  });
  expect(looks).toBe(25);
  expect(stdout).toContain("3 of 3 nodes up");
  expect(stdout).toContain("2 of 3 nodes up");
  expect(exit).toBe(3);
});

test("--watch of a rehearsal waits in real time, and looking brings no cluster nearer to its end", async () => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 1 --ttl 1m --wait-for machines --simulate")).exit).toBe(0);
  const state = join(azure.dir, ".simulated-azure.json");
  const before = readFileSync(state, "utf8");
  const slept: number[] = [];
  let now = Date.UTC(2026, 10, 22, 12, 30);
  let interrupt = (): void => undefined;
  let looks = 0;
  const { stdout } = await azure.run("status mycluster --simulate --watch", {
    onInterrupt: (callback) => (interrupt = callback),
    onStdout: () => (looks += 1) === 20 && interrupt(),
    clock: { now: () => now, sleep: (ms) => Promise.resolve(void (slept.push(ms), (now += ms))) },
  });
  expect(slept.slice(0, 19)).toEqual(Array.from({ length: 19 }, () => 5000));
  expect(slept.slice(19)).not.toContain(5000);
  expect(stdout).toMatch(/1 of 1 node up, at 12:30:00 UTC\n[\s\S]*, at 12:31:35 UTC\n/);
  await azure.run("list --simulate");
  expect(readFileSync(state, "utf8")).toBe(before);
});

test("--watch of a rehearsal sees what another command does meanwhile, and --timeout ends it", async () => {
  const azure = ownAzure();
  await azure.run("mycluster --num-nodes 3 --etcd-plain --wait-for machines --simulate");
  let looks = 0;
  let removed: Promise<unknown> | undefined;
  let now = Date.UTC(2026, 10, 22, 12, 30);
  const { exit, stdout } = await azure.run("status mycluster --simulate --watch --timeout 17s", {
    onStdout: () => {
      looks += 1;
      if (looks === 1) removed = azure.run("remove mycluster 2 --yes --simulate");
    },
    clock: {
      now: () => now,
      sleep: async (ms) => {
        await removed;
        now += ms;
      },
    },
  });
  expect([exit, looks]).toEqual([0, 4]);
  expect(stdout).toMatch(/3 of 3 nodes up[\s\S]*2 of 2 nodes up/);
});

test("on a terminal a look fits the window: the heading stays, nodes that are up give way, the note is in every frame", async () => {
  const azure = await withCluster("mycluster --num-nodes 12 --wait-for machines", {
    faults: [parseFault("machine-10:AllocationFailed")],
  });
  let interrupt = (): void => undefined;
  const frames: string[] = [];
  await azure.run("status mycluster --watch", {
    terminal: { columns: 80, rows: 14 },
    onInterrupt: (callback) => (interrupt = callback),
    onStdout: (text) => frames.push(text) === 3 && interrupt(),
  });
  expect(frames).toHaveLength(3);
  for (const frame of frames) {
    const [, text = ""] = frame.split("\u001B[2J");
    const lines = stripVTControlCharacters(text).trimEnd().split("\n");
    expect(lines.length).toBeLessThan(14);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toMatch(/^mycluster in westus: 11 of 12 nodes up, at \d\d:\d\d:\d\d UTC$/);
    expect(text).toContain("mycluster-coreos-10");
    expect(text).toMatch(/^and \d+ more, all ready \(--verbose lists each\)$/m);
    expect(text).toContain("the health of the nodes is simulated");
  }
});

test("on a terminal of 80 columns no line of status, list and plan is longer, and no word is broken", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --deis --wait-for machines");
  const terminal = { columns: 80, rows: 24 };
  for (const argv of ["status mycluster", "list", "mycluster --dry-run", "mycluster --deis --num-nodes 4 --wait-for machines"]) {
    const { stdout, stderr } = await azure.run(argv, { terminal });
    // the line that is shown while nothing is known yet is wiped out by the next
    const left = (argv.includes("--wait") ? stderr : stdout + stderr).replaceAll(/^[^\n]*\r/gm, "");
    const shown = stripVTControlCharacters(left);
    const long = shown.split("\n").filter((line) => line.length > 80);
    expect(
      long.filter((line) => /\s/.test(line.trim())),
      argv,
    ).toEqual([]);
  }
  // an age of six letters leaves no room for Azure's word
  await azure.pass(100_000);
  expect((await azure.run("status mycluster", { terminal })).stdout).toMatch(
    /^mycluster-coreos-0 +ready +running +10\.0\.0\.4 +\S+:22001 +\d/m,
  );
});

test.each(["", " --json"])("--watch%s ends when nobody reads it", async (flag) => {
  const azure = await withCluster("mycluster --num-nodes 1 --wait-for machines");
  let gone = (): void => undefined;
  const { exit, stderr } = await azure.run(`status mycluster --watch${flag}`, {
    onUnread: (callback) => (gone = callback),
    onStdout: () => gone(),
  });
  expect([exit, stderr]).toEqual([141, expect.not.stringContaining("Error")]);
});

test("--json --watch is a document a line", async () => {
  const azure = await withCluster();
  let interrupt = (): void => undefined;
  let looks = 0;
  const { stdout } = await azure.run("status mycluster --watch --json", {
    terminal: { columns: 80, rows: 24 },
    onInterrupt: (callback) => (interrupt = callback),
    onStdout: () => (looks += 1) === 2 && interrupt(),
  });
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as StatusDocument).name),
  ).toEqual(["mycluster", "mycluster"]);
});

test("nothing is ever written", async () => {
  const azure = await withCluster();
  const before = azure.exchanges.length;
  await azure.run("status mycluster", { dir: elsewhere() });
  expect(azure.exchanges.slice(before).filter((one) => one.method !== "GET")).toEqual([]);
});

test("nothing is asked twice", async () => {
  const azure = await withCluster();
  const before = azure.exchanges.length;
  expect((await azure.run("status mycluster")).exit).toBe(0);
  const asked = azure.exchanges.slice(before).map(({ method, url }) => `${method} ${new URL(url).pathname}`);
  expect(asked.filter((one, index) => asked.indexOf(one) !== index)).toEqual([]);
});
