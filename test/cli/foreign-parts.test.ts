/** What others put into the cluster's own balancer, security group and network stays through every change of ours. */
import { expect, test } from "vitest";
import { byHand, inGroup } from "./azure-hand.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";
import { some } from "../long.ts";
import { START, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
let clock: VirtualClock;

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
type Body = any;

const BALANCER = inGroup("abc", "Microsoft.Network/loadBalancers", "abc-lb");
const GROUP = inGroup("abc", "Microsoft.Network/networkSecurityGroups", "abc-nsg");
const NETWORK = inGroup("abc", "Microsoft.Network/virtualNetworks", "abc-vnet");
const THEIRS = inGroup("abc", "Microsoft.Network/networkInterfaces", "theirs");

const read = async (path: string): Promise<Body> => (await byHand(azure, "GET", path)).body;

/** Reads, changes and writes back, as a person with `az` does. */
async function change(path: string, how: (properties: Body) => void): Promise<void> {
  const body = await read(path);
  how(body.properties);
  // of a NAT gateway's SKU Azure takes the name alone
  if (path.includes("/natGateways/")) delete body.sku.tier;
  const put = await byHand(azure, "PUT", path, body);
  expect(put.status, JSON.stringify(put.body)).toBe(200);
  await clock.sleep(120_000);
}

async function shared(): Promise<void> {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  expect((await azure.run("abc --num-nodes 3 --wait-for machines")).exit).toBe(0);
  const { id } = await read(BALANCER);
  await change(BALANCER, (properties) => {
    const [frontendIPConfiguration] = properties.frontendIPConfigurations.map(({ id }: { id: string }) => ({ id }));
    properties.backendAddressPools.push({ name: "theirs" });
    properties.loadBalancingRules.push({
      name: "theirs",
      properties: {
        frontendIPConfiguration,
        backendAddressPool: { id: `${id}/backendAddressPools/theirs` },
        protocol: "Tcp",
        frontendPort: 9000,
        backendPort: 9000,
        disableOutboundSnat: true,
      },
    });
  });
  await change(GROUP, (properties) => {
    properties.securityRules.push({
      name: "theirs",
      properties: { ...properties.securityRules[0].properties, priority: 3000, destinationPortRange: "9000" },
    });
  });
  await change(NETWORK, (properties) => {
    properties.subnets.push({ name: "theirs", properties: { addressPrefix: "10.0.240.0/24" } });
  });
  const network = await read(NETWORK);
  await byHand(azure, "PUT", THEIRS, {
    location: "westus",
    properties: {
      ipConfigurations: [
        {
          name: "a",
          properties: {
            subnet: { id: `${network.id}/subnets/theirs` },
            loadBalancerBackendAddressPools: [{ id: `${id}/backendAddressPools/theirs` }],
          },
        },
      ],
    },
  });
}

const partsOf = async (): Promise<unknown> => {
  const [balancer, group, network, theirs] = [await read(BALANCER), await read(GROUP), await read(NETWORK), await read(THEIRS)];
  const one = (parts: Body[]): Body => parts.find(({ name }) => name === "theirs")?.properties;
  return [
    one(balancer.properties.backendAddressPools),
    one(balancer.properties.loadBalancingRules),
    one(group.properties.securityRules),
    one(network.properties.subnets),
    theirs.properties.ipConfigurations[0].properties.loadBalancerBackendAddressPools,
  ];
};

const CHANGES = [
  "abc --num-nodes 5 --wait-for machines",
  "abc --ssh-from 10.0.0.0/8 --wait-for machines",
  "remove abc 2 --yes --force",
  // beyond 100 nodes the network gets a NAT gateway, and the balancer loses its way out
  "abc --num-nodes 101 --wait-for machines",
];
for (const argv of some(CHANGES, 0, 1, 2))
  test(`a pool with an interface in it, rules and a subnet of somebody else outlast: ${argv}`, async () => {
    await shared();
    const before = await partsOf();
    expect(JSON.stringify(before)).not.toContain("null");
    const { exit, stderr } = await azure.run(argv);
    expect(exit, stderr).toBe(0);
    expect(await partsOf()).toEqual(before);
    expect(azure.exchanges.filter((one) => one.method === "PUT" && one.url.includes(BALANCER)).length).toBeGreaterThan(
      argv.includes("--ssh-from") ? 1 : 2,
    );
  });

/** What others have set where the cluster's own parts are, and the plan says nothing, or not this. */
const SET: readonly (readonly [path: (word: string) => string, how: (properties: Body) => void])[] = [
  [
    () => BALANCER,
    ({ frontendIPConfigurations: [frontend], backendAddressPools: [pool] }) => {
      const gatewayLoadBalancer = { id: `${OTHERS}/loadBalancers/nva/frontendIPConfigurations/f` };
      Object.assign(frontend.properties, {
        gatewayLoadBalancer,
        ddosSettings: { ddosCustomPolicy: { id: `${OTHERS}/ddosCustomPolicies/p` } },
      });
      pool.properties.drainPeriodInSeconds = 30;
    },
  ],
  [() => GROUP, ({ securityRules: [rule] }) => void (rule.properties.description = "asked for by the web team")],
  [
    () => NETWORK,
    ({ subnets: [subnet] }) => {
      subnet.properties.privateEndpointNetworkPolicies = "Enabled";
      subnet.properties.serviceEndpoints = [{ service: "Microsoft.Storage" }];
    },
  ],
  [
    () => inGroup("abc", "Microsoft.Compute/availabilitySets", "coreos-as"),
    (properties) => void (properties.scheduledEventsPolicy = { userInitiatedRedeploy: { automaticallyApprove: true } }),
  ],
  [
    (word) => inGroup("abc", "Microsoft.Network/publicIPAddresses", `abc-ip-${word}`),
    (properties) => void (properties.idleTimeoutInMinutes = 11),
  ],
  [
    () => inGroup("abc", "Microsoft.Network/natGateways", "abc-nat"),
    (properties) =>
      Object.assign(properties, { idleTimeoutInMinutes: 15, publicIpPrefixes: [{ id: `${OTHERS}/publicIPPrefixes/corp` }] }),
  ],
];

const OTHERS = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network";

const LATER = [
  { first: "", later: "--tag Owner=me", writes: /^PATCH/ },
  { first: "--private", later: "--tag Owner=me", writes: /^PATCH/ },
  { first: "", later: "--num-nodes 3", writes: /^PUT .*(abc-lb|coreos-2(-nic)?)$|^PATCH .*-ip-/ },
  { first: "--private", later: "--num-nodes 3", writes: /^PUT .*(abc-lb|coreos-2(-nic)?)$|^PATCH .*-nsg$/ },
  { first: "", later: "--http", writes: /^PUT .*(abc-lb|abc-nsg)$|^PATCH .*-ip-/ },
  { first: "", later: "--ssh-from 10.0.0.0/8", writes: /^PUT .*abc-nsg$|^PATCH .*-ip-/ },
];
for (const { first, later, writes } of some(LATER, 1, 2, 4))
  test(`what others have set on parts of ours outlasts ${first} ${later}`, async () => {
    clock = createVirtualClock(START);
    azure = ownAzure({ clock });
    expect((await azure.run(`abc --num-nodes 2 --wait-for machines ${first}`)).exit).toBe(0);
    const word = String((await read(GROUP)).tags["aoc-id"]);
    const paths = SET.flatMap(([path, how]) => ({ path: path(word), how }));
    const present = await Promise.all(paths.map(async ({ path }) => (await byHand(azure, "GET", path)).status === 200));
    const there = paths.filter((_, at) => present[at]);
    for (const { path, how } of there) await change(path, how);
    const since = azure.exchanges.length;
    const { exit, stderr } = await azure.run(`abc --wait-for machines ${later}`);
    expect(exit, stderr).toBe(0);
    const sent = azure.exchanges.slice(since).filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method));
    for (const { method, url } of sent) expect(`${method} ${new URL(url).pathname}`).toMatch(writes);
    for (const { path, how } of there) {
      const { properties } = await read(path);
      const set = structuredClone(properties);
      how(set);
      expect(properties, path).toEqual(set);
    }
    expect((await azure.run("abc --wait-for machines")).stderr).toContain("Nothing to do");
  });

