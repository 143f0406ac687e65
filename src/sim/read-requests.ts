/**
 * What a preflight asks before anything is written: the subscription, regions, providers, sizes, quotas, images, labels.
 * Longer than most: one small answer after the other.
 */
import { invalid, refuse } from "./arm-error.ts";
import { type Address, keyOf, armPlaceOf } from "./arm-id.ts";
import { isLocationAt, locationsAt } from "./catalogue/locations.ts";
import { computeSkus, type Size, SIZES } from "./catalogue/sizes.ts";
import { answerImages } from "./image-requests.ts";
import type { JsonValue } from "./json.ts";
import { vcpuLimit } from "./limits.ts";
import { answer, type SimAnswer } from "./message.ts";
import { bodyOf } from "./request-checks.ts";
import { type Desk } from "./resource-requests.ts";
import { coresInUse } from "./rules/machine-checks.ts";
import { checkLabelForm, countAddresses, isLabelFree } from "./rules/public-address.ts";
import { isAccountFree } from "./rules/storage.ts";
import { RULES } from "./rules/table.ts";

const TENANT = "00000000-0000-4000-8000-00000000000f";

/** `/subscriptions/{s}` and `/subscriptions/{s}/locations`. */
export function answerSubscription({ call }: Desk, subscription: string, tail: readonly string[]): SimAnswer | undefined {
  const id = `/subscriptions/${subscription}`;
  if (tail.length === 0) {
    return answer(200, {
      id,
      authorizationSource: "RoleBased",
      subscriptionId: subscription,
      tenantId: TENANT,
      displayName: "Simulated subscription",
      state: "Enabled",
      subscriptionPolicies: { quotaId: "PayAsYouGo_2014-09-01", spendingLimit: "Off" },
    });
  }
  if (keyOf(tail.join("/")) !== "locations") return undefined;
  return answer(200, {
    value: locationsAt(call.origin).map(({ name, displayName, zones }) => ({
      id: `${id}/locations/${name}`,
      name,
      type: "Region",
      displayName,
      regionalDisplayName: displayName,
      metadata: { regionType: "Physical", regionCategory: "Recommended" },
      ...(zones
        ? { availabilityZoneMappings: ["1", "2", "3"].map((zone) => ({ logicalZone: zone, physicalZone: `${name}-az${zone}` })) }
        : {}),
    })),
  });
}

/** `/subscriptions/{s}/providers/{ns}` and `/register`. */
export function answerProvider(
  { cloud, call }: Desk,
  { subscription, namespace = "" }: Address,
  { register = false }: { readonly register?: boolean } = {},
): SimAnswer {
  const kinds = RULES.filter((kind) => keyOf(kind.type).startsWith(`${keyOf(namespace)}/`));
  const name = kinds[0]?.type.split("/")[0];
  if (name === undefined) {
    return refuse(404, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
  }
  const registered = register || cloud.counters[`registered/${keyOf(name)}`] !== undefined;
  if (register) cloud.count(`registered/${keyOf(name)}`);
  const missing = !registered && cloud.limits.unregistered.some((other) => keyOf(other) === keyOf(name));
  return answer(200, {
    id: `/subscriptions/${subscription}/providers/${name}`,
    namespace: name,
    registrationPolicy: "RegistrationRequired",
    registrationState: missing ? "NotRegistered" : "Registered",
    resourceTypes: kinds.map((kind) => ({
      resourceType: kind.type.slice(name.length + 1),
      // Display names, as ARM has it here.
      locations: locationsAt(call.origin).map(({ displayName }) => displayName),
      apiVersions: [call.query.get("api-version") ?? ""],
      capabilities: "SupportsTags, SupportsLocation",
    })),
  });
}

/** True while a namespace is not registered: its writes are refused. */
export const isUnregistered = ({ cloud }: Desk, namespace: string): boolean =>
  cloud.limits.unregistered.some((name) => keyOf(name) === keyOf(namespace)) &&
  cloud.counters[`registered/${keyOf(namespace)}`] === undefined;

/** What lies below a provider at the subscription's level and is no resource; undefined when it is none of these. */
export function answerPreflight(desk: Desk, address: Address): SimAnswer | undefined {
  const { cloud, call } = desk;
  const { subscription, namespace = "", rest } = address;
  const path = keyOf([namespace, ...rest.slice(0, 1)].join("/"));
  if (path === "microsoft.compute/skus") {
    const location = /location\s+eq\s+'([^']*)'/i.exec(call.query.get("$filter") ?? "")?.[1];
    return answer(200, {
      value: computeSkus(
        locationsAt(call.origin).filter(({ name }) => location === undefined || name === armPlaceOf(location)),
        cloud.limits.restrictedSizes,
      ),
    });
  }
  if (path === "microsoft.storage/checknameavailability")
    return answer(200, accountNameVerdict(desk, String(bodyOf(call)["name"])));
  if (keyOf(rest[0] ?? "") !== "locations" || rest[1] === undefined) return undefined;
  const location = armPlaceOf(rest[1]);
  if (!isLocationAt(call.origin, location)) invalid(`The location '${rest[1]}' is not valid.`, "location");
  switch (keyOf(rest[2] ?? "")) {
    case "publishers":
      return answerImages(call, { subscription, location, rest: rest.slice(3) });
    case "usages":
      return answer(200, {
        value:
          keyOf(namespace) === "microsoft.compute"
            ? computeUsages(desk, subscription, location)
            : networkUsages(desk, subscription, location),
      });
    case "checkdnsnameavailability":
      return answer(200, { available: isLabelFree(cloud, location, wellFormedLabel(call.query.get("domainnamelabel"))) });
    case "vmsizes":
      return answer(200, { value: SIZES.map(shownSize) });
    default:
      return undefined;
  }
}

