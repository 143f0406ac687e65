/** A virtual network that is there already: which of its subnets, by which name, with what rules of its own, and where in it. */
import { expect, test } from "vitest";
import { addGroup, byHand, inGroup, denyAll } from "./azure-hand.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { some } from "../long.ts";
import { type RunOptions, START, type TestAzure, ownAzure } from "./world.ts";

const HUB = inGroup("lan", "Microsoft.Network/virtualNetworks", "hub");
const NSG = inGroup("lan", "Microsoft.Network/networkSecurityGroups", "apps-nsg");
const ROOT = "/subscriptions/00000000-0000-0000-0000-000000000000";
const delegations = [{ name: "d", properties: { serviceName: "Microsoft.ContainerInstance/containerGroups" } }];

interface Part {
  readonly name: string;
  readonly properties: Record<string, unknown>;
}
const part = (name: string, addressPrefix: string, more: object = {}): Part => ({
  name,
  properties: { addressPrefix, ...more },
});
const RESERVED = [
  part("GatewaySubnet", "10.1.0.0/24"),
  part("AzureFirewallSubnet", "10.1.4.0/26"),
  part("AzureFirewallManagementSubnet", "10.1.4.64/26"),
  part("AzureBastionSubnet", "10.1.4.128/26"),
  part("RouteServerSubnet", "10.1.5.0/26"),
  part("delegated", "10.1.2.0/24", { delegations }),
];

/** An Azure with the network `hub` in the group `lan`. */
async function withHub(subnets: readonly Part[], rules?: readonly Part[]): Promise<TestAzure> {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock });
  await addGroup(azure, "lan");
  if (rules !== undefined)
    expect((await byHand(azure, "PUT", NSG, { location: "westus", properties: { securityRules: rules } })).status).toBe(201);
  await clock.sleep(60_000);
  const properties = { addressSpace: { addressPrefixes: ["10.1.0.0/16", "fd00:db8::/48"] }, subnets };
  expect((await byHand(azure, "PUT", HUB, { location: "westus", properties })).status).toBe(201);
  await clock.sleep(60_000);
  azure.exchanges.length = 0;
  return azure;
}

const HERE = "--virtual-network-name hub --vnet-resource-group lan";

test.each([...RESERVED.map(({ name }) => name), "gatewaysubnet"])(
  "no machine goes to %s, and what remains is named",
  async (name) => {
    const azure = await withHub([...RESERVED, part("apps", "10.1.1.0/24"), part("more", "10.1.3.0/24")]);
    const { exit, stderr } = await azure.run(`mycluster ${HERE} --subnet-names ${name}`);
    expect(exit).toBe(5);
    expect(stderr).toMatch(/(is kept by Azure for|is delegated to Microsoft.ContainerInstance).*no machine can be made in it/);
    expect(stderr).toContain("Give --subnet-names, one of: apps, more.");
    expect(azure.puts().size).toBe(0);
  },
);

test("the one that remains is taken unasked, and none where none remains", async () => {
  const azure = await withHub([
    ...RESERVED,
    part("dual", "10.1.1.0/24", { addressPrefixes: ["fd00:db8:0:1::/64", "10.1.1.0/24"] }),
  ]);
  const { document } = await azure.json(`mycluster --num-nodes 1 --wait-for machines ${HERE}`);
  expect(document).toMatchObject({ nodes: [{ privateIp: "10.1.1.4" }] });
  const none = await withHub(RESERVED);
  const { exit, stderr } = await none.run(`mycluster ${HERE}`);
  expect(exit).toBe(5);
  expect(stderr).toContain("none of them may hold machines");
  expect(stderr).toContain("az network vnet subnet create");
});

