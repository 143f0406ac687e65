/** The plan as a golden file for each kind of cluster: every number, name and reference that is sent to Azure. */
import { compact, tagAFlag } from "../kept-tags.ts";
import { describe, expect, test } from "vitest";
import { sortOut } from "../../src/core/doomed.ts";
import type { Found } from "../../src/core/found.ts";
import { mergeClaimTags, ownTagsOf, withNodes } from "../../src/core/plan/claim-change.ts";
import type { Facts } from "../../src/core/plan/cluster.ts";
import { KINDS } from "../../src/core/plan/kinds.ts";
import { planOf } from "../../src/core/plan/plan.ts";
import { outboundPorts } from "../../src/core/plan/resources/load-balancer.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";

const GROUP = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/abc";

const CHOICES = { id: "0123abcd", sshPublicKey: `ssh-ed25519 ${"A".repeat(68)}`, members: new Map([[0, "10.0.0.4"]]) };
const PRIVATE = { ...CHOICES, frontend: "10.0.15.254" };

function plan(given: Parameters<typeof buildSpec>[1], more: Partial<Facts> = {}, nodes = 2): AnyResource[] {
  const { spec } = buildSpec("abc", { numNodes: nodes, ...given });
  return planOf(spec, {
    subscription: "00000000-0000-4000-8000-000000000000",
    group: "abc",
    foreignGroup: false,
    location: "westus",
    choices: CHOICES,
    nodes: Array.from({ length: nodes }, (_, index) => ({
      index,
      name: `abc-coreos-${index}`,
      address: `10.0.0.${4 + index}`,
      userData: "#cloud-config\n",
      hostKey: `ssh-ed25519 ${"B".repeat(68)}`,
      ...(given.pip === true ? { publicAddress: true } : {}),
    })),
    image: { reference: { publisher: "p", offer: "o", sku: "s", version: "1.2.3" } },
    acceleratedNetworking: true,
    premiumDisks: true,
    faultDomains: 3,
    ...more,
  });
}

test.each<[string, AnyResource[]]>([
  ["plain", plan({})],
  [
    "deis",
    plan(
      { deis: true, dataDisk: true, pip: true, sshFrom: ["10.0.0.0/8", "192.0.2.1/32"] },
      { expires: "2026-11-22T12:00:00Z" },
      3,
    ),
  ],
  [
    "own-image",
    plan(
      { affinityGroup: "near" },
      {
        image: { own: { blobUrl: "https://a.blob.core.windows.net/c/d.vhd", generation: "V2" } },
        acceleratedNetworking: false,
        premiumDisks: false,
        faultDomains: 2,
      },
    ),
  ],
  [
    "in-a-network",
    plan(
      { virtualNetworkName: "lan" },
      { foreignGroup: true, subnetId: `${GROUP}/providers/Microsoft.Network/virtualNetworks/lan/subnets/s` },
    ),
  ],
  [
    "zones",
    plan(
      {
        zones: ["1", "2", "3"],
        pip: true,
        identity: [`${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one`],
      },
      {
        nodes: [1, 4].map((index) => ({
          index,
          name: `abc-coreos-${index}`,
          address: `10.0.0.${4 + index}`,
          userData: "",
          publicAddress: true,
          zone: "2",
        })),
      },
    ),
  ],
  [
    "spot",
    plan(
      { spot: "workers", maxPrice: 0.05, affinityGroup: "near", osDiskSize: 64 },
      {
        nodes: [0, 1].map((index) => ({
          index,
          name: `abc-coreos-${index}`,
          address: `10.0.0.${4 + index}`,
          userData: "",
          ...(index === 1 ? { spot: true } : {}),
        })),
      },
    ),
  ],
  ["private", plan({ private: true }, { choices: PRIVATE })],
  [
    "private-in-a-network",
    plan(
      { private: true, http: true, virtualNetworkName: "lan" },
      {
        choices: PRIVATE,
        foreignGroup: true,
        subnetId: `${GROUP}/providers/Microsoft.Network/virtualNetworks/lan/subnets/s`,
      },
    ),
  ],
])("%s", async (name, resources) => {
  await expect(`${JSON.stringify(resources, undefined, 1)}\n`).toMatchFileSnapshot(`golden/plan-${name}.golden`);
});

