/**
 * VM sizes that the simulated regions offer. Retired ones (A0 to A11, the old Small to ExtraLarge) are missing, as they are
 * in Azure since 2024-08-31; Dv2 is still offered, but retires 2028-05-01.
 */
import type { Location } from "./locations.ts";

export interface Size {
  readonly name: string;
  readonly family: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly accelerated: boolean;
  readonly premium: boolean;
  readonly generations: "V1,V2" | "V1" | "V2";
  readonly interfaces: number;
  readonly architecture: "x64" | "Arm64";
  readonly controllers: "SCSI" | "NVMe" | "SCSI,NVMe";
  readonly dataDisks: number;
  /** Can be had as a spot machine. */
  readonly spot: boolean;
}

interface Series {
  readonly family: string;
  /** Name with `#` for the number. */
  readonly name: string;
  readonly sizes: readonly number[];
  readonly memoryPerCore: number;
  readonly accelerated?: boolean;
  readonly premium?: boolean;
  readonly generations?: Size["generations"];
  readonly architecture?: Size["architecture"];
  readonly controllers?: Size["controllers"];
  readonly spot?: boolean;
}

const SERIES: readonly Series[] = [
  { family: "standardDSv5Family", name: "Standard_D#s_v5", sizes: [2, 4, 8, 16, 32, 48, 64, 96], memoryPerCore: 4 },
  { family: "standardDv5Family", name: "Standard_D#_v5", sizes: [2, 4, 8, 16, 32], memoryPerCore: 4, premium: false },
  { family: "standardDDSv5Family", name: "Standard_D#ds_v5", sizes: [2, 4, 8, 16, 32], memoryPerCore: 4 },
  { family: "standardDASv5Family", name: "Standard_D#as_v5", sizes: [2, 4, 8, 16, 32], memoryPerCore: 4 },
  { family: "standardESv5Family", name: "Standard_E#s_v5", sizes: [2, 4, 8, 16, 32], memoryPerCore: 8 },
  {
    family: "standardDsv6Family",
    name: "Standard_D#s_v6",
    sizes: [2, 4, 8, 16, 32],
    memoryPerCore: 4,
    generations: "V2",
    controllers: "NVMe",
  },
  {
    family: "standardDPSv5Family",
    name: "Standard_D#ps_v5",
    sizes: [2, 4, 8, 16],
    memoryPerCore: 4,
    generations: "V2",
    architecture: "Arm64",
  },
  { family: "standardBsv2Family", name: "Standard_B#s_v2", sizes: [2, 4, 8, 16], memoryPerCore: 4, spot: false },
  { family: "standardDSv3Family", name: "Standard_D#s_v3", sizes: [2, 4, 8, 16, 32], memoryPerCore: 4 },
  { family: "standardBSFamily", name: "Standard_B#ms", sizes: [2, 4, 8], memoryPerCore: 4, accelerated: false, spot: false },
];

export const SIZES: readonly Size[] = [
  ...SERIES.flatMap((series) =>
    series.sizes.map((cores): Size => ({
      name: series.name.replace("#", String(cores)),
      family: series.family,
      cores,
      memoryGB: cores * series.memoryPerCore,
      accelerated: series.accelerated ?? true,
      premium: series.premium ?? true,
      generations: series.generations ?? "V1,V2",
      interfaces: cores <= 4 ? 2 : cores <= 8 ? 4 : 8,
      architecture: series.architecture ?? "x64",
      controllers: series.controllers ?? "SCSI",
      dataDisks: Math.min(32, cores * 2),
      spot: series.spot ?? true,
    })),
  ),
  {
    name: "Standard_D3_v2",
    family: "standardDv2Family",
    cores: 4,
    memoryGB: 14,
    accelerated: true,
    premium: false,
    generations: "V1",
    interfaces: 4,
    architecture: "x64",
    controllers: "SCSI",
    dataDisks: 16,
    spot: true,
  },
];

const BY_NAME = new Map(SIZES.map((size) => [size.name.toLowerCase(), size]));

export const sizeOf = (name: string): Size | undefined => BY_NAME.get(name.toLowerCase());

/** `Size`, `location/Size` or, of one zone, `location/zone/Size` in the list of restricted sizes. */
export const isRestricted = (restricted: readonly string[], location: string, size: string, zone?: string): boolean => {
  const forms = [size, `${location}/${size}`, ...(zone === undefined ? [] : [`${location}/${zone}/${size}`])];
  return restricted.some((item) => forms.some((form) => form.toLowerCase() === item.toLowerCase()));
};

/** Entries of `Microsoft.Compute/skus` (api-version 2021-07-01) for these locations. */
export function computeSkus(locations: readonly Location[], restricted: readonly string[]): unknown[] {
  return locations.flatMap((at) => {
    const zones = at.zones ? ["1", "2", "3"] : [];
    const place = { locations: [at.name], locationInfo: [{ location: at.name, zones, zoneDetails: [] }] };
    return [
      {
        resourceType: "availabilitySets",
        name: "Aligned",
        ...place,
        capabilities: [{ name: "MaximumPlatformFaultDomainCount", value: String(at.faultDomains) }],
        restrictions: [],
      },
      ...SIZES.map((size) => ({
        resourceType: "virtualMachines",
        name: size.name,
        tier: "Standard",
        size: size.name.replace("Standard_", ""),
        family: size.family,
        ...place,
        capabilities: capabilitiesOf(size),
        restrictions: restrictionsOf(restricted, at.name, size.name, zones),
      })),
    ];
  });
}

function restrictionsOf(restricted: readonly string[], location: string, size: string, zones: readonly string[]): unknown[] {
  const why = { reasonCode: "NotAvailableForSubscription", values: [location] };
  if (isRestricted(restricted, location, size)) return [{ type: "Location", restrictionInfo: { locations: [location] }, ...why }];
  const closed = zones.filter((zone) => isRestricted(restricted, location, size, zone));
  return closed.length === 0 ? [] : [{ type: "Zone", restrictionInfo: { locations: [location], zones: closed }, ...why }];
}

const capabilitiesOf = (size: Size): { name: string; value: string }[] =>
  Object.entries({
    vCPUs: String(size.cores),
    vCPUsAvailable: String(size.cores),
    MemoryGB: String(size.memoryGB),
    MaxDataDiskCount: String(size.dataDisks),
    MaxNetworkInterfaces: String(size.interfaces),
    AcceleratedNetworkingEnabled: size.accelerated ? "True" : "False",
    PremiumIO: size.premium ? "True" : "False",
    HyperVGenerations: size.generations,
    CpuArchitectureType: size.architecture,
    DiskControllerTypes: size.controllers,
    LowPriorityCapable: size.spot ? "True" : "False",
    EphemeralOSDiskSupported: "False",
    EncryptionAtHostSupported: "True",
  }).map(([name, value]) => ({ name, value }));
