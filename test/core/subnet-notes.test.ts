/** What a subnet's own security group and routes are said to do to nodes. */
import { expect, test } from "vitest";
import { routeNotes, securityNotes, wayOutNotes } from "../../src/core/advice/subnet-notes.ts";
import type { RouteFacts, SecurityRuleFacts, SubnetFacts } from "../../src/core/region.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";

const SUBNET: SubnetFacts = {
  id: "/s/apps",
  name: "apps",
  prefixes: ["10.1.1.0/24"],
  used: [],
  opaque: false,
  natGateway: false,
  delegations: [],
  securityGroup: "/subscriptions/s/resourceGroups/lan/providers/Microsoft.Network/networkSecurityGroups/apps-nsg",
  routeTable: "/subscriptions/s/resourceGroups/lan/providers/Microsoft.Network/routeTables/hub-routes",
};

const rule = (more: Partial<SecurityRuleFacts>): SecurityRuleFacts => ({
  name: "rule",
  priority: 200,
  inbound: true,
  allows: true,
  protocol: "Tcp",
  sources: ["*"],
  destinations: ["*"],
  ports: ["22"],
  ...more,
});

const spec = (given: Parameters<typeof buildSpec>[1] = {}) => buildSpec("mycluster", given).spec;
const notes = (rules: readonly SecurityRuleFacts[], given?: Parameters<typeof buildSpec>[1]): string[] =>
  securityNotes(spec(given), SUBNET, rules);

const DENY_ALL = rule({ name: "deny-all", priority: 1000, allows: false, protocol: "*", ports: ["*"] });

test("Azure's own last rule closes SSH, and the missing rule is a command", () => {
  const [note, ...more] = notes([]);
  expect(more).toEqual([]);
  expect(note).toContain("apps-nsg: SSH (TCP 22) is closed there by Azure's last rule, DenyAllInBound");
  expect(note).toContain(
    "az network nsg rule create --resource-group lan --nsg-name apps-nsg --name allow-ssh --direction Inbound --priority 4096 " +
      "--access Allow --protocol Tcp --source-address-prefixes '*' --destination-port-ranges 22",
  );
});

test.each<[string, Partial<SecurityRuleFacts>]>([
  ["everybody", {}],
  ["any protocol", { protocol: "*" }],
  ["the internet", { sources: ["Internet"] }],
  ["a range of ports", { ports: ["80", "20-25"] }],
  ["all ports", { ports: ["*"] }],
  ["into the network", { destinations: ["VirtualNetwork"] }],
  ["into a range that holds the subnet", { destinations: ["10.1.0.0/16"] }],
])("a rule that lets in %s is enough", (_, more) => expect(notes([rule(more)])).toEqual([]));

test.each<[string, Partial<SecurityRuleFacts>]>([
  ["from one office", { sources: ["203.0.113.0/24"] }],
  ["for UDP", { protocol: "Udp" }],
  ["to other ports", { ports: ["80", "23-30"] }],
  ["to another machine", { destinations: ["10.1.2.7/32"] }],
  ["outwards", { inbound: false }],
  ["behind one that forbids it", { priority: 2000 }],
])("a rule %s is not", (why, more) =>
  expect(notes([rule(more), ...(why.startsWith("behind") ? [rule({ allows: false, sources: ["Internet"] })] : [])])).toHaveLength(
    1,
  ),
);

test("who may reach SSH is who must be let in: a wider rule does, a narrower one does not", () => {
  expect(notes([rule({ sources: ["203.0.113.0/24"] })], { sshFrom: ["203.0.113.7/32"] })).toEqual([]);
  expect(notes([rule({ sources: ["203.0.113.7"] })], { sshFrom: ["203.0.113.0/24", "10.0.0.1/32"] })[0]).toContain(
    "--source-address-prefixes 203.0.113.0/24 10.0.0.1/32",
  );
});

test("a group that denies all closes SSH, endpoints, their probes and etcd; the rules go before it", () => {
  const found = notes([DENY_ALL], { deis: true });
  const closed = found.map((note) => /apps-nsg: (.*?) is closed/.exec(note)?.[1]);
  expect(closed).toEqual([
    "SSH (TCP 22)",
    "the endpoint web (TCP 80)",
    "the load balancer's probe of web (TCP 80)",
    "the endpoint https (TCP 443)",
    "the load balancer's probe of https (TCP 443)",
    "the endpoint builder (TCP 2222)",
    "the load balancer's probe of builder (TCP 2222)",
    "etcd between the nodes (TCP 2379-2380)",
  ]);
  expect(found[0]).toContain("its rule deny-all (priority 1000)");
  expect(found[0]).toContain("--priority 999 ");
});

test("the way out may be closed too", () => {
  const closed = rule({ name: "no-out", inbound: false, allows: false, destinations: ["Internet"], ports: ["*"], protocol: "*" });
  expect(notes([rule({}), closed])[0]).toContain("--direction Outbound");
});

test("where no priority is left before it, that is said", () => {
  expect(notes([rule({ name: "first", priority: 100, allows: false })])[0]).toContain("N (below 100, where none is free");
});

test("a group that may not be read is named", () => {
  expect(securityNotes(spec(), SUBNET, "unread")[0]).toMatch(/apps-nsg, which this sign-in may not read: it must let in TCP 22/);
});

test.each<[Partial<RouteFacts>, string | undefined]>([
  [{ nextHop: "VirtualAppliance", address: "10.1.4.4" }, "to an appliance at 10.1.4.4 (route all of hub-routes)"],
  [{ nextHop: "None" }, "to nowhere"],
  [{ nextHop: "VirtualNetworkGateway" }, "to a gateway"],
  [{ prefix: "128.0.0.0/1", nextHop: "VirtualAppliance" }, "128.0.0.0/1 to an appliance"],
  [{ nextHop: "Internet" }, undefined],
  [{ prefix: "10.0.0.0/8", nextHop: "VirtualAppliance" }, undefined],
])("a route %j", (more, said) => {
  const found = routeNotes(spec(), SUBNET, [{ name: "all", prefix: "0.0.0.0/0", nextHop: "None", ...more }]);
  if (said === undefined) expect(found).toEqual([]);
  else expect(found[0]).toContain(said);
});

test("many nodes without a NAT gateway share the ports of one address", () => {
  expect(wayOutNotes({ numNodes: 100, private: false }, SUBNET)).toEqual([]);
  expect(wayOutNotes({ numNodes: 200, private: false }, { ...SUBNET, natGateway: true })).toEqual([]);
  expect(wayOutNotes({ numNodes: 200, private: false }, SUBNET)[0]).toContain("320 each at most");
});

test("a private cluster goes out by the subnet's own way, and needs one", () => {
  const { routeTable: _, ...bare } = SUBNET;
  const isPrivate = { numNodes: 3, private: true };
  expect(wayOutNotes(isPrivate, bare)[0]).toContain("apps has neither a NAT gateway nor a route table");
  expect([wayOutNotes(isPrivate, SUBNET), wayOutNotes(isPrivate, { ...bare, natGateway: true })]).toEqual([[], []]);
  const notesOf = (nextHop: string) => routeNotes(isPrivate, SUBNET, [{ name: "all", prefix: "0.0.0.0/0", nextHop }]);
  expect([notesOf("VirtualAppliance"), notesOf("None").length, routeNotes(isPrivate, SUBNET, "unread")]).toEqual([[], 1, []]);
});
