/**
 * Regions of the simulated subscription: not all of Azure's, but those people try. The fault domains are how many an
 * aligned availability set may have; 2 or 3 by region is documented, which region has which is from memory.
 */
export interface Location {
  readonly name: string;
  readonly displayName: string;
  readonly faultDomains: 2 | 3;
  readonly zones: boolean;
  /** What the DNS names of public addresses end with; each cloud has its own. */
  readonly domain: string;
}

const PUBLIC = "cloudapp.azure.com";
const GOVERNMENT = "cloudapp.usgovcloudapi.net";
const CHINA = "cloudapp.chinacloudapi.cn";

const place = (displayName: string, faultDomains: 2 | 3, zones: boolean, domain = PUBLIC): Location => ({
  name: displayName.toLowerCase().replaceAll(" ", ""),
  displayName,
  faultDomains,
  zones,
  domain,
});

const LOCATIONS: readonly Location[] = [
  place("West US", 3, false),
  place("East US", 3, true),
  place("East US 2", 3, true),
  place("Central US", 3, true),
  place("North Central US", 3, false),
  place("South Central US", 3, true),
  place("West US 2", 2, true),
  place("West US 3", 2, true),
  place("West Central US", 2, false),
  place("Canada Central", 3, true),
  place("Canada East", 2, false),
  place("Brazil South", 2, true),
  place("North Europe", 3, true),
  place("West Europe", 3, true),
  place("UK South", 2, true),
  place("UK West", 2, false),
  place("France Central", 2, true),
  place("Germany West Central", 2, true),
  place("Switzerland North", 2, true),
  place("Norway East", 2, true),
  place("Sweden Central", 2, true),
  place("Italy North", 2, true),
  place("Southeast Asia", 2, true),
  place("East Asia", 2, true),
  place("Japan East", 2, true),
  place("Japan West", 2, false),
  place("Korea Central", 2, true),
  place("Central India", 2, true),
  place("Australia East", 2, true),
  place("Australia Southeast", 2, false),
  place("USGov Virginia", 3, true, GOVERNMENT),
  place("USGov Arizona", 3, false, GOVERNMENT),
  place("USGov Texas", 3, false, GOVERNMENT),
  place("USDoD Central", 2, false, GOVERNMENT),
  place("USDoD East", 2, false, GOVERNMENT),
  place("China North 2", 2, false, CHINA),
  place("China North 3", 2, true, CHINA),
  place("China East 2", 3, false, CHINA),
  place("China East 3", 2, false, CHINA),
];

const BY_NAME = new Map(LOCATIONS.map((location) => [location.name, location]));

/** By normalised name. */
export const locationOf = (name: string): Location | undefined => BY_NAME.get(name);

/** Those of the cloud whose Resource Manager is asked; at an address of nobody's, such as loopback, those of the public cloud. */
export function locationsAt(origin: string): readonly Location[] {
  const { hostname } = new URL(origin);
  const domain = hostname.endsWith(".usgovcloudapi.net") ? GOVERNMENT : hostname.endsWith(".chinacloudapi.cn") ? CHINA : PUBLIC;
  return LOCATIONS.filter((location) => location.domain === domain);
}

export const isLocationAt = (origin: string, name: string): boolean => locationsAt(origin).some((one) => one.name === name);

/** What a label becomes, the whole name. */
export const hostAt = (location: string, label: string): string =>
  `${label}.${location}.${locationOf(location)?.domain ?? PUBLIC}`;
