/**
 * Load balancers: all parts come in one PUT and refer to each other by full id. What must agree among them is checked in
 * balancer-parts.ts; here is the resource itself, its SKU, its frontends, and how it is shown with the interfaces that joined.
 * Longer than most: many parts that show each other.
 */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import { clone, dig, idOf, type JsonValue, listIn, object, propertiesOf, textIn } from "../json.ts";
import type { Change, KindRules } from "../kind.ts";
import { checkParts, PARTS } from "./balancer-parts.ts";
import { guidOf, networkHead } from "./heads.ts";
import { chooseAddress } from "./private-address.ts";
import { holderOf } from "./public-address.ts";
import { resolve } from "./reference.ts";
import { zonesIn } from "./zones.ts";
import { networkAtOnce, networkUpdate } from "./timings.ts";

const INTERFACES = "Microsoft.Network/networkInterfaces";

export const loadBalancerRules: KindRules = {
  ...networkHead(
    "Microsoft.Network/loadBalancers",
    "extendedLocation sku{name tier} properties{resourceGuid provisioningState scope mode inboundNatPools " +
      Object.entries(PARTS)
        .map(([collection, names]) => `${collection}{id name type etag zones properties{provisioningState ${names}}}`)
        .join(" ") +
      "}",
  ),
  create: networkAtOnce,
  // Recorded: 10 s to 103 s, median 63 with machines behind it.
  update: ({ cloud, before }) => networkUpdate(before !== undefined && isLoaded(cloud, before.resource) ? [45, 70] : [5, 10]),
  check(change) {
    const sku = textIn(dig(change.body, "sku", "name")) ?? "Basic";
    if (sku === "Basic") {
      // Retired 2025-09-30; the code is from memory.
      refuse(
        400,
        "BasicSkuLoadBalancerRetired",
        "Creation of Basic SKU load balancers is no longer supported. Use the Standard SKU.",
      );
    }
    if (sku !== "Standard") refuse(400, "InvalidRequestFormat", `The load balancer SKU '${sku}' is not simulated.`);
    for (const frontend of listIn(change.properties["frontendIPConfigurations"])) checkFrontend(change, frontend, sku);
    checkParts(change);
    checkRemoved(change);
  },
  shape: (change) => {
    const { cloud, id, body, properties, before } = change;
    const taken = new Set<number>();
    const parts = Object.keys(PARTS).map((collection) => [
      collection,
      listIn(properties[collection]).map((part) => ({
        name: part["name"],
        ...(part["zones"] === undefined ? {} : { zones: clone(part["zones"]) }),
        id: `${id}/${collection}/${String(part["name"])}`,
        etag: "",
        type: `Microsoft.Network/loadBalancers/${collection}`,
        properties: {
          provisioningState: "Succeeded",
          ...DEFAULTS[collection],
          ...clone(propertiesOf(part)),
          ...(collection === "frontendIPConfigurations" && propertiesOf(part)["subnet"] !== undefined
            ? { privateIPAddress: chooseAddress(change, part, taken, collection) }
            : {}),
        },
      })),
    ]);
    return {
      sku: { tier: "Regional", ...object(body["sku"]) },
      properties: {
        resourceGuid: guidOf(cloud, before),
        inboundNatPools: [],
        ...(Object.fromEntries(parts) as JsonValue),
      },
    };
  },
  accepted(cloud, _entry, { properties, before }) {
    // Recorded: a pool that is left out goes, and the interfaces in it are let go of without a word.
    for (const pool of missing(before?.resource, properties, "backendAddressPools")) untie(cloud, pool);
  },
  removed(cloud, entry) {
    // What refers to it lets go of it; that Azure deletes a balancer with interfaces behind it is from memory.
    for (const part of partsOf(entry.resource)) untie(cloud, part);
  },
  view(cloud, _entry, shown) {
    const properties = object(shown["properties"]);
    for (const pool of listIn(properties["backendAddressPools"])) {
      const joined = configurationsAt(cloud, String(pool["id"]), "loadBalancerBackendAddressPools");
      delete object(pool["properties"])["backendIPConfigurations"];
      if (joined.length > 0) object(pool["properties"])["backendIPConfigurations"] = joined.map((id) => ({ id }));
    }
    for (const rule of listIn(properties["inboundNatRules"])) {
      const [joined] = configurationsAt(cloud, String(rule["id"]), "loadBalancerInboundNatRules");
      // who reads it and writes it back sends what is only shown
      delete object(rule["properties"])["backendIPConfiguration"];
      if (joined !== undefined) object(rule["properties"])["backendIPConfiguration"] = { id: joined };
    }
    backReferences(properties);
  },
};

const RULE_DEFAULTS: JsonValue = { enableFloatingIP: false, idleTimeoutInMinutes: 4, enableTcpReset: false };

const DEFAULTS: Record<string, JsonValue> = {
  frontendIPConfigurations: { privateIPAllocationMethod: "Dynamic", privateIPAddressVersion: "IPv4" },
  loadBalancingRules: { ...RULE_DEFAULTS, loadDistribution: "Default", disableOutboundSnat: false },
  inboundNatRules: RULE_DEFAULTS,
  probes: { intervalInSeconds: 15, numberOfProbes: 2 },
  outboundRules: { allocatedOutboundPorts: 0, enableTcpReset: false, idleTimeoutInMinutes: 4 },
};

const partsOf = (resource: JsonValue): JsonValue[] =>
  Object.keys(PARTS).flatMap((collection) => listIn(propertiesOf(resource)[collection]));

