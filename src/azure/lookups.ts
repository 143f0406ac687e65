/** Reads that a preflight, a status or a list needs, each one small question to the SDK, answered in our own types. */
import type { ResourceSku } from "@azure/arm-compute";
import type { PublicIPAddress, VirtualNetwork } from "@azure/arm-network";
import type { ImageFacts, NetworkFacts, ProviderFacts, RegionSizes, SizeFacts, Usage } from "../core/region.ts";
import { normalLocation, sameLocation } from "../core/region.ts";
import { groupOf, nameOf } from "../core/plan/resource.ts";
import type { Clients } from "./clients.ts";
import { isBlob } from "./clouds.ts";
import { isOwn } from "./origin.ts";
import { inventoryReads } from "./inventory.ts";
import { all, guarded, listed, orAbsent } from "./reading.ts";
import { scopeReads } from "./scope.ts";

export interface GroupFacts {
  readonly location: string;
  readonly tags: Record<string, string>;
  readonly deleting: boolean;
}

export type Lookups = ReturnType<typeof createLookups>;

export function createLookups(clients: Clients) {
  const { compute, network, resources } = clients;
  return guarded({
    ...scopeReads(clients),
    ...inventoryReads(clients),

    /** The resource group; undefined when there is none. */
    group: (name: string, abortSignal: AbortSignal): Promise<GroupFacts | undefined> =>
      orAbsent(async () => {
        const group = await resources.resourceGroups.get(name, { abortSignal });
        const state = (group as { properties?: { provisioningState?: string } }).properties?.provisioningState;
        return { location: group.location, tags: group.tags ?? {}, deleting: /^(deleting|deprovisioning)$/i.test(state ?? "") };
      }),

    /** Groups that carry the tool's tag. */
    async ourGroups(managedBy: string, abortSignal: AbortSignal): Promise<{ name: string; facts: GroupFacts }[]> {
      const filter = `tagName eq 'managed-by' and tagValue eq '${managedBy}'`;
      const found = await all(resources.resourceGroups.list({ abortSignal, filter }), abortSignal);
      return found.map((group) => ({
        name: group.name ?? "",
        facts: {
          location: group.location,
          tags: group.tags ?? {},
          deleting: /^(deleting|deprovisioning)$/i.test(
            (group as { properties?: { provisioningState?: string } }).properties?.provisioningState ?? "",
          ),
        },
      }));
    },

    /** Public addresses of a group; none when the group does not exist. */
    addresses: async (group: string, abortSignal: AbortSignal): Promise<PublicIPAddress[]> =>
      (await orAbsent(() => all(network.publicIPAddresses.list(group, { abortSignal }), abortSignal))) ?? [],

    /** Every public address of the subscription. */
    allAddresses: (abortSignal: AbortSignal): Promise<PublicIPAddress[]> =>
      listed(() => all(network.publicIPAddresses.listAll({ abortSignal }), abortSignal)).then((found) => found ?? []),

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
      const machines = here.filter((sku) => sku.resourceType === "virtualMachines").map(sizeFacts);
      const aligned = here.find((sku) => sku.resourceType === "availabilitySets" && sku.name === "Aligned");
      const domains = Number(capability(aligned, "MaximumPlatformFaultDomainCount"));
      return {
        sizes: new Map(machines.map((size) => [size.name.toLowerCase(), size])),
        faultDomains: domains > 0 ? domains : undefined,
      };
    },

    async computeUsage(location: string, abortSignal: AbortSignal): Promise<Usage[]> {
      return (await all(compute.usage.list(location, { abortSignal }), abortSignal)).map(usage);
    },

    async networkUsage(location: string, abortSignal: AbortSignal): Promise<Usage[]> {
      return (await all(network.usages.list(location, { abortSignal }), abortSignal)).map(usage);
    },

    async dnsLabelFree(location: string, label: string, abortSignal: AbortSignal): Promise<boolean> {
      return (await network.checkDnsNameAvailability(location, label, { abortSignal })).available ?? true;
    },

    /** A marketplace image; `latest` becomes the newest version there is. Undefined when there is none. */
    image: (location: string, urn: ImageFacts["urn"], abortSignal: AbortSignal): Promise<ImageFacts | undefined> =>
      orAbsent(async () => {
        const { publisher, offer, sku } = urn;
        let version: string | undefined = urn.version;
        if (version.toLowerCase() === "latest") {
          const versions = await compute.virtualMachineImages.list(location, publisher, offer, sku, { abortSignal });
          version = versions
            .map((one) => one.name ?? "")
            .sort(byVersion)
            .at(-1);
        }
        if (version === undefined) return undefined;
        const image = await compute.virtualMachineImages.get(location, publisher, offer, sku, version, { abortSignal });
        const plan = image.plan;
        return {
          urn: { publisher, offer, sku, version },
          ...(plan?.name
            ? { plan: { name: plan.name, publisher: plan.publisher ?? publisher, product: plan.product ?? offer } }
            : {}),
          ...(image.hyperVGeneration === undefined ? {} : { generation: image.hyperVGeneration }),
          ...(image.architecture === undefined ? {} : { architecture: image.architecture }),
        };
      }),

    /** Where an image or gallery version with this id is; undefined when there is none. */
    imageById: (id: string, abortSignal: AbortSignal): Promise<{ location?: string } | undefined> =>
      orAbsent(async () => {
        const group = groupOf(id) ?? "";
        const version = /\/galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i.exec(id);
        if (version === null) return { location: (await compute.images.get(group, nameOf(id), { abortSignal })).location };
        const [, gallery = "", image = "", number] = version;
        if (number === undefined || number.toLowerCase() === "latest")
          await compute.galleryImages.get(group, gallery, image, { abortSignal });
        else await compute.galleryImageVersions.get(group, gallery, image, number, { abortSignal });
        // a gallery replicates: its own location says nothing about where machines can be made
        return {};
      }),

    network: (group: string, name: string, abortSignal: AbortSignal): Promise<NetworkFacts | undefined> =>
      orAbsent(async () => networkFacts(await network.virtualNetworks.get(group, name, { abortSignal }))),

    addressFree: async (group: string, networkName: string, address: string, abortSignal: AbortSignal): Promise<boolean> =>
      (await network.virtualNetworks.checkIPAddressAvailability(group, networkName, address, { abortSignal })).available ?? false,

    async sshKeys(abortSignal: AbortSignal): Promise<{ id: string; publicKey: string; tags: Record<string, string> }[]> {
      return (await all(compute.sshPublicKeys.listBySubscription({ abortSignal }), abortSignal)).map(
        ({ id = "", publicKey = "", tags }) => ({
          id,
          publicKey,
          tags: tags ?? {},
        }),
      );
    },

    async placementGroups(
      abortSignal: AbortSignal,
    ): Promise<{ id: string; name: string; location: string; tags: Record<string, string> }[]> {
      return (await all(compute.proximityPlacementGroups.listBySubscription({ abortSignal }), abortSignal)).map((group) => ({
        id: group.id ?? "",
        name: group.name ?? "",
        location: group.location,
        tags: group.tags ?? {},
      }));
    },

    /** Where the text of a machine's serial console is, with a signature; undefined when Azure has none yet, or names no blob. */
    async serialLogUrl(group: string, machine: string, abortSignal: AbortSignal): Promise<string | undefined> {
      const data = await orAbsent(() => compute.virtualMachines.retrieveBootDiagnosticsData(group, machine, { abortSignal }));
      const url = data?.serialConsoleLogBlobUri;
      return url !== undefined && (isBlob(url, clients.endpoint) || isOwn(url, clients.endpoint)) ? url : undefined;
    },

    /** "running", "deallocated", ...; undefined when Azure does not say. */
    async powerState(group: string, machine: string, abortSignal: AbortSignal): Promise<string | undefined> {
      const view = await orAbsent(() => compute.virtualMachines.instanceView(group, machine, { abortSignal }));
      return view?.statuses?.find((status) => status.code?.startsWith("PowerState/"))?.code?.slice("PowerState/".length);
    },

    /** A key of a storage account, for the one request that needs it. */
    async storageKey(group: string, account: string, abortSignal: AbortSignal): Promise<string | undefined> {
      return (await clients.storage.storageAccounts.listKeys(group, account, { abortSignal })).keys?.[0]?.value;
    },

    async storageAccounts(abortSignal: AbortSignal): Promise<{ id: string; name: string; location: string }[]> {
      return (await all(clients.storage.storageAccounts.list({ abortSignal }), abortSignal)).map(
        ({ id = "", name = "", location }) => ({
          id,
          name,
          location,
        }),
      );
    },
  });
}

