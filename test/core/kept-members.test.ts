/**
 * What others may set on the cluster's own resources, by the names of the SDK's models: all that the plan does not say is still there in
 * what is sent next, whatever was changed.
 */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { besideOthers, differsInTagsOnly } from "../../src/core/plan/beside.ts";
import type { Kind } from "../../src/core/plan/bodies.ts";
import { KINDS } from "../../src/core/plan/kinds.ts";
import { planOf } from "../../src/core/plan/plan.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import { storageAccount } from "../../src/core/plan/resources/storage.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";

type Body = Record<string, unknown>;

const models = ["compute", "network", "resources", "storage"].flatMap((service) => {
  const folder = new URL(`../../node_modules/@azure/arm-${service}/dist/esm/models/`, import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /(^|\/)models\.d\.ts$/.test(file));
  return files.map((file) => readFileSync(new URL(file, folder), "utf8"));
});

const known = new Map<string, string[]>();

/** The members of a model that may be written. */
function membersOf(model: string): string[] {
  const read = known.get(model);
  if (read !== undefined) return read;
  const texts = models.flatMap(
    (text) => new RegExp(`export interface ${model}( extends \\w+)? \\{\n([^]*?)\n\\}`).exec(text)?.[2] ?? [],
  );
  expect(texts.length, model).toBeGreaterThan(0);
  const members = texts.flatMap((text) => [...text.matchAll(/^ {4}(?!readonly )(\w+)\??: /gm)].map(([, name = ""]) => name));
  known.set(model, [...new Set(members)]);
  return membersOf(model);
}

/** By kind the SDK's model, and those of the parts that the plan writes. */
const MODELS: Partial<Record<Kind, { readonly model: string; readonly parts?: Record<string, string> }>> = {
  resourceGroup: { model: "ResourceGroup" },
  placementGroup: { model: "ProximityPlacementGroup" },
  publicAddress: { model: "PublicIPAddress", parts: { dnsSettings: "PublicIPAddressDnsSettings" } },
  sshKey: { model: "SshPublicKeyResource" },
  securityGroup: { model: "NetworkSecurityGroup", parts: { securityRules: "SecurityRule" } },
  natGateway: { model: "NatGateway" },
  network: { model: "VirtualNetwork", parts: { subnets: "Subnet", addressSpace: "AddressSpace" } },
  availabilitySet: { model: "AvailabilitySet" },
  loadBalancer: {
    model: "LoadBalancer",
    parts: {
      frontendIPConfigurations: "FrontendIPConfiguration",
      backendAddressPools: "BackendAddressPool",
      probes: "Probe",
      loadBalancingRules: "LoadBalancingRule",
      inboundNatRules: "InboundNatRule",
      outboundRules: "OutboundRule",
    },
  },
  storageAccount: { model: "StorageAccountCreateParameters" },
  image: { model: "Image" },
  networkInterface: { model: "NetworkInterface", parts: { ipConfigurations: "NetworkInterfaceIPConfiguration" } },
};

/** What would contradict the plan, or is the word of another resource; everything else is others' to say. */
const NOT_THEIRS: Record<string, string> = {
  PublicIPAddress: "ipAddress natGateway servicePublicIPAddress linkedPublicIPAddress migrationPhase dnsSettings",
  PublicIPAddressDnsSettings: "fqdn",
  NetworkInterface: "migrationPhase",
  NetworkInterfaceIPConfiguration: "publicIPAddress",
  Probe: "requestPath",
  LoadBalancingRule: "backendAddressPools",
  InboundNatRule: "frontendPortRangeStart frontendPortRangeEnd backendAddressPool",
  SecurityRule:
    "sourceAddressPrefix sourceAddressPrefixes sourceApplicationSecurityGroups destinationAddressPrefixes destinationApplicationSecurityGroups sourcePortRanges destinationPortRanges",
  Subnet: "addressPrefixes natGateway",
};

/** What others have set: of each member that the plan does not say something that is told by its name. */
const theirs = (model: string, ours: Body): Body =>
  Object.fromEntries(
    membersOf(model)
      .filter((name) => ours[name] === undefined && !(NOT_THEIRS[model]?.split(" ") ?? []).includes(name))
      .map((name) => [name, { of: name }]),
  );