/** Ids of the IP configurations that joined a pool or a NAT rule. */
function configurationsAt(cloud: SimCloud, partId: string, by: string): string[] {
  const key = keyOf(partId);
  return cloud
    .users(partId)
    .filter((user) => user.type === INTERFACES)
    .flatMap((user) => listIn(propertiesOf(user.resource)["ipConfigurations"]))
    .filter((config) => listIn(propertiesOf(config)[by]).some((item) => keyOf(idOf(item) ?? "") === key))
    .map((config) => String(config["id"]));
}

/** Machines behind it make a change slow. */
const isLoaded = (cloud: SimCloud, resource: JsonValue): boolean =>
  partsOf(resource).some((part) =>
    cloud.users(String(part["id"])).some((user) => propertiesOf(user.resource)["virtualMachine"] !== undefined),
  );

/** Frontends, pools and probes list the rules that use them. */
function backReferences(properties: JsonValue): void {
  const at = new Map<string, JsonValue>();
  for (const collection of ["frontendIPConfigurations", "backendAddressPools", "probes"]) {
    for (const part of listIn(properties[collection])) at.set(keyOf(String(part["id"])), object(part["properties"]));
  }
  for (const collection of ["loadBalancingRules", "inboundNatRules", "outboundRules"]) {
    for (const rule of listIn(properties[collection])) {
      const inner = propertiesOf(rule);
      const named = [
        inner["frontendIPConfiguration"],
        inner["backendAddressPool"],
        inner["probe"],
        ...listIn(inner["frontendIPConfigurations"]),
      ];
      for (const part of named) {
        const target = at.get(keyOf(idOf(part) ?? ""));
        if (target !== undefined) ((target[collection] ??= []) as JsonValue[]).push({ id: rule["id"] });
      }
    }
  }
}

function checkFrontend(change: Change, frontend: JsonValue, sku: string): void {
  const properties = propertiesOf(frontend);
  const address = idOf(properties["publicIPAddress"]);
  const subnet = idOf(properties["subnet"]);
  if (subnet !== undefined && address !== undefined) {
    // that one has one or the other is Azure's; the code is from memory
    refuse(
      400,
      "LoadBalancerFrontendIPConfigCannotHaveSubnetAndPublicIP",
      `Frontend ${String(frontend["name"])} of ${change.id} cannot reference both a subnet and a public IP address.`,
    );
  }
  if (subnet !== undefined) resolve(change, subnet, "Microsoft.Network/virtualNetworks/subnets");
  if (address === undefined) {
    if (subnet === undefined) {
      refuse(
        400,
        "LoadBalancerFrontendIPConfigMustHaveSubnetOrPublicIP",
        `Frontend ${String(frontend["name"])} of ${change.id} must reference either a subnet or a public IP address.`,
      );
    }
    return;
  }
  if (frontend["zones"] !== undefined)
    refuse(
      400,
      "LoadBalancerFrontendIPConfigCannotHaveZoneWhenReferencingPublicIPAddress",
      `Load balancer frontendIPConfiguration ${change.id}/frontendIPConfigurations/${String(frontend["name"])} has ${zonesIn(frontend).length} zone specified and is referencing a publicIPAddress ${address}. Networking supports zones only for frontendIpconfigurations which reference a subnet.`,
    );
  const { entry } = resolve(change, address, "Microsoft.Network/publicIPAddresses");
  const other = textIn(dig(entry.resource, "sku", "name"));
  if (other !== sku) {
    refuse(
      400,
      "DifferentSkuLoadBalancersAndPublicIPAddressNotAllowed",
      `Different sku load balancer ${change.id} (${sku}) and public IP address ${address} (${String(other)}) are not allowed to be referenced together.`,
    );
  }
  const holder = holderOf(change.cloud, entry);
  if (holder !== undefined && !keyOf(holder).startsWith(`${keyOf(change.id)}/`)) {
    refuse(
      400,
      "PublicIPAddressInUse",
      `Resource ${change.id} is referencing public IP address ${address} that is already allocated to resource ${holder}.`,
    );
  }
}

/** A PUT replaces: a NAT rule that an interface still uses must still be there. */
function checkRemoved({ cloud, id, properties, before }: Change): void {
  for (const rule of missing(before?.resource, properties, "inboundNatRules")) {
    const user = cloud.users(String(rule["id"])).find((entry) => entry.type === INTERFACES);
    if (user === undefined) continue;
    // The sentence is Azure's for an interface that would be left with a dangling reference; from memory.
    refuse(
      400,
      "InvalidResourceReference",
      `Resource ${String(rule["id"])} referenced by resource ${user.id} was not found in ${id}: it is still in use and cannot be removed.`,
    );
  }
}

/** Parts of a collection that were there and that a PUT leaves out. */
function missing(before: JsonValue | undefined, properties: JsonValue, collection: string): JsonValue[] {
  const names = new Set(listIn(properties[collection]).map((part) => keyOf(String(part["name"]))));
  return listIn(propertiesOf(before)[collection]).filter((part) => !names.has(keyOf(String(part["name"]))));
}

/** The interfaces that use a part let go of it. */
function untie(cloud: SimCloud, part: JsonValue): void {
  const id = String(part["id"]);
  for (const user of cloud.users(id)) {
    for (const configuration of listIn(propertiesOf(user.resource)["ipConfigurations"])) {
      const properties = object(configuration["properties"]);
      for (const name of ["loadBalancerBackendAddressPools", "loadBalancerInboundNatRules"]) {
        if (properties[name] === undefined) continue;
        properties[name] = listIn(properties[name]).filter((item) => keyOf(idOf(item) ?? "") !== keyOf(id));
      }
    }
    cloud.touched(user);
  }
}
