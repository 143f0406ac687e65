/**
 * Virtual networks with their subnets. A PUT replaces: a subnet that is missing from the body is to be deleted.
 * Longer than most: networks and subnets are judged together.
 */
import type { Prefix } from "../../core/ipv4.ts";
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import { clone, dig, idOf, type JsonValue, listIn, object, propertiesOf, textIn } from "../json.ts";
import type { Change, KindRules } from "../kind.ts";
import { guidOf, networkHead } from "./heads.ts";
import { resolve } from "./reference.ts";
import { overlap, prefixOf, within } from "./subnet.ts";
import { networkCreate, networkUpdate } from "./timings.ts";

const SUBNET =
  "id name type etag properties{addressPrefix addressPrefixes networkSecurityGroup{id} routeTable{id} natGateway{id} serviceEndpoints " +
  "serviceEndpointPolicies privateEndpoints ipConfigurations ipConfigurationProfiles ipAllocations resourceNavigationLinks " +
  "serviceAssociationLinks delegations purpose provisioningState privateEndpointNetworkPolicies " +
  "privateLinkServiceNetworkPolicies applicationGatewayIPConfigurations sharingScope defaultOutboundAccess " +
  "ipamPoolPrefixAllocations serviceGateway}";

export const virtualNetwork: KindRules = {
  ...networkHead(
    "Microsoft.Network/virtualNetworks",
    `extendedLocation properties{addressSpace{addressPrefixes ipamPoolPrefixAllocations} ` +
      `dhcpOptions{dnsServers} flowTimeoutInMinutes subnets{${SUBNET}} virtualNetworkPeerings resourceGuid provisioningState ` +
      "enableDdosProtection enableVmProtection ddosProtectionPlan bgpCommunities encryption ipAllocations flowLogs " +
      "privateEndpointVNetPolicies defaultPublicNatGateway summarizedGatewayPrefixes}",
  ),
  name: /^[A-Za-z0-9]$|^[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]$/,
  create: networkCreate([2, 6], 3, 10),
  update: networkUpdate([2, 6], 3),
  check(change) {
    const prefixes = prefixesOf(dig(change.properties, "addressSpace", "addressPrefixes"), "addressSpace");
    const seen = new Map<string, Prefix>();
    for (const subnet of listIn(change.properties["subnets"])) checkSubnet(change, subnet, prefixes, seen);
    for (const old of listIn(propertiesOf(change.before?.resource)["subnets"])) {
      if (!seen.has(keyOf(String(old["name"])))) checkUnused(change.cloud, old);
    }
  },
  shape: ({ cloud, id, properties, before }) => ({
    properties: {
      resourceGuid: guidOf(cloud, before),
      ...clone(properties),
      addressSpace: clone(object(properties["addressSpace"])),
      subnets: listIn(properties["subnets"]).map((subnet) => shapeSubnet(id, subnet)),
      virtualNetworkPeerings: properties["virtualNetworkPeerings"] ?? [],
      enableDdosProtection: properties["enableDdosProtection"] ?? false,
    },
  }),
  inUse(cloud, entry) {
    for (const subnet of listIn(propertiesOf(entry.resource)["subnets"])) checkUnused(cloud, subnet);
  },
  view(cloud, _entry, shown) {
    for (const subnet of listIn(propertiesOf(shown)["subnets"])) {
      const used = configurationsIn(cloud, String(subnet["id"]));
      if (used.length > 0) object(subnet["properties"])["ipConfigurations"] = used.map(({ id }) => ({ id }));
    }
  },
};

/** A GET with `$expand=subnets/ipConfigurations`: with the addresses, where a plain one has ids alone. */
export function withAddresses(network: JsonValue, cloud: SimCloud): JsonValue {
  const copy = clone(network);
  for (const subnet of listIn(propertiesOf(copy)["subnets"])) {
    const used = configurationsIn(cloud, String(subnet["id"]));
    if (used.length > 0)
      object(subnet["properties"])["ipConfigurations"] = used.map(({ id, name, properties }) => ({
        id,
        name,
        properties: {
          privateIPAddress: dig(properties, "privateIPAddress"),
          privateIPAllocationMethod: dig(properties, "privateIPAllocationMethod"),
          provisioningState: "Succeeded",
        },
      }));
  }
  return copy;
}