const each = (part: unknown, how: (one: Body) => unknown): unknown =>
  Array.isArray(part) ? part.map((one: Body) => how(one)) : part === undefined ? part : how(part as Body);

/** A resource as it was made, and as others have left it since. */
function leftBy({ kind, body }: AnyResource): Body {
  const { model, parts = {} } = MODELS[kind]!;
  const filled = Object.entries(parts).map(([name, of]) => [
    name,
    each((body as Body)[name], (one) => ({ ...theirs(of, one), ...one })),
  ]);
  return { ...theirs(model, body as Body), ...body, ...Object.fromEntries(filled.filter(([, part]) => part !== undefined)) };
}

const CHOICES = { id: "0123abcd", sshPublicKey: "ssh-ed25519 AAAA", members: new Map<number, string>() };

function plan(given: Parameters<typeof buildSpec>[1]): AnyResource[] {
  const { spec } = buildSpec("abc", { numNodes: 2, affinityGroup: "near", pip: given.private !== true, ...given });
  const resources = planOf(spec, {
    subscription: "s",
    group: "abc",
    foreignGroup: false,
    location: "westus",
    choices: { ...CHOICES, ...(spec.private ? { frontend: "10.0.15.254" } : {}) },
    nodes: Array.from({ length: spec.numNodes }, (_, index) => ({
      index,
      name: `abc-coreos-${index}`,
      address: `10.0.0.${4 + index}`,
      userData: "",
      ...(spec.pip ? { publicAddress: true } : {}),
    })),
    image: { own: { blobUrl: "https://a.blob.core.windows.net/c/d.vhd", generation: "V2" } },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
  });
  const [{ body }] = resources as [AnyResource];
  const home = {
    group: "/subscriptions/s/resourceGroups/abc",
    location: "westus",
    tags: (body as { tags: Record<string, string> }).tags,
  };
  return [...resources.filter(({ kind }) => kind !== "machine"), storageAccount(home, "abcimages")];
}

test("every kind that is changed is in this table", () => {
  const all = Object.keys(KINDS).filter((kind) => !["machine", "disk", "blobContainer"].includes(kind));
  expect(Object.keys(MODELS).sort()).toEqual(all.sort());
  expect([...new Set([...plan({}), ...plan({ private: true })].map(({ kind }) => kind))].sort()).toEqual(all.sort());
});

describe.each<[string, Parameters<typeof buildSpec>[1]]>([
  ["public", {}],
  ["private", { private: true }],
])("of a %s cluster", (_, how) => {
  const before = new Map(plan({ ...how, deis: true, numNodes: 3 }).map((one) => [one.id, leftBy(one)]));

  test.each<[string, Parameters<typeof buildSpec>[1]]>([
    ["a tag", { deis: true, numNodes: 3, tag: ["Owner=me"] }],
    ["more nodes", { deis: true, numNodes: 5 }],
    ["other endpoints", { http: true, numNodes: 3 }],
    ["others who may come in", { deis: true, numNodes: 3, sshFrom: ["10.0.0.0/8"], kubeApi: ["10.0.0.0/8"] }],
  ])("%s: what others have set stays", (change, given) => {
    for (const resource of plan({ ...how, ...given })) {
      const live = before.get(resource.id);
      if (live === undefined) continue;
      const sent = besideOthers(resource, { tags: live["tags"] as Record<string, string>, model: live }).body as Body;
      const { model, parts = {} } = MODELS[resource.kind]!;
      expect(sent, resource.id).toMatchObject(theirs(model, resource.body as Body));
      for (const [name, of] of Object.entries(parts)) {
        const there = new Set([live[name]].flat().map((one) => (one as { name?: string } | undefined)?.name));
        each(sent[name], (one) => {
          const ours = [(resource.body as Body)[name]]
            .flat()
            .find((part) => (part as Body | undefined)?.["name"] === one["name"]);
          if (there.has(one["name"] as string))
            expect(one, `${resource.id} ${name}`).toMatchObject(theirs(of, (ours ?? {}) as Body));
        });
      }
      if (change === "a tag") expect(differsInTagsOnly(resource, { tags: {}, model: live }), resource.id).toBe(true);
    }
  });
});
