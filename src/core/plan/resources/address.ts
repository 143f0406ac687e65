/** Public IP addresses: the cluster's own (its claim on the name), one a node with --pip, one for a NAT gateway. */
import type { PublicIPAddress } from "@azure/arm-network";
import { type Design, type PlannedNode, names, tagsOf } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";
import { type Tags, claimTags } from "../tags.ts";
import { inAllZones } from "../zones.ts";

/** Basic addresses were retired on 2025-09-30; Standard ones are static, and closed until a security group opens them. */
const STANDARD: Pick<PublicIPAddress, "sku" | "publicIPAllocationMethod" | "publicIPAddressVersion"> = {
  sku: { name: "Standard", tier: "Regional" },
  publicIPAllocationMethod: "Static",
  publicIPAddressVersion: "IPv4",
};

export const claimId = ({ spec, facts, group }: Design): string =>
  resourceId(group, "publicAddress", names.claim(spec.name, facts.choices.id));

/** The cluster's address. Its DNS label can belong to one resource only: this is what decides between two creates of one name. */
export const claim = (cluster: Design): Resource<"publicAddress"> =>
  claimWith(cluster, {
    ...claimTags(
      cluster.spec.name,
      cluster.facts.choices,
      cluster.spec,
      cluster.facts.nodes.map(({ index }) => index),
    ),
    ...(cluster.facts.expires === undefined ? {} : { "aoc-expires": cluster.facts.expires }),
  });

/** The claim with other tags: merged with those that another run wrote meanwhile. */
export const claimWith = (cluster: Design, tags: Tags): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: claimId(cluster),
  label: "public address",
  dependsOn: [cluster.group],
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    ...inAllZones(cluster.spec),
    idleTimeoutInMinutes: 4,
    dnsSettings: { domainNameLabel: cluster.spec.name },
    tags,
  },
});

export const nodeAddressId = ({ group }: Design, node: PlannedNode): string =>
  resourceId(group, "publicAddress", names.nodeAddress(node.name));

export const nodeAddress = (cluster: Design, node: PlannedNode): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: nodeAddressId(cluster, node),
  label: `address of ${node.name}`,
  // an address may be known elsewhere: only who holds the claim makes or changes one
  dependsOn: [claimId(cluster)],
  node: node.index,
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    // that of its machine: Azure refuses another one
    ...(node.zone === undefined ? {} : { zones: [node.zone] }),
    // 20 minutes, as the original asked for its instance addresses
    idleTimeoutInMinutes: 20,
    tags: tagsOf(cluster, node),
  },
});

export const gatewayAddressId = ({ spec, group }: Design): string =>
  resourceId(group, "publicAddress", `${names.natGateway(spec.name)}-ip`);

export const gatewayAddress = (cluster: Design): Resource<"publicAddress"> => ({
  kind: "publicAddress",
  id: gatewayAddressId(cluster),
  label: "address of the NAT gateway",
  dependsOn: [cluster.group],
  body: {
    location: cluster.facts.location,
    ...STANDARD,
    ...inAllZones(cluster.spec),
    idleTimeoutInMinutes: 4,
    tags: cluster.tags,
  },
});