// --- internal ---

const capability = (sku: ResourceSku | undefined, name: string): string | undefined =>
  sku?.capabilities?.find((one) => one.name === name)?.value;

function sizeFacts(sku: ResourceSku): SizeFacts {
  const restricted = sku.restrictions?.find((one) => one.type === "Location")?.reasonCode;
  return {
    name: sku.name ?? "",
    family: sku.family ?? "",
    vcpus: Number(capability(sku, "vCPUs") ?? 0),
    acceleratedNetworking: capability(sku, "AcceleratedNetworkingEnabled") === "True",
    premiumDisks: capability(sku, "PremiumIO") === "True",
    generations: (capability(sku, "HyperVGenerations") ?? "V1,V2").split(","),
    architecture: capability(sku, "CpuArchitectureType") ?? "x64",
    ...(restricted === undefined ? {} : { restricted }),
  };
}

const usage = (one: { name?: { value?: string; localizedValue?: string }; currentValue: number; limit: number }): Usage => ({
  name: one.name?.value ?? "",
  label: one.name?.localizedValue ?? one.name?.value ?? "",
  current: one.currentValue,
  limit: one.limit,
});

const networkFacts = (found: VirtualNetwork): NetworkFacts => ({
  id: found.id ?? "",
  location: normalLocation(found.location),
  subnets: (found.subnets ?? []).map((subnet) => ({
    id: subnet.id ?? "",
    name: subnet.name ?? "",
    prefixes: subnet.addressPrefixes ?? (subnet.addressPrefix === undefined ? [] : [subnet.addressPrefix]),
    used: subnet.ipConfigurations?.length ?? 0,
    natGateway: subnet.natGateway !== undefined,
  })),
});

/** "4593.2.10" is newer than "4593.2.9". */
function byVersion(a: string, b: string): number {
  const [x, y] = [a.split("."), b.split(".")].map((parts) => parts.map(Number));
  for (let i = 0; i < 4; i++) if ((x?.[i] ?? 0) !== (y?.[i] ?? 0)) return (x?.[i] ?? 0) - (y?.[i] ?? 0);
  return 0;
}
