/** What is sent beside what others have in a resource of ours, and what drift says of rules that somebody changed. */
import { describe, expect, test } from "vitest";
import { besideOthers } from "../../src/core/plan/beside.ts";
import { astray, missing } from "../../src/core/plan/drift.ts";
import { takenPorts } from "../../src/core/plan/taken-ports.ts";
import { changedRules } from "../../src/core/plan/rules-drift.ts";
import type { Kind } from "../../src/core/plan/bodies.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";

const TAGS = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "0123abcd" };
const resource = (kind: Kind, body: object, more: object = {}): AnyResource =>
  ({
    kind,
    id: `/subscriptions/s/resourceGroups/g/x/${kind}`,
    label: kind,
    dependsOn: [],
    body: { location: "l", tags: TAGS, ...body },
    ...more,
  }) as AnyResource;
// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
type Body = any;
const sent = (kind: Kind, body: object, model: object, tags: Record<string, string> = TAGS): Body => {
  const { securityRules = [] } = body as { securityRules?: { name: string }[] };
  return besideOthers(resource(kind, body, { asked: securityRules.map(({ name }) => name) }), { tags, model }).body;
};
const names = (parts: { name?: string }[]): (string | undefined)[] => parts.map(({ name }) => name);

describe("a port that a rule of others has", () => {
  const frontendIPConfiguration = { id: "/x/frontendIPConfigurations/public" };
  const rule = (name: string, frontendPort: number, more: object = {}) => ({
    name,
    frontendPort,
    backendPort: 22,
    protocol: "Tcp",
    frontendIPConfiguration,
    ...more,
  });
  /** As Azure tells one: its port is 0. */
  const range = (frontendPortRangeStart: number, frontendPortRangeEnd: number): object =>
    rule("theirs", 0, { frontendPortRangeStart, frontendPortRangeEnd });
  const wanted = resource("loadBalancer", { inboundNatRules: [rule("ssh-0", 22_001), rule("ssh-1", 22_002)] });
  test.each<[string, object, string[]]>([
    ["of a NAT rule", { inboundNatRules: [rule("theirs", 22_002, { backendPort: 80 })] }, ["inbound-nat-rule delete"]],
    ["of an endpoint", { loadBalancingRules: [rule("theirs", 22_002)] }, ["lb rule delete"]],
    ["for all protocols", { loadBalancingRules: [rule("theirs", 22_002, { protocol: "All" })] }, ["lb rule delete"]],
    ["of another protocol", { loadBalancingRules: [rule("theirs", 22_002, { protocol: "Udp" })] }, []],
    ["at another address", { loadBalancingRules: [rule("theirs", 22_002, { frontendIPConfiguration: { id: "/x/two" } })] }, []],
    ["of a NAT rule's range", { inboundNatRules: [range(22_000, 22_002)] }, ["inbound-nat-rule delete"]],
    ["of a NAT pool", { inboundNatPools: [range(22_002, 22_010)] }, ["inbound-nat-pool delete"]],
    ["beside a range", { inboundNatRules: [range(22_003, 22_010)], inboundNatPools: [range(21_000, 22_000)] }, []],
    ["that is the rule itself", { inboundNatRules: [rule("SSH-1", 22_002)] }, []],
    ["that is one of the tool's for a node that goes", { inboundNatRules: [rule("ssh-2", 22_003)] }, []],
  ])("%s", (_, model, advice) => {
    expect(takenPorts(wanted, { tags: TAGS, model }).map((problem) => problem.advice)).toEqual(
      advice.map((part) => expect.stringContaining(part)),
    );
    expect(takenPorts(wanted, undefined)).toEqual([]);
  });
});