/** What has an address in a subnet: configurations of interfaces, and frontends of load balancers. */
function configurationsIn(cloud: SimCloud, subnetId: string): JsonValue[] {
  return cloud
    .users(subnetId)
    .flatMap(({ resource }) => [
      ...listIn(propertiesOf(resource)["ipConfigurations"]),
      ...listIn(propertiesOf(resource)["frontendIPConfigurations"]),
    ])
    .filter((config) => keyOf(idOf(propertiesOf(config)["subnet"]) ?? "") === keyOf(subnetId));
}

const IPV6 = /^[\da-f:]*:[\da-f:]*\/\d{1,3}$/i;

function prefixesOf(value: unknown, where: string): Prefix[] {
  // dual stack: IPv6 prefixes are taken as they are, for nothing here gives out their addresses
  const given = (Array.isArray(value) ? (value as unknown[]) : []).filter((prefix) => !IPV6.test(String(prefix)));
  if (given.length === 0) {
    refuse(400, "InvalidRequestFormat", `Cannot parse the request: ${where} needs at least one address prefix.`, {
      target: where,
    });
  }
  return given.map(
    (prefix) =>
      prefixOf(String(prefix)) ??
      refuse(400, "InvalidCIDRNotation", `The address prefix ${String(prefix)} in ${where} is not valid CIDR notation.`, {
        target: where,
      }),
  );
}

function checkSubnet(change: Change, subnet: JsonValue, spaces: readonly Prefix[], seen: Map<string, Prefix>): void {
  const name = textIn(subnet["name"]) ?? "";
  const properties = propertiesOf(subnet);
  if (!/^[A-Za-z0-9]$|^[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]$/.test(name)) {
    refuse(400, "InvalidResourceName", `Resource name ${name} is invalid.`);
  }
  const prefix = prefixesOf(properties["addressPrefixes"] ?? [properties["addressPrefix"]], `subnet ${name}`)[0] as Prefix;
  if (!spaces.some((space) => within(space, prefix)) || prefix.size < 8) {
    refuse(400, "NetcfgInvalidSubnet", `Subnet '${name}' is not valid in virtual network '${change.name}'.`);
  }
  if (seen.has(keyOf(name))) refuse(400, "InvalidRequestFormat", `Cannot parse the request: subnet '${name}' is given twice.`);
  if ([...seen.values()].some((other) => overlap(other, prefix))) {
    refuse(
      400,
      "NetcfgSubnetRangesOverlap",
      `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${change.name}'.`,
    );
  }
  seen.set(keyOf(name), prefix);
  const group = idOf(properties["networkSecurityGroup"]);
  if (group !== undefined) resolve(change, group, "Microsoft.Network/networkSecurityGroups");
  const gateway = idOf(properties["natGateway"]);
  if (gateway !== undefined) resolve(change, gateway, "Microsoft.Network/natGateways");
  const old = listIn(propertiesOf(change.before?.resource)["subnets"]).find((one) => keyOf(String(one["name"])) === keyOf(name));
  if (
    old !== undefined &&
    propertiesOf(old)["addressPrefix"] !== properties["addressPrefix"] &&
    properties["addressPrefix"] !== undefined
  ) {
    checkUnused(change.cloud, old);
  }
}

function checkUnused(cloud: SimCloud, subnet: JsonValue): void {
  const id = String(subnet["id"]);
  const users = configurationsIn(cloud, id).map((one) => String(one["id"]));
  if (users.length === 0) return;
  const name = String(subnet["name"]);
  const shown = users.slice(0, 3).join(", ");
  refuse(
    400,
    "InUseSubnetCannotBeDeleted",
    `Subnet ${name} is in use by ${shown} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  );
}

function shapeSubnet(networkId: string, subnet: JsonValue): JsonValue {
  const properties = clone(propertiesOf(subnet));
  delete properties["ipConfigurations"];
  return {
    name: subnet["name"],
    id: `${networkId}/subnets/${String(subnet["name"])}`,
    etag: "",
    properties: {
      provisioningState: "Updating",
      ...properties,
      delegations: properties["delegations"] ?? [],
      privateEndpointNetworkPolicies: properties["privateEndpointNetworkPolicies"] ?? "Disabled",
      privateLinkServiceNetworkPolicies: properties["privateLinkServiceNetworkPolicies"] ?? "Enabled",
      // Private by default since api-version 2025-07-01.
      defaultOutboundAccess: properties["defaultOutboundAccess"] ?? false,
    },
    type: "Microsoft.Network/virtualNetworks/subnets",
  };
}