test("of many nodes only what changes with their number is told: the way out, and who waits for it", async () => {
  const large = plan({}, {}, 101);
  const shared = large.filter(({ node }) => node === undefined);
  const balancer = shared.find(({ kind }) => kind === "loadBalancer");
  expect(balancer?.body).toMatchObject({ outboundRules: [] });
  expect(shared.map(({ kind }) => kind)).toContain("natGateway");
  expect(plan({}, {}, 100).map(({ kind }) => kind)).not.toContain("natGateway");
  const told = shared.filter(({ kind }) => kind !== "loadBalancer" && kind !== "publicAddress");
  await expect(`${JSON.stringify(told, undefined, 1)}\n`).toMatchFileSnapshot("golden/plan-many.golden");
});

test.each([
  [1, 1248],
  [50, 1248],
  [51, 624],
  [100, 624],
  [200, 312],
  [400, 152],
  [800, 72],
  [1000, 56],
  [2000, 56],
])("%i nodes have %i ports each for their way out", (nodes, ports) => {
  expect(outboundPorts(nodes)).toBe(ports);
});

test("the kinds, with how fast each is and what it stands on", async () => {
  const told = JSON.stringify(KINDS, (_, value: unknown) => (typeof value === "function" ? "(a function)" : value), 1);
  await expect(`${told}\n`).toMatchFileSnapshot("golden/kinds.golden");
});

test("a cluster goes in an order in which nothing is in use: each after what stands on it, the claim last", () => {
  const resources = plan({ dataDisk: true, pip: true });
  const found = resources
    .filter(({ kind }) => kind !== "resourceGroup")
    .map((one): Found => ({
      id: one.id,
      kind: one.kind as Found["kind"],
      tags: (one.body as { tags: Record<string, string> }).tags,
      model: one.body,
    }));
  const { ours, foreign } = sortOut({ cluster: "abc", ids: new Set(["0123abcd"]), shared: new Set() }, found, { contents: [] });
  expect(foreign).toEqual([]);
  const named = (id: string): string => id.slice(id.lastIndexOf("/") + 1);
  expect(ours.map(({ id, dependsOn, node, goesWith }) => [named(id), dependsOn.map(named), node, goesWith && named(goesWith)]))
    .toMatchInlineSnapshot(`
    [
      [
        "abc-coreos-0",
        [
          "coreos-as",
          "abc-coreos-0-nic",
          "abc-ip-0123abcd",
        ],
        0,
        undefined,
      ],
      [
        "abc-coreos-1",
        [
          "coreos-as",
          "abc-coreos-1-nic",
          "abc-ip-0123abcd",
        ],
        1,
        undefined,
      ],
      [
        "abc-coreos-0-nic",
        [
          "abc-lb",
          "abc-nsg",
          "abc-vnet",
          "abc-coreos-0-ip",
          "abc-ip-0123abcd",
        ],
        0,
        "abc-coreos-0",
      ],
      [
        "abc-coreos-1-nic",
        [
          "abc-lb",
          "abc-nsg",
          "abc-vnet",
          "abc-coreos-1-ip",
          "abc-ip-0123abcd",
        ],
        1,
        "abc-coreos-1",
      ],
      [
        "abc-lb",
        [
          "abc-ip-0123abcd",
        ],
        undefined,
        undefined,
      ],
      [
        "coreos-as",
        [
          "abc-ip-0123abcd",
        ],
        undefined,
        undefined,
      ],
      [
        "abc-vnet",
        [
          "abc-ip-0123abcd",
        ],
        undefined,
        undefined,
      ],
      [
        "abc-nsg",
        [
          "abc-ip-0123abcd",
        ],
        undefined,
        undefined,
      ],
      [
        "abc-ssh",
        [
          "abc-ip-0123abcd",
        ],
        undefined,
        undefined,
      ],
      [
        "abc-coreos-0-ip",
        [
          "abc-ip-0123abcd",
        ],
        0,
        "abc-coreos-0",
      ],
      [
        "abc-coreos-1-ip",
        [
          "abc-ip-0123abcd",
        ],
        1,
        "abc-coreos-1",
      ],
      [
        "abc-ip-0123abcd",
        [],
        undefined,
        undefined,
      ],
    ]
  `);
});

