/** What was looked up about a location before anything is written, in our own words; parsed at the edge by azure/lookups.ts. */

export interface SizeFacts {
  readonly name: string;
  readonly family: string;
  readonly vcpus: number;
  readonly acceleratedNetworking: boolean;
  readonly premiumDisks: boolean;
  /** "V1", "V2" */
  readonly generations: readonly string[];
  /** "x64" or "Arm64" */
  readonly architecture: string;
  /** The most data disks that it takes; absent where Azure does not say. */
  readonly dataDisks?: number;
  /** The zones of the location in which this subscription can have it; none, where it is in no zone. */
  readonly zones?: readonly string[];
  /** Whether it can be a spot machine; undefined where Azure does not say. */
  readonly spot?: boolean;
  /** Why it cannot be had here: "NotAvailableForSubscription", "QuotaId". */
  readonly restricted?: string;
}

export interface RegionSizes {
  /** By lower-case name. */
  readonly sizes: ReadonlyMap<string, SizeFacts>;
  /** The most fault domains that an availability set may have; undefined when Azure does not say. */
  readonly faultDomains: number | undefined;
  /** Those of the location; none where it has none. */
  readonly zones?: readonly string[];
}

export interface Usage {
  /** Azure's own word: "cores", "standardDSv5Family", "PublicIPAddresses". */
  readonly name: string;
  readonly label: string;
  readonly current: number;
  readonly limit: number;
}

export interface ProviderFacts {
  readonly namespace: string;
  readonly registered: boolean;
  /** Normalised names, of virtual machines or virtual networks. */
  readonly locations: readonly string[];
}

export interface NetworkFacts {
  readonly id: string;
  readonly location: string;
  readonly subnets: readonly SubnetFacts[];
}

export interface SubnetFacts {
  readonly id: string;
  readonly name: string;
  readonly prefixes: readonly string[];
  /** What has an address there: an id each, and the address where Azure tells it. */
  readonly used: readonly { readonly id: string; readonly address?: string }[];
  /** Something is in it that does not say which addresses it has. */
  readonly opaque: boolean;
  readonly natGateway: boolean;
  /** The services that it is given to: "Microsoft.ContainerInstance/containerGroups". */
  readonly delegations: readonly string[];
  /** Id of the subnet's own security group. */
  readonly securityGroup?: string;
  /** Id of its route table. */
  readonly routeTable?: string;
}

export interface SecurityRuleFacts {
  readonly name: string;
  readonly priority: number;
  readonly inbound: boolean;
  readonly allows: boolean;
  /** "Tcp", "*" */
  readonly protocol: string;
  /** Ranges, tags such as "Internet", or "*". */
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  /** "22", "2379-2380", "*" */
  readonly ports: readonly string[];
}

export interface RouteFacts {
  readonly name: string;
  readonly prefix: string;
  /** "VirtualAppliance", "VirtualNetworkGateway", "None", "Internet", "VnetLocal" */
  readonly nextHop: string;
  readonly address?: string;
}

export interface ImageFacts {
  readonly urn: { readonly publisher: string; readonly offer: string; readonly sku: string; readonly version: string };
  readonly plan?: { readonly name: string; readonly publisher: string; readonly product: string };
  readonly generation?: string;
  readonly architecture?: string;
  /** Of the system disk that a machine gets of it, at the least. */
  readonly sizeGiB?: number;
  /** "Linux", "Windows"; said of those that have an id. */
  readonly system?: string;
  /** "Generalized", or "Specialized": a copy of one machine, that is told no name, key or user-data. */
  readonly state?: string;
  /** Where a gallery has this version; absent where that is not said. */
  readonly locations?: readonly string[];
}

/** "West US" and "westus" are one location. */
export const sameLocation = (a: string | undefined, b: string | undefined): boolean => normalLocation(a) === normalLocation(b);

export const normalLocation = (text: string | undefined): string => (text ?? "").toLowerCase().replaceAll(/\s/g, "");

/** Locations near one, in which the same is often to be had: from memory, and only a hint of what to ask about. */
export const nearLocations = (location: string): readonly string[] => NEAR.get(location) ?? [];

const NEAR: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ["westus", "westus2", "westus3", "westcentralus", "southcentralus", "centralus"],
    ["eastus", "eastus2", "northcentralus", "centralus", "canadacentral", "canadaeast"],
    ["northeurope", "westeurope", "swedencentral", "norwayeast"],
    ["uksouth", "ukwest", "northeurope"],
    ["germanywestcentral", "westeurope", "francecentral", "switzerlandnorth", "italynorth"],
    ["southeastasia", "eastasia", "centralindia"],
    ["japaneast", "japanwest", "koreacentral"],
    ["australiaeast", "australiasoutheast"],
  ].flatMap((all) => all.map((one): [string, string[]] => [one, all.filter((other) => other !== one)])),
);
