/** What a location offers to a subscription: providers, sizes, quotas, placement groups. */
import { defined } from "../../core/defined.ts";
import type { ProximityPlacementGroup, ResourceSku } from "@azure/arm-compute";
import {
  type ProviderFacts,
  type RegionSizes,
  type SizeFacts,
  type Usage,
  normalLocation,
  sameLocation,
} from "../../core/region.ts";
import type { Clients } from "../clients.ts";
import { all, listed } from "../reading.ts";

export const regionReads = ({ compute, network, resources, endpoint }: Clients) => ({
  async resourceProvider(namespace: string, abortSignal: AbortSignal): Promise<ProviderFacts> {
    const provider = await resources.providers.get(namespace, { abortSignal });
    const type = provider.resourceTypes?.find((one) => /^(virtualMachines|virtualNetworks)$/i.test(one.resourceType ?? ""));
    return {
      namespace,
      registered: !/^(notregistered|unregistered|unregistering)$/i.test(provider.registrationState ?? ""),
      locations: (type?.locations ?? []).map(normalLocation),
    };
  },

  async sizes(location: string, abortSignal: AbortSignal): Promise<RegionSizes> {
    const skus = await all(compute.resourceSkus.list({ abortSignal, filter: `location eq '${location}'` }), abortSignal);
    const here = skus.filter((sku) => (sku.locations ?? [location]).some((one) => sameLocation(one, location)));
    const machines = here.filter((sku) => sku.resourceType === "virtualMachines").map((sku) => sizeFacts(sku, location));
    const aligned = here.find((sku) => sku.resourceType === "availabilitySets" && sku.name === "Aligned");
    const domains = Number(capability(aligned, "MaximumPlatformFaultDomainCount"));
    return {
      sizes: new Map(machines.map((size) => [size.name.toLowerCase(), size])),
      faultDomains: domains > 0 ? domains : undefined,
      ...regionZones(here, location),
    };
  },

  async computeUsage(location: string, abortSignal: AbortSignal): Promise<Usage[]> {
    return (await all(compute.usage.list(location, { abortSignal }), abortSignal)).map(usage);
  },

  async networkUsage(location: string, abortSignal: AbortSignal): Promise<Usage[]> {
    return (await all(network.usages.list(location, { abortSignal }), abortSignal)).map(usage);
  },

  async placementGroups(abortSignal: AbortSignal): Promise<PlacementGroup[]> {
    return (await all(compute.proximityPlacementGroups.listBySubscription({ abortSignal }), abortSignal)).map(placementGroup);
  },

  async placementGroupsIn(group: string, abortSignal: AbortSignal): Promise<PlacementGroup[]> {
    const list = compute.proximityPlacementGroups.listByResourceGroup(group, { abortSignal });
    return ((await listed(endpoint, list, abortSignal)) ?? []).map(placementGroup);
  },
});

// --- internal ---

interface PlacementGroup {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Record<string, string>;
}

const placementGroup = ({ id = "", name = "", location, tags = {} }: ProximityPlacementGroup): PlacementGroup => ({
  id,
  name,
  location,
  tags,
});

const capability = (sku: ResourceSku | undefined, name: string): string | undefined =>
  sku?.capabilities?.find((one) => one.name === name)?.value;

/** Undefined where nothing is said of the location; a location without zones is said to have none. */
function zonesAt(sku: ResourceSku, location: string): readonly string[] | undefined {
  const info = sku.locationInfo?.find((one) => sameLocation(one.location, location));
  return info && (info.zones ?? []);
}

function regionZones(skus: readonly ResourceSku[], location: string): Pick<RegionSizes, "zones"> {
  const told = skus.map((sku) => zonesAt(sku, location)).filter((zones) => zones !== undefined);
  return told.length === 0 ? {} : { zones: [...new Set(told.flat())].sort() };
}

function sizeFacts(sku: ResourceSku, location: string): SizeFacts {
  const dataDisks = capability(sku, "MaxDataDiskCount");
  const restricted = sku.restrictions?.find((one) => one.type === "Location")?.reasonCode;
  const closed = (sku.restrictions ?? []).flatMap((one) => (one.type === "Zone" ? (one.restrictionInfo?.zones ?? []) : []));
  const zones = zonesAt(sku, location);
  const spot = capability(sku, "LowPriorityCapable");
  return {
    name: sku.name ?? "",
    family: sku.family ?? "",
    vcpus: Number(capability(sku, "vCPUs") ?? 0),
    acceleratedNetworking: capability(sku, "AcceleratedNetworkingEnabled") === "True",
    premiumDisks: capability(sku, "PremiumIO") === "True",
    generations: (capability(sku, "HyperVGenerations") ?? "V1,V2").split(","),
    architecture: capability(sku, "CpuArchitectureType") ?? "x64",
    ...(dataDisks === undefined ? {} : { dataDisks: Number(dataDisks) }),
    ...(zones === undefined ? {} : { zones: zones.filter((zone) => !closed.includes(zone)).sort() }),
    ...(spot === undefined ? {} : { spot: spot === "True" }),
    ...defined({ restricted }),
  };
}

const usage = (one: { name?: { value?: string; localizedValue?: string }; currentValue: number; limit: number }): Usage => ({
  name: one.name?.value ?? "",
  label: one.name?.localizedValue ?? one.name?.value ?? "",
  current: one.currentValue,
  limit: one.limit,
});