describe("what is sent", () => {
  test("is the plan's where nothing is there, or where there are no tags", () => {
    const wanted = resource("network", {});
    expect(besideOthers(wanted, undefined)).toBe(wanted);
    const untagged = { ...wanted, body: {} } as AnyResource;
    expect(besideOthers(untagged, { tags: { a: "b" }, model: {} })).toBe(untagged);
  });

  test("keeps the tags of others, and none of the tool's that the plan does not have", () => {
    expect(sent("availabilitySet", {}, {}, { owner: "x", "aoc-old": "y", "managed-by": "z" }).tags).toEqual({
      owner: "x",
      ...TAGS,
    });
  });

  test("keeps the name that others gave an address, beside our label", () => {
    const [dnsSettings, theirs] = [{ domainNameLabel: "abc" }, { domainNameLabel: "old", fqdn: "f", reverseFqdn: "r" }];
    expect(sent("publicAddress", { dnsSettings }, { dnsSettings: theirs }).dnsSettings).toEqual({
      domainNameLabel: "abc",
      reverseFqdn: "r",
    });
    expect(sent("publicAddress", { dnsSettings }, { dnsSettings: { fqdn: "f" } }).dnsSettings).toEqual(dnsSettings);
    expect(sent("publicAddress", {}, {})).not.toHaveProperty("dnsSettings");
  });

  test("is what is there, but for tags, where Azure lets nothing else be changed", () => {
    const body = sent(
      "availabilitySet",
      { sku: { name: "Aligned" }, platformFaultDomainCount: 3 },
      { sku: { name: "Classic" }, location: "m" },
    );
    expect(body).toMatchObject({ sku: { name: "Classic" }, location: "m", platformFaultDomainCount: 3, tags: TAGS });
    const failed = { tags: TAGS, model: { sku: { name: "Classic" } }, state: "failed" };
    expect(besideOthers(resource("availabilitySet", { sku: { name: "Aligned" } }), failed).body).toMatchObject({
      sku: { name: "Aligned" },
    });
  });
});

const nat = (index: number, more: object = {}): object => ({
  name: `ssh-${index}`,
  frontendPort: 22001 + index,
  backendPort: 22,
  ...more,
});

describe("of a balancer", () => {
  const wanted = {
    frontendIPConfigurations: [{ name: "cluster" }],
    backendAddressPools: [{ name: "nodes" }],
    probes: [{ name: "web", port: 80 }],
    loadBalancingRules: [{ name: "web", frontendPort: 80, backendPort: 80 }],
    inboundNatRules: [nat(0), nat(1)],
    outboundRules: [],
  };
  const rules = (live: object, collection: string): (string | undefined)[] =>
    names(sent("loadBalancer", wanted, live)[collection]);

  test.each([
    ["backendAddressPools", [{ name: "NODES" }, { name: "theirs" }], ["nodes", "theirs"]],
    ["frontendIPConfigurations", [{ name: "cluster" }, { name: "theirs" }], ["cluster", "theirs"]],
    [
      "probes",
      [
        { name: "https", port: 443 },
        { name: "https2", port: 443 },
        { name: "builder", port: 9 },
      ],
      ["web", "https2", "builder"],
    ],
    [
      "loadBalancingRules",
      [
        { name: "https", frontendPort: 443, backendPort: 443 },
        { name: "builder", frontendPort: 2222, backendPort: 9 },
        { name: "builder", frontendPort: 9, backendPort: 2222 },
        { name: "theirs", frontendPort: 443, backendPort: 443 },
      ],
      ["web", "builder", "builder", "theirs"],
    ],
    [
      "inboundNatRules",
      [
        nat(1, { frontendPort: 9 }),
        nat(7),
        nat(8, { backendPort: 80 }),
        nat(9, { frontendPort: 22001 }),
        { name: "x", frontendPort: 22008, backendPort: 22 },
      ],
      ["ssh-0", "ssh-1", "ssh-8", "ssh-9", "x"],
    ],
    [
      "outboundRules",
      [
        { name: "internet", backendAddressPool: { id: "/x/backendAddressPools/nodes" } },
        { name: "internet", backendAddressPool: { id: "/x/backendAddressPools/theirs" } },
        { name: "theirs", backendAddressPool: { id: "/x/backendAddressPools/nodes" } },
        { name: "internet" },
      ],
      ["internet", "theirs", "internet"],
    ],
  ])("%s of others stay, and those that only the tool makes go", (collection, live, kept) => {
    expect(rules({ [collection]: live }, collection)).toEqual(kept);
  });

  test("pools of addresses of others stay too; without NAT rules of ours nobody's are ours", () => {
    expect(sent("loadBalancer", wanted, { inboundNatPools: [{ name: "p" }] }).inboundNatPools).toEqual([{ name: "p" }]);
    expect(
      names(sent("loadBalancer", { ...wanted, inboundNatRules: [] }, { inboundNatRules: [nat(3)] }).inboundNatRules),
    ).toEqual(["ssh-3"]);
    expect(names(sent("loadBalancer", {}, {}).inboundNatRules)).toEqual([]);
  });
});