const SPELLINGS = [
  `--virtual-network-name ${ROOT}${HUB}`,
  `--virtual-network-name ${ROOT.toUpperCase()}${HUB}/`,
  "--virtual-network-name lan:hub",
  `--subnet-names ${ROOT}${HUB}/subnets/apps`,
  `--virtual-network-name hub --subnet-names ${ROOT}${HUB}/subnets/Apps`,
  `--virtual-network-name ${ROOT}${HUB}/subnets/apps`,
  `--virtual-network-name lan:hub --vnet-resource-group LAN --subnet-names apps`,
] as const;
test.each(some(SPELLINGS, 0, 2, 3, 5))("one network, named %s", async (flags) => {
  const azure = await withHub([part("apps", "10.1.1.0/24")]);
  expect(await azure.run(`mycluster --num-nodes 1 --wait-for machines ${flags}`)).toMatchObject({ exit: 0 });
  // and by its names it is the same choice
  expect(await azure.run(`mycluster --wait-for machines ${HERE}`)).toMatchObject({ exit: 0 });
  expect(await azure.run(`mycluster --wait-for machines ${flags}`)).toMatchObject({ exit: 0 });
});

test("in the cluster's own group the group is no choice of its own", async () => {
  const azure = await withHub([part("apps", "10.1.1.0/24")]);
  const line = "mycluster --num-nodes 1 --wait-for machines --resource-group lan --virtual-network-name";
  expect(await azure.run(`${line} hub`)).toMatchObject({ exit: 0 });
  expect(await azure.run(`${line} ${ROOT}${HUB}`)).toMatchObject({ exit: 0 });
});