test("the plan says what of our own parts it puts right by the way", async () => {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  expect((await azure.run("abc --num-nodes 3 --http --wait-for machines")).exit).toBe(0);
  await change(BALANCER, ({ loadBalancingRules: [web], probes: [probe] }) => {
    web.properties.idleTimeoutInMinutes = 30;
    probe.properties.intervalInSeconds = 60;
  });
  const { stderr } = await azure.run("plan abc --num-nodes 4");
  expect(stderr).toContain("~ rule web: idleTimeoutInMinutes 30 -> 4");
  expect(stderr).toContain("~ probe web: intervalInSeconds 60 -> 5");
});

test("a run that would cut an interface off is caught by the tests' own watch", async () => {
  await shared();
  const { id, location, sku, tags, properties } = await read(BALANCER);
  const bare = {
    id,
    location,
    sku,
    tags,
    properties: { ...properties, backendAddressPools: [], loadBalancingRules: [], outboundRules: [] },
  };
  const left = azure.run("status abc", {
    azure: async (request) => {
      await azure.simulation.handle({
        ...request,
        method: "PUT",
        url: `https://management.azure.com${id}?api-version=2024-01-01`,
        body: JSON.stringify(bare),
      });
      return azure.simulation.handle(request);
    },
  });
  await expect(left).rejects.toThrow(/leaves out the pool nodes, and abc-coreos-0-nic is in it/);
});