describe("of a security group", () => {
  const https = {
    name: "allow-https",
    destinationPortRange: "443",
    direction: "Inbound",
    access: "Allow",
    protocol: "TCP",
    sourceAddressPrefix: "*",
    priority: 120,
  };
  test.each([
    ["as the tool makes it", {}, false],
    ["of the first priority", { priority: 100 }, false],
    ["of the last priority", { priority: 129 }, false],
    ["of another name", { name: "https" }, true],
    ["of another port", { destinationPortRange: "444" }, true],
    ["outbound", { direction: "Outbound" }, true],
    ["that denies", { access: "Deny" }, true],
    ["of another protocol", { protocol: "Udp" }, true],
    ["from somewhere", { sourceAddressPrefix: "10.0.0.0/8" }, true],
    ["of a lower priority", { priority: 99 }, true],
    ["of a higher priority", { priority: 130 }, true],
    ["without a priority", { priority: undefined }, true],
  ])("a rule %s that the plan does not have stays: %j %j", (_, more, stays) => {
    const ssh = { name: "allow-ssh", priority: 100 };
    const rules = sent(
      "securityGroup",
      { securityRules: [ssh] },
      {
        securityRules: [
          { name: "Allow-SSH", priority: 7 },
          { ...https, ...more },
        ],
      },
    ).securityRules;
    expect(rules[0]).toEqual(ssh);
    expect(rules.length).toBe(stays ? 2 : 1);
  });

  test.each([
    ["allow-ssh", "22", 109, false],
    ["allow-ssh", "22", 110, true],
    ["allow-ssh", "2200", 100, true],
    ["allow-ssh-ipv6", "22", 159, false],
    ["allow-kube-api", "6443", 149, false],
    ["allow-kube-api", "6443", 150, true],
  ])("%s to some, port %s, priority %i: who is not named any more is let in no more", (name, port, priority, stays) => {
    const rule = { ...https, name, destinationPortRange: port, priority, sourceAddressPrefix: "10.0.0.0/8" };
    expect(names(sent("securityGroup", { securityRules: [] }, { securityRules: [rule] }).securityRules)).toEqual(
      stays ? [name] : [],
    );
  });
});

describe("of a security group: a priority that a rule of others has is not asked for", () => {
  const ours = { name: "allow-https", priority: 120, direction: "Inbound" };
  const theirs = (priority: number, direction = "Inbound"): object => ({ name: `theirs-${priority}`, priority, direction });
  test.each([
    ["free", [theirs(121)], 120],
    ["taken", [theirs(120)], 121],
    ["taken, and the next one too", [theirs(120, "inbound"), theirs(121)], 122],
    ["taken in the other direction", [theirs(120, "Outbound")], 120],
    ["its own", [{ ...ours, priority: 120 }], 120],
    ["and all before the next rule's are taken", Array.from({ length: 10 }, (_, at) => theirs(120 + at)), 120],
  ])("where it is %s", (_, live, priority) => {
    const wanted = { securityRules: [ours] };
    expect(sent("securityGroup", wanted, { securityRules: live }).securityRules[0]).toEqual({ ...ours, priority });
    const group = resource("securityGroup", wanted);
    const there = new Map([[group.id.toLowerCase(), { model: { securityRules: [...live, { ...ours, priority }] } }]]);
    expect(changedRules([group], there).filter(({ message }) => message.includes("somebody changed"))).toEqual([]);
  });
});

test("of a network: prefixes and subnets of others stay, and what they tied to ours", () => {
  const tied = Object.fromEntries(
    "networkSecurityGroup routeTable serviceEndpoints serviceEndpointPolicies delegations ipAllocations sharingScope serviceGateway privateEndpointNetworkPolicies privateLinkServiceNetworkPolicies"
      .split(" ")
      .map((field) => [field, { of: field }]),
  );
  const body = sent(
    "network",
    {
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
      subnets: [{ name: "nodes", addressPrefix: "10.0.0.0/20", natGateway: { id: "ours" } }, { name: "fresh" }],
    },
    {
      addressSpace: { addressPrefixes: ["10.0.0.0/16", "10.9.0.0/16"] },
      subnets: [
        { name: "Nodes", addressPrefix: "10.0.0.0/24", ...tied, natGateway: { id: "theirs" } },
        { name: "theirs", addressPrefix: "10.9.0.0/24" },
      ],
    },
  );
  expect(body.addressSpace.addressPrefixes).toEqual(["10.0.0.0/16", "10.9.0.0/16"]);
  expect(body.subnets).toEqual([
    { name: "nodes", addressPrefix: "10.0.0.0/20", natGateway: { id: "ours" }, ...tied },
    { name: "fresh" },
    { name: "theirs", addressPrefix: "10.9.0.0/24" },
  ]);
  const [nodes] = sent(
    "network",
    { subnets: [{ name: "nodes" }] },
    { subnets: [{ name: "nodes", natGateway: { id: "n" } }] },
  ).subnets;
  expect(nodes).toEqual({ name: "nodes", natGateway: { id: "n" } });
});