describe("a claim that several runs change", () => {
  const base = {
    "managed-by": "azure-coreos-cluster",
    "aoc-id": "w",
    "aoc-nodes": "0-2",
    "aoc-num-nodes": "3",
    "aoc-members": "0=10.0.0.4,1=10.0.0.5",
    "aoc-vm-size": "a",
  };
  test.each<[string, Record<string, string | undefined>, Record<string, string | undefined>, Record<string, string>]>([
    ["nobody changes anything", {}, {}, {}],
    ["I add a node", { "aoc-nodes": "0-3" }, {}, { "aoc-nodes": "0-3", "aoc-num-nodes": "4" }],
    ["both add one", { "aoc-nodes": "0-3" }, { "aoc-nodes": "0-2,4" }, { "aoc-nodes": "0-4", "aoc-num-nodes": "5" }],
    [
      "I take one out, and another is added",
      { "aoc-nodes": "0,2", "aoc-members": "0=10.0.0.4" },
      { "aoc-nodes": "0-3" },
      { "aoc-nodes": "0,2-3", "aoc-num-nodes": "3", "aoc-members": "0=10.0.0.4" },
    ],
    [
      "both take one out",
      { "aoc-nodes": "0-1" },
      { "aoc-nodes": "1-2", "aoc-members": "1=10.0.0.5" },
      { "aoc-nodes": "1", "aoc-num-nodes": "1", "aoc-members": "1=10.0.0.5" },
    ],
    [
      "I add a member that another has named",
      { "aoc-nodes": "0-3", "aoc-members": "0=10.0.0.4,1=10.0.0.5,3=10.0.0.7" },
      { "aoc-nodes": "0-3", "aoc-members": "0=10.0.0.4,1=10.0.0.5,3=10.0.0.9" },
      { "aoc-nodes": "0-3", "aoc-num-nodes": "4", "aoc-members": "0=10.0.0.4,1=10.0.0.5,3=10.0.0.9" },
    ],
    ["I change a value", { "aoc-vm-size": "b" }, { "aoc-vm-size": "c" }, { "aoc-vm-size": "b" }],
    ["another changes a value", {}, { "aoc-vm-size": "c" }, { "aoc-vm-size": "c" }],
    [
      "I take a value away",
      { "aoc-vm-size": undefined },
      { "aoc-vm-size": "c" },
      { "aoc-vm-size": undefined as unknown as string },
    ],
    ["a member is a node", { "aoc-nodes": "0" }, {}, { "aoc-nodes": "0", "aoc-num-nodes": "1", "aoc-members": "0=10.0.0.4" }],
    ["others have tags, and a print is computed", {}, { owner: "x", "aoc-fingerprint": "y" }, {}],
  ])("%s", (_, mine, fresh, merged) => {
    const of = (change: object): Record<string, string> => compact({ ...base, ...change });
    expect(mergeClaimTags(compact(base), of(mine), of(fresh))).toEqual(of(merged));
    // an earlier version's claim is moved on the way
    expect(mergeClaimTags(base, of(mine), tagAFlag(of(fresh)))).toEqual(of(merged));
  });

  test("of a claim that names no nodes none are named", () => {
    const { "aoc-nodes": _, ...old } = base;
    expect(mergeClaimTags(old, old, old)).toEqual(compact(old));
  });

  test("the tool's own tags, without what is computed; and those with other nodes", () => {
    expect(ownTagsOf({ ...base, owner: "x", "aoc-fingerprint": "y" })).toEqual(base);
    expect(withNodes({ a: "b", "aoc-nodes-1": "0", "aoc-nodes-22": "1", "aoc-nodes-x": "2" }, [3, 4, 5, 9])).toEqual({
      a: "b",
      "aoc-nodes-x": "2",
      "aoc-nodes": "3-5,9",
    });
  });
});