function accountNameVerdict({ cloud }: Desk, name: string): JsonValue {
  const taken = (reason: string, message: string): JsonValue => ({ nameAvailable: false, reason, message });
  if (!/^[a-z0-9]{3,24}$/.test(name)) return taken("AccountNameInvalid", `${name} is not a valid storage account name.`);
  if (isAccountFree(cloud, name)) return { nameAvailable: true };
  return taken("AlreadyExists", `The storage account named ${name} is already taken.`);
}

/** @throws ArmError 400 InvalidDomainNameLabel */
function wellFormedLabel(label: string | undefined): string {
  if (label === undefined) return refuse(400, "InvalidDomainNameLabel", "The domainNameLabel query parameter is required.");
  checkLabelForm(label);
  return label;
}

const shownSize = ({ name, cores, memoryGB, dataDisks }: Size): JsonValue => ({
  name,
  numberOfCores: cores,
  memoryInMB: memoryGB * 1024,
  maxDataDiskCount: dataDisks,
});

function computeUsages({ cloud }: Desk, subscription: string, location: string): JsonValue[] {
  const families = [...new Set(SIZES.map((size) => size.family))];
  const sets = [...cloud.ofType("Microsoft.Compute/availabilitySets")].filter((set) => set.location === location).length;
  const machines = [...cloud.ofType("Microsoft.Compute/virtualMachines")].filter(
    (machine) => machine.location === location,
  ).length;
  const row = (value: string, localizedValue: string, currentValue: number, limit: number): JsonValue => ({
    unit: "Count",
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  return [
    row("availabilitySets", "Availability Sets", sets, 2500),
    row(
      "cores",
      "Total Regional vCPUs",
      coresInUse(cloud, { subscription, location }),
      vcpuLimit(cloud.limits, location, undefined),
    ),
    row(
      "lowPriorityCores",
      "Total Regional Low-priority vCPUs",
      coresInUse(cloud, { subscription, location, spot: true }),
      cloud.limits.spotCores,
    ),
    row("virtualMachines", "Virtual Machines", machines, 25000),
    ...families.map((family) =>
      row(
        family,
        `Standard ${family.replace(/^standard|Family$/gi, "")} Family vCPUs`,
        coresInUse(cloud, { subscription, location, family }),
        vcpuLimit(cloud.limits, location, family),
      ),
    ),
  ];
}

function networkUsages({ cloud }: Desk, subscription: string, location: string): JsonValue[] {
  const count = (type: string): number => [...cloud.ofType(type)].filter((entry) => entry.location === location).length;
  const row = (value: string, localizedValue: string, currentValue: number, limit: number): JsonValue => ({
    id: `/subscriptions/${subscription}/providers/Microsoft.Network/locations/${location}/usages/${value}`,
    unit: "Count",
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  const addresses = countAddresses(cloud, subscription, location);
  return [
    row("VirtualNetworks", "Virtual Networks", count("Microsoft.Network/virtualNetworks"), 1000),
    row("PublicIPAddresses", "Public IP Addresses", addresses, cloud.limits.publicAddresses),
    row("StandardSkuPublicIpAddresses", "Public IPv4 Addresses - Standard", addresses, cloud.limits.publicAddresses),
    row("NetworkInterfaces", "Network Interfaces", count("Microsoft.Network/networkInterfaces"), 65536),
    row("LoadBalancers", "Load Balancers", count("Microsoft.Network/loadBalancers"), 1000),
    row("NetworkSecurityGroups", "Network Security Groups", count("Microsoft.Network/networkSecurityGroups"), 5000),
  ];
}