describe("drift", () => {
  const live = (one: AnyResource, model: object = one.body, tags: Record<string, string> = TAGS, state = "succeeded") =>
    new Map([[one.id.toLowerCase(), { kind: one.kind, model, tags, state }]]);

  test("what is missing; of a node that is missing altogether one entry", () => {
    const plan = [
      resource("resourceGroup", {}),
      resource("network", {}),
      resource("machine", {}, { node: 0 }),
      resource("networkInterface", {}, { node: 0 }),
      resource("publicAddress", {}, { node: 1 }),
    ];
    expect(missing(plan, new Map())).toEqual([
      { kind: "missing-resource", message: "the network is missing", id: plan[1]?.id, harm: true },
      { kind: "missing-node", message: "machine is missing", id: plan[2]?.id, node: 0, harm: true },
      { kind: "missing-resource", message: "the publicAddress is missing", id: plan[4]?.id, node: 1, harm: true },
    ]);
    expect(missing(plan, live(plan[1] as AnyResource)).map(({ message }) => message)).toEqual([
      "machine is missing",
      "the publicAddress is missing",
    ]);
  });

  const choices = { id: "0123abcd", etcdCa: "one" };
  test.each<[string, Kind, Record<string, string>, string, string | undefined]>([
    ["as it should be", "network", TAGS, "succeeded", undefined],
    ["at work", "network", TAGS, "working", undefined],
    ["failed", "network", TAGS, "failed", "the network could not be made or changed: Azure calls it Failed"],
    ["failed, a machine", "machine", TAGS, "failed", undefined],
    [
      "without tags",
      "network",
      {},
      "succeeded",
      "the network does not carry the tags of abc: put managed-by, aoc-cluster and aoc-id back, or a create refuses it",
    ],
    [
      "without its word",
      "network",
      { ...TAGS, "aoc-id": "" },
      "succeeded",
      "the network does not carry the tags of abc: put managed-by, aoc-cluster and aoc-id back, or a create refuses it",
    ],
    [
      "another's",
      "network",
      { ...TAGS, "aoc-cluster": "other" },
      "succeeded",
      "the network carries the tags of other, and not its own: put managed-by, aoc-cluster and aoc-id back, or a create refuses it",
    ],
    [
      "another creation's machine",
      "machine",
      { ...TAGS, "aoc-id": "ffffffff" },
      "succeeded",
      "machine belongs to another creation of abc; a create refuses it",
    ],
    [
      "another authority's machine",
      "machine",
      { ...TAGS, "aoc-etcd-ca": "two" },
      "succeeded",
      "machine belongs to another creation of abc; a create refuses it",
    ],
    ["the same authority's machine", "machine", { ...TAGS, "aoc-etcd-ca": "one" }, "succeeded", undefined],
    ["a group", "resourceGroup", {}, "failed", undefined],
    ["a container", "blobContainer", {}, "failed", undefined],
  ])("%s: %s", (_, kind, tags, state, message) => {
    const one = resource(kind, {}, kind === "machine" ? { node: 3 } : {});
    const found = astray([one], live(one, {}, tags, state), "abc", choices);
    expect(found.map((drift) => drift.message)).toEqual(message === undefined ? [] : [message]);
    if (message !== undefined)
      expect(found[0]).toMatchObject({ harm: true, id: one.id, ...(kind === "machine" ? { node: 3 } : {}) });
    expect(astray([one], new Map(), "abc", choices)).toEqual([]);
  });

  const balancer = resource("loadBalancer", {
    inboundNatRules: [nat(0), nat(1)],
    loadBalancingRules: [{ name: "web", frontendPort: 80, backendPort: 80 }],
  });
  test.each([
    ["nothing", balancer.body, []],
    [
      "a NAT rule",
      { ...balancer.body, inboundNatRules: [nat(0)] },
      [["nat-rule", 1, "the load balancer has no rule ssh-1 for SSH on port 22002"]],
    ],
    [
      "its port",
      { ...balancer.body, inboundNatRules: [nat(0), nat(1, { frontendPort: 9 })] },
      [["nat-rule", 1, "the load balancer has no rule ssh-1 for SSH on port 22002"]],
    ],
    [
      "where it leads",
      { ...balancer.body, inboundNatRules: [nat(0, { backendPort: 9 }), nat(1)] },
      [["nat-rule", 0, "the load balancer has no rule ssh-0 for SSH on port 22001"]],
    ],
    [
      "an endpoint's port",
      { ...balancer.body, loadBalancingRules: [{ name: "web", frontendPort: 80, backendPort: 81 }] },
      [["endpoint-rule", undefined, "the load balancer has no rule web for port 80"]],
    ],
    [
      "all of them",
      {},
      [
        ["nat-rule", 0, "the load balancer has no rule ssh-0 for SSH on port 22001"],
        ["nat-rule", 1, "the load balancer has no rule ssh-1 for SSH on port 22002"],
        ["endpoint-rule", undefined, "the load balancer has no rule web for port 80"],
      ],
    ],
  ])("of a balancer that lacks %s", (_, model, drift) => {
    expect(
      changedRules([balancer], live(balancer, model)).map(({ kind, node, message, harm }) => [kind, node, message, harm]),
    ).toEqual(drift.map((one) => [...one, true]));
    expect(changedRules([balancer], new Map())).toEqual([]);
  });

  const ssh = {
    name: "allow-ssh",
    priority: 100,
    direction: "Inbound",
    access: "Allow",
    protocol: "Tcp",
    sourceAddressPrefix: "*",
    destinationPortRange: "22",
  };
  const group = resource("securityGroup", { securityRules: [ssh] });
  test.each([
    ["nothing", [{ ...ssh, access: "allow", protocol: "TCP" }], []],
    ["the order of its sources", [{ ...ssh, sourceAddressPrefix: undefined, sourceAddressPrefixes: ["*"] }], []],
    [
      "its access",
      [{ ...ssh, access: "Deny" }],
      [["somebody changed the rule allow-ssh of the security group: access is Deny, not Allow", true]],
    ],
    [
      "two things",
      [{ ...ssh, priority: 200, direction: "Outbound" }],
      [
        [
          "somebody changed the rule allow-ssh of the security group: priority is 200, not 100, direction is Outbound, not Inbound",
          true,
        ],
      ],
    ],
    [
      "its source",
      [{ ...ssh, sourceAddressPrefix: "10.0.0.0/8" }],
      [["somebody changed the rule allow-ssh of the security group: source is 10.0.0.0/8, not *", true]],
    ],
    [
      "its port and protocol",
      [{ ...ssh, destinationPortRange: "23", protocol: "Udp" }],
      [
        [
          "somebody changed the rule allow-ssh of the security group: protocol is Udp, not Tcp, destinationPortRange is 23, not 22",
          true,
        ],
      ],
    ],
    [
      "what Azure left out",
      [{ ...ssh, access: undefined as unknown as string }],
      [["somebody changed the rule allow-ssh of the security group: access is missing, not Allow", true]],
    ],
    ["itself", [], [["the security group has no rule allow-ssh", true]]],
    [
      "nothing, beside another",
      [ssh, { ...ssh, name: "x", priority: 200, destinationPortRange: undefined }],
      [["somebody added the rule x to the security group (Allow Inbound several ports)", false]],
    ],
  ])("of a security group where somebody changed %s", (_, securityRules, drift) => {
    expect(changedRules([group], live(group, { securityRules })).map(({ message, harm }) => [message, harm])).toEqual(drift);
  });

  test("what has no rules has no drift of rules", () => {
    const one = resource("network", {});
    expect(changedRules([one], live(one))).toEqual([]);
  });
});

test("a balancer of ours without a pool knows no way out of its own", () => {
  const live = { outboundRules: [{ name: "internet", backendAddressPool: { id: "/x/backendAddressPools/nodes" } }] };
  expect(names(sent("loadBalancer", { backendAddressPools: [] }, live).outboundRules)).toEqual(["internet"]);
});
