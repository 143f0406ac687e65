/**
 * Public IP addresses: SKU, DNS label, quota, and who holds them.
 * Longer than most: SKU, label, count and holder are rules of their own.
 */
import { defined } from "../../core/defined.ts";
import { refuse } from "../arm-error.ts";
import { hostAt } from "../catalogue/locations.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { clone, dig, idOf, type JsonValue, listIn, object, propertiesOf, textIn } from "../json.ts";
import type { Change, KindRules } from "../kind.ts";
import { guidOf, networkHead } from "./heads.ts";
import { dotted } from "../../core/ipv4.ts";
import { networkCreate, networkUpdate } from "./timings.ts";
import { checkZones } from "./zones.ts";

/** Blocks that are reserved for documentation and benchmarks (RFC 5737, RFC 2544): never anybody's. */
const BLOCKS: readonly [first: number, size: number][] = [
  [(203 * 256 + 0) * 65536 + 113 * 256, 256],
  [(198 * 256 + 51) * 65536 + 100 * 256, 256],
  [(192 * 256 + 0) * 65536 + 2 * 256, 256],
  [(198 * 256 + 18) * 65536, 131072],
];

export const publicAddress: KindRules = {
  ...networkHead(
    "Microsoft.Network/publicIPAddresses",
    "zones extendedLocation sku{name tier} properties{publicIPAllocationMethod publicIPAddressVersion " +
      "ipConfiguration dnsSettings{domainNameLabel domainNameLabelScope fqdn reverseFqdn} ddosSettings ipTags ipAddress publicIPPrefix " +
      "idleTimeoutInMinutes resourceGuid provisioningState servicePublicIPAddress natGateway migrationPhase linkedPublicIPAddress " +
      "deleteOption upgradedToV2}",
  ),
  create: networkCreate([1, 3], 1, 2),
  update: networkUpdate([1, 3], 2),
  check(change) {
    const { body, properties } = change;
    const sku = textIn(dig(body, "sku", "name")) ?? "Basic";
    if (sku === "Basic") {
      // Retired 2025-09-30: skypilot-org/skypilot#7977.
      refuse(
        400,
        "IPv4BasicSkuPublicIpCountLimitReached",
        "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
      );
    }
    if (!["Standard", "StandardV2"].includes(sku))
      refuse(400, "InvalidRequestFormat", `The public IP SKU '${sku}' is not valid.`);
    if ((properties["publicIPAllocationMethod"] ?? "Dynamic") !== "Static") {
      refuse(
        400,
        "StandardSkuPublicIPAddressesMustBeStatic",
        `Standard sku public IP address ${change.id} must have its allocation method set to Static.`,
      );
    }
    const before = textIn(dig(change.before?.resource, "sku", "name"));
    if (before !== undefined && before !== sku) {
      refuse(
        400,
        "PublicIpAddressSkuUpdateNotAllowed",
        `The SKU of public IP address ${change.id} cannot be changed from ${before} to ${sku}.`,
      );
    }
    checkZones(change, "Microsoft.Network/publicIPAddresses", 3);
    checkLabel(change);
    checkCount(change);
  },
  shape: ({ cloud, body, properties, before, location }) => {
    const label = textIn(dig(properties, "dnsSettings", "domainNameLabel"));
    const old = propertiesOf(before?.resource);
    return {
      sku: { tier: "Regional", ...object(body["sku"]) },
      properties: {
        resourceGuid: guidOf(cloud, before),
        ...defined({ ipAddress: old["ipAddress"] }),
        publicIPAddressVersion: "IPv4",
        idleTimeoutInMinutes: 4,
        ipTags: [],
        ...without(properties, ["ipConfiguration", "ipAddress", "resourceGuid"]),
        ...(label === undefined
          ? {}
          : { dnsSettings: { ...clone(object(properties["dnsSettings"])), fqdn: hostAt(location, label) } }),
      },
    };
  },
  settled(cloud, entry) {
    const properties = object(entry.resource["properties"]);
    properties["ipAddress"] ??= cloud.publicAddress ?? nextAddress(cloud);
  },
  inUse(cloud, entry) {
    const holder = holderOf(cloud, entry);
    if (holder === undefined) return;
    refuse(
      400,
      "PublicIPAddressCannotBeDeleted",
      `Public IP address ${entry.id} can not be deleted since it is still allocated to resource ${holder}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
    );
  },
  view(cloud, entry, shown) {
    const holder = holderOf(cloud, entry);
    if (holder === undefined) return;
    object(shown["properties"])[holder.toLowerCase().includes("/natgateways/") ? "natGateway" : "ipConfiguration"] = {
      id: holder,
    };
  },
};

/** Id of the interface's or balancer's configuration, or of the NAT gateway, that has this address. */
export function holderOf(cloud: SimCloud, address: StoredResource): string | undefined {
  for (const user of cloud.users(address.id)) {
    if (user.type === "Microsoft.Network/natGateways") return user.id;
    const properties = propertiesOf(user.resource);
    for (const config of [...listIn(properties["ipConfigurations"]), ...listIn(properties["frontendIPConfigurations"])]) {
      if (keyOf(idOf(propertiesOf(config)["publicIPAddress"]) ?? "") === address.key) return String(config["id"]);
    }
  }
  return undefined;
}

/** True when nobody in the region has the label: not in this cloud, not among the labels that are taken elsewhere. */
export function isLabelFree(cloud: SimCloud, location: string, label: string, self?: string): boolean {
  const taken = cloud.limits.takenLabels.map((item) => item.toLowerCase());
  if (taken.includes(label.toLowerCase()) || taken.includes(`${location}/${label}`.toLowerCase())) return false;
  for (const other of cloud.ofType("Microsoft.Network/publicIPAddresses")) {
    const has = textIn(dig(other.resource, "properties", "dnsSettings", "domainNameLabel"));
    if (other.key !== self && other.location === location && has?.toLowerCase() === label.toLowerCase()) return false;
  }
  return true;
}

/** @throws ArmError 400 InvalidDomainNameLabel */
export function checkLabelForm(label: string): void {
  if (/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(label)) return;
  refuse(
    400,
    "InvalidDomainNameLabel",
    `The domain name label ${label} is invalid. It must conform to the following regular expression: ^[a-z][a-z0-9-]{1,61}[a-z0-9]$.`,
  );
}

/** Microsoft's list has more whole words; these two anywhere and this one at the start are what names of clusters hold. */
const RESERVED = /microsoft|windows|^login|^(azure|bing|excel|exchange|office|office365|outlook|sharepoint|skype|xbox)$/i;

function checkLabel({ cloud, id, location, properties }: Change): void {
  const label = textIn(dig(properties, "dnsSettings", "domainNameLabel"));
  if (label === undefined) return;
  checkLabelForm(label);
  if (RESERVED.test(label)) {
    refuse(
      400,
      "DomainNameLabelReserved",
      `The domain name label ${label} is invalid. The name itself or part of the name is a reserved word such as a trademark. Please use a different name.`,
    );
  }
  if (!isLabelFree(cloud, location, label, keyOf(id))) {
    refuse(400, "DnsRecordInUse", `DNS record ${hostAt(location, label)} is already used by another public IP.`, {
      details: [],
    });
  }
}

function checkCount({ cloud, before, location, subscription }: Change): void {
  if (before !== undefined) return;
  const limit = cloud.limits.publicAddresses;
  if (countAddresses(cloud, subscription, location) >= limit) {
    refuse(
      400,
      "PublicIPCountLimitReached",
      `Cannot create more than ${limit} public IP addresses for this subscription in this region.`,
      { details: [] },
    );
  }
}

export const countAddresses = (cloud: SimCloud, subscription: string, location: string): number =>
  [...cloud.ofType("Microsoft.Network/publicIPAddresses")].filter(
    (entry) => entry.location === location && entry.subscription.toLowerCase() === subscription.toLowerCase(),
  ).length;

function nextAddress(cloud: SimCloud): string {
  let at = cloud.count("publicAddresses");
  for (const [first, size] of BLOCKS) {
    if (at < size - 1) return dotted(first + at);
    at -= size - 2;
  }
  return dotted(BLOCKS[0]?.[0] ?? 0);
}

const without = (value: JsonValue, names: readonly string[]): JsonValue =>
  Object.fromEntries(Object.entries(clone(value)).filter(([name]) => !names.includes(name)));