test.each([
  [`--virtual-network-name /subscriptions/11111111-1111-1111-1111-111111111111${HUB}`, "of the subscription 11111111"],
  [`--virtual-network-name ${ROOT}${NSG}`, "is no id of a virtual network"],
  [`--virtual-network-name hub --subnet-names ${ROOT}${HUB}`, "is no id of a subnet"],
  [`--virtual-network-name other --subnet-names ${ROOT}${HUB}/subnets/apps`, "is given as other and as hub"],
  ["--virtual-network-name lan:hub --vnet-resource-group wan", "resource group is given as lan and as wan"],
  ["--virtual-network-name a:b:c", "neither a name nor group:name"],
])("%s is bad usage", async (flags, message) => {
  const azure = await withHub([part("apps", "10.1.1.0/24")]);
  const { exit, stderr } = await azure.run(`mycluster ${flags}`);
  expect([exit, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("a subnet whose own group lets no SSH in is said, with the rule; it is no refusal", async () => {
  const deny = denyAll("deny-all", 100);
  const azure = await withHub([part("apps", "10.1.1.0/24", { networkSecurityGroup: { id: `${ROOT}${NSG}` } })], [deny]);
  const { exit, stderr } = await azure.run(`plan mycluster ${HERE}`);
  expect(exit).toBe(0);
  expect(stderr).toContain("apps-nsg: SSH (TCP 22) is closed there by its rule deny-all (priority 100)");
  const forbidden = await azure.run(`plan mycluster ${HERE}`, refusing(azure, NSG));
  expect(forbidden.exit).toBe(0);
  expect(forbidden.stderr).toContain("apps-nsg, which this sign-in may not read");
});

const refusing = (azure: TestAzure, path: string): RunOptions => ({
  azure: (request) =>
    new URL(request.url).pathname.endsWith(path)
      ? Promise.resolve({
          status: 403,
          headers: { "content-type": "application/json" },
          body: '{"error":{"code":"AuthorizationFailed","message":"The client may not."}}',
        })
      : azure.simulation.handle(request),
});

/** One that does not know `$expand`: ids without addresses. */
const plain = (azure: TestAzure): RunOptions => ({
  azure: (request) => azure.simulation.handle({ ...request, url: request.url.replace(/%24expand=[^&]*&?|\$expand=[^&]*&?/, "") }),
});

test.each(["with", "without"])("6 nodes find their addresses beside others' in few requests, %s $expand", async (how) => {
  const azure = await withHub([part("apps", "10.1.8.0/22")]);
  expect(await azure.run(`theirs --num-nodes 6 --wait-for machines ${HERE}`)).toMatchObject({ exit: 0 });
  azure.exchanges.length = 0;
  const line = `mycluster --num-nodes 6 --wait-for machines ${HERE}`;
  const before = await azure.json<{ nodes: { privateIp: string }[] }>(line, how === "with" ? {} : plain(azure));
  expect(before.exit).toBe(0);
  const addresses = before.document.nodes.map(({ privateIp }) => privateIp);
  expect(new Set(addresses).size).toBe(6);
  expect(addresses[0]).toBe("10.1.8.10");
  const first = azure.exchanges.findIndex(({ method }) => method === "PUT");
  expect(azure.exchanges.slice(0, first).length).toBeLessThan(25);
  expect(azure.exchanges.some(({ url }) => /CheckIPAddressAvailability/i.test(url))).toBe(false);
});

test("what Azure does not tell is asked for address by address", async () => {
  const azure = await withHub([part("apps", "10.1.8.0/24")]);
  await azure.run(`theirs --num-nodes 3 --wait-for machines ${HERE}`);
  azure.exchanges.length = 0;
  const silent: RunOptions = {
    azure: async (request) => {
      const answer = await plain(azure).azure!(request);
      return /networkInterfaces\?/.test(request.url) && request.url.includes("/theirs/")
        ? { ...answer, body: '{"value":[]}' }
        : answer;
    },
  };
  const { document, exit } = await azure.json<{ nodes: { privateIp: string }[] }>(
    `mycluster --num-nodes 3 --wait-for machines ${HERE}`,
    silent,
  );
  expect(exit).toBe(0);
  expect(document.nodes.map(({ privateIp }) => privateIp)).toEqual(["10.1.8.7", "10.1.8.8", "10.1.8.9"]);
  expect(azure.exchanges.some(({ url }) => /CheckIPAddressAvailability/i.test(url))).toBe(true);
});

test("a second cluster of a group has an availability set of its own, and keeps it", async () => {
  const azure = await withHub([part("apps", "10.1.1.0/24")]);
  const make = (name: string, nodes: number) =>
    azure.run(`${name} --num-nodes ${nodes} --wait-for machines --resource-group lan`);
  expect(await make("first", 1)).toMatchObject({ exit: 0 });
  expect(await make("second", 1)).toMatchObject({ exit: 0 });
  for (const name of ["first", "second"]) expect(await make(name, 2)).toMatchObject({ exit: 0 });
  const setOf = (machine: string): string => azure.puts().get(`virtualMachines/${machine}`).properties.availabilitySet.id;
  expect([setOf("first-coreos-1"), setOf("second-coreos-1")].map((id) => id.split("/").at(-1))).toEqual([
    "first-as",
    "second-as",
  ]);
  expect((await azure.run("destroy second --yes --resource-group lan")).exit).toBe(0);
  expect((await azure.run("status first --resource-group lan --json")).stdout).toContain('"first-coreos-1"');
  expect((await azure.run("plan first --resource-group lan --json")).exit).toBe(0);
});

test("a set that was named stays what it is: another's is refused", async () => {
  const azure = await withHub([part("apps", "10.1.1.0/24")]);
  await azure.run("first --num-nodes 1 --wait-for machines --resource-group lan");
  const { exit } = await azure.run("second --num-nodes 1 --wait-for machines --resource-group lan --availability-set first-as");
  expect(exit).toBe(7);
});

test("--ssh-from takes IPv6 ranges, in a rule of their own", async () => {
  const azure = await withHub([]);
  await azure.run("mycluster --num-nodes 1 --wait-for machines --ssh-from 10.0.0.0/8,2001:db8::/32 --ssh-from 192.0.2.1");
  const { securityRules } = azure.puts().get("networkSecurityGroups/mycluster-nsg").properties;
  expect(
    securityRules.map(({ name, properties }: Part) => [
      name,
      properties["sourceAddressPrefix"] ?? properties["sourceAddressPrefixes"],
    ]),
  ).toEqual([
    ["allow-ssh", ["10.0.0.0/8", "192.0.2.1/32"]],
    ["allow-ssh-ipv6", "2001:db8::/32"],
  ]);
  expect(await azure.run("mycluster --wait-for machines")).toMatchObject({ exit: 0 });
});

test("--ssh-from me is an address for documentation in a rehearsal, and says so", async () => {
  const azure = await withHub([]);
  const { stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines --ssh-from me,10.0.0.0/8");
  expect(stderr).toContain("in a rehearsal nobody is asked; 203.0.113.7");
  const [rule] = azure.puts().get("networkSecurityGroups/mycluster-nsg").properties.securityRules;
  expect(rule.properties.sourceAddressPrefixes).toEqual(["203.0.113.7/32", "10.0.0.0/8"]);
});
