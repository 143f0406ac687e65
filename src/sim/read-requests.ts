/**
 * What a preflight asks before anything is written: the subscription, regions, providers, sizes, quotas, images, labels.
 * Longer than most: one small answer after the other.
 */
import { refuse } from "./arm-error.ts";
import { type Address, keyOf, armPlaceOf } from "./arm-id.ts";
import { byVersion, IMAGES, imagesOf } from "./catalogue/images.ts";
import { isLocation, LOCATIONS } from "./catalogue/locations.ts";
import { computeSkus, SIZES } from "./catalogue/sizes.ts";
import type { JsonValue } from "./json.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import { bodyOf } from "./request-checks.ts";
import { type Desk } from "./resource-requests.ts";
import { coresInUse } from "./rules/machine-checks.ts";
import { countAddresses, isLabelFree } from "./rules/public-address.ts";
import { isAccountFree } from "./rules/storage.ts";
import { RULES } from "./rules/table.ts";

const TENANT = "00000000-0000-4000-8000-00000000000f";

/** `/subscriptions/{s}` and `/subscriptions/{s}/locations`. */
export function answerSubscription(subscription: string, tail: readonly string[]): SimAnswer | undefined {
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
    value: LOCATIONS.map(({ name, displayName, zones }) => ({
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
export function answerProvider({ cloud, call }: Desk, { subscription, namespace = "" }: Address, register: boolean): SimAnswer {
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
      locations: LOCATIONS.map(({ displayName }) => displayName),
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
      value: computeSkus(location === undefined ? undefined : armPlaceOf(location), cloud.limits.restrictedSizes),
    });
  }
  if (path === "microsoft.storage/checknameavailability") {
    const name = String(bodyOf(call)["name"]);
    if (!/^[a-z0-9]{3,24}$/.test(name))
      return answer(200, {
        nameAvailable: false,
        reason: "AccountNameInvalid",
        message: `${name} is not a valid storage account name.`,
      });
    const free = isAccountFree(cloud, name);
    return answer(
      200,
      free
        ? { nameAvailable: true }
        : { nameAvailable: false, reason: "AlreadyExists", message: `The storage account named ${name} is already taken.` },
    );
  }
  if (keyOf(rest[0] ?? "") !== "locations" || rest[1] === undefined) return undefined;
  const location = armPlaceOf(rest[1]);
  const what = keyOf(rest[2] ?? "");
  if (!isLocation(location)) refuse(400, "InvalidParameter", `The location '${rest[1]}' is not valid.`, { target: "location" });
  if (what === "publishers") return answerImages(call, { subscription, location, rest: rest.slice(3) });
  if (what === "usages")
    return answer(200, {
      value:
        keyOf(namespace) === "microsoft.compute"
          ? computeUsages(desk, subscription, location)
          : networkUsages(desk, subscription, location),
    });
  if (what === "checkdnsnameavailability") {
    const label = call.query.get("domainnamelabel");
    if (label === undefined) return refuse(400, "InvalidDomainNameLabel", "The domainNameLabel query parameter is required.");
    if (!/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(label)) {
      return refuse(
        400,
        "InvalidDomainNameLabel",
        `The domain name label ${label} is invalid. It must conform to the following regular expression: ^[a-z][a-z0-9-]{1,61}[a-z0-9]$.`,
      );
    }
    return answer(200, { available: isLabelFree(cloud, location, label) });
  }
  if (what === "vmsizes") {
    return answer(200, {
      value: SIZES.map(({ name, cores, memoryGB, dataDisks }) => ({
        name,
        numberOfCores: cores,
        memoryInMB: memoryGB * 1024,
        maxDataDiskCount: dataDisks,
      })),
    });
  }
  return undefined;
}

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
    row("cores", "Total Regional vCPUs", coresInUse(cloud, subscription, location), cloud.limits.cores),
    row("virtualMachines", "Virtual Machines", machines, 25000),
    ...families.map((family) =>
      row(
        family,
        `Standard ${family.replace(/^standard|Family$/gi, "")} Family vCPUs`,
        coresInUse(cloud, subscription, location, family),
        cloud.limits.familyCores,
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

interface ImagePath {
  readonly subscription: string;
  readonly location: string;
  /** publisher, "artifacttypes", "vmimage", "offers", offer, "skus", sku, "versions", version */
  readonly rest: readonly string[];
}

function answerImages(call: Call, { subscription, location, rest }: ImagePath): SimAnswer | undefined {
  const [publisher, , , , offer, , sku, , version] = rest;
  const base = `/Subscriptions/${subscription}/Providers/Microsoft.Compute/Locations/${location}/Publishers`;
  const item = (name: string, path: string): JsonValue => ({ location, name, id: `${base}/${path}` });
  const unique = (names: readonly string[]): string[] => [...new Set(names)];
  if (publisher === undefined)
    return answer(
      200,
      unique(IMAGES.map((image) => image.publisher)).map((name) => item(name, name)),
    );
  const path = `${publisher}/ArtifactTypes/VMImage/Offers`;
  const images = imagesOf(publisher, offer, sku);
  if (images.length === 0) refuse(404, "NotFound", `Artifact: ${rest.includes("versions") ? "VMImage" : "Offer"} was not found.`);
  if (offer === undefined)
    return answer(
      200,
      unique(images.map((image) => image.offer)).map((name) => item(name, `${path}/${name}`)),
    );
  if (sku === undefined)
    return answer(
      200,
      images.map((image) => item(image.sku, `${path}/${offer}/Skus/${image.sku}`)),
    );
  const image = images[0];
  if (image === undefined) return undefined;
  const at = `${path}/${offer}/Skus/${sku}/Versions`;
  if (version === undefined) {
    const sorted = [...image.versions].sort(byVersion);
    if (/desc/i.test(call.query.get("$orderby") ?? "")) sorted.reverse();
    const top = call.query.get("$top");
    return answer(
      200,
      (top === undefined ? sorted : sorted.slice(0, Number(top))).map((name) => item(name, `${at}/${name}`)),
    );
  }
  const exact = version === "latest" ? [...image.versions].sort(byVersion).at(-1) : image.versions.find((one) => one === version);
  if (exact === undefined) return refuse(404, "NotFound", "Artifact: VMImage was not found.");
  return answer(200, {
    ...item(exact, `${at}/${exact}`),
    properties: {
      ...(image.plan ? { plan: { publisher: image.publisher, name: image.sku, product: image.offer } } : {}),
      osDiskImage: { operatingSystem: "Linux", sizeInGb: 30 },
      dataDiskImages: [],
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
      hyperVGeneration: image.generation,
      architecture: image.architecture,
      features: [{ name: "DiskControllerTypes", value: "SCSI, NVMe" }],
      imageDeprecationStatus: { imageState: "Active" },
    },
  });
}