test("a rule of others with the priority of one to come: ours takes the next, and nothing is to do after it", async () => {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  expect((await azure.run("abc --num-nodes 3 --wait-for machines")).exit).toBe(0);
  await change(GROUP, (properties) => {
    properties.securityRules.push({
      name: "theirs",
      properties: { ...properties.securityRules[0].properties, priority: 110, destinationPortRange: "9000" },
    });
  });
  const { exit, stderr } = await azure.run("abc --deis --wait-for machines");
  expect(exit, stderr).toBe(0);
  const rules = (await read(GROUP)).properties.securityRules.map(({ name, properties }: Body) => [name, properties.priority]);
  expect(rules).toEqual([
    ["allow-ssh", 100],
    ["allow-web", 111],
    ["allow-https", 120],
    ["allow-builder", 130],
    ["theirs", 110],
  ]);
  expect((await azure.run("abc --wait-for machines")).stderr).toContain("Nothing to do");
  expect((await azure.run("status abc --no-nodes")).stdout).not.toContain("somebody changed");
});

test("a machine of others in the cluster's own subnet has the next node's address: the node gets another, and so does the one after", async () => {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  expect((await azure.run("abc --num-nodes 2 --wait-for machines")).exit).toBe(0);
  const network = await read(NETWORK);
  const configuration = { name: "a", properties: { subnet: { id: `${network.id}/subnets/nodes` } } };
  await byHand(azure, "PUT", THEIRS, { location: "westus", properties: { ipConfigurations: [configuration] } });
  await clock.sleep(120_000);
  const before = await read(THEIRS);
  expect(before.properties.ipConfigurations[0].properties.privateIPAddress).toBe("10.0.0.6");
  for (const nodes of [3, 4]) {
    const { exit, stderr } = await azure.run(`abc --num-nodes ${nodes} --wait-for machines`);
    expect(exit, stderr).toBe(0);
  }
  const { stdout } = await azure.run("status abc --no-nodes --json");
  const addresses = JSON.parse(stdout).nodes.map(({ privateIp }: { privateIp: string }) => privateIp);
  expect(addresses).toEqual(["10.0.0.4", "10.0.0.5", "10.0.0.7", "10.0.0.8"]);
  expect(await read(THEIRS)).toEqual(before);
});

test("somebody's public address at a node is not one of --pip: none is made beside it, and theirs stays", async () => {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
  expect((await azure.run("abc --num-nodes 2 --wait-for machines")).exit).toBe(0);
  const theirs = inGroup("abc", "Microsoft.Network/publicIPAddresses", "theirs");
  const put = { location: "westus", sku: { name: "Standard" }, properties: { publicIPAllocationMethod: "Static" } };
  expect((await byHand(azure, "PUT", theirs, put)).status).toBeLessThan(300);
  await clock.sleep(60_000);
  const card = inGroup("abc", "Microsoft.Network/networkInterfaces", "abc-coreos-0-nic");
  const { id } = await read(theirs);
  await change(card, (properties) => {
    properties.ipConfigurations[0].properties.publicIPAddress = { id };
  });
  const status = await azure.run("status abc --no-nodes");
  expect([status.exit, status.stdout], status.stderr).toEqual([0, expect.not.stringContaining("is missing")]);
  azure.exchanges.length = 0;
  const grown = await azure.run("abc --num-nodes 3 --tag a=b --wait-for machines");
  expect(grown.exit, grown.stderr).toBe(0);
  expect([...azure.puts().keys()].filter((path) => path.includes("publicIPAddresses/abc-coreos"))).toEqual([]);
  expect((await read(card)).properties.ipConfigurations[0].properties.publicIPAddress.id).toBe(id);
});
