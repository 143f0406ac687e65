/**
 * THE KINDS TABLE: one row a kind of resource, in the order in which a destroy shows and deletes them: machines and what is theirs
 * first, then what they share. A new kind is a row here, its body's type in bodies.ts, a file in resources/, an operation in
 * azure/kind-operations.ts, and rules in sim/rules/.
 */
import type { DoomedKind } from "./bodies.ts";

interface KindRow {
  /** ARM's type, as in its list of everything, in ids and in the names of rights. */
  readonly type: string;
  /** What a person calls one. */
  readonly word: string;
  /** What a person calls this one, where the word alone would not say which. */
  readonly label?: (one: Named) => string;
  /** What it stands on, and so what Azure deletes only after it. Of kinds that each node has, those that it refers to. */
  readonly standsOn?: readonly DoomedKind[];
  /** Each node has its own. */
  readonly ofANode?: true;
  /** Azure changes nothing of it that matters once it exists, or it must not change under a running machine. */
  readonly settled?: true;
  /** Of one that is there what a change puts right beside its tags, where that is not all of its body; of a settled one it is nothing. */
  readonly mends?: readonly string[];
  /** It has an etag, which a write can name: it is made on the condition that it is not there, and changed as what was read. */
  readonly etag?: true;
  /** Two creates of a name may both write it before either has the claim; of addresses, the gateway's. */
  readonly shared?: true;
  /** It has no tags of its own: it belongs to what it is in. */
  readonly untagged?: true;
  /** Where in Azure's model of one the ids of those stand that use it. */
  readonly usedBy?: readonly string[];
  /** When to ask how its operations go, where they take longer than most. */
  readonly pace?: Pace;
}

/** All in ms. From what recordings of Azure show: network kinds end in 2 to 4 s, machines in 22 to 100 s and more. */
export interface Pace {
  /** It never ends sooner. */
  readonly first: number;
  /** Between two questions, at the least and at the most. */
  readonly least: number;
  readonly most: number;
  /** As long as it was asked seldomer than that. */
  readonly hurry?: number;
  /** Up to when it is expected; after that it is asked about so seldom. */
  readonly until: number;
  readonly later: number;
}

/** What a label is made of: label.ts reads it off an id. */
export interface Named {
  readonly name: string;
  /** The machine that it is of, by its name. */
  readonly machine: string;
  /** The cluster's claim, and the address of its NAT gateway, of all public addresses. */
  readonly isClaim: boolean;
  readonly isGateways: boolean;
}

export const KINDS: { readonly [K in DoomedKind]: KindRow } = {
  machine: {
    type: "Microsoft.Compute/virtualMachines",
    etag: true,
    word: "machine",
    settled: true,
    label: ({ name }) => `machine ${name}`,
    standsOn: ["networkInterface", "disk", "availabilitySet", "placementGroup"],
    ofANode: true,
    // its operation may be asked 15 times a minute with 45 in hand
    pace: { first: 2000, least: 1500, most: 1500, hurry: 500, until: 100_000, later: 4000 },
  },
  disk: {
    type: "Microsoft.Compute/disks",
    word: "disk",
    label: ({ name }) => `disk ${name}`,
    ofANode: true,
    // the second of a disk that several machines share
    usedBy: ["managedBy", "managedByExtended"],
  },
  networkInterface: {
    type: "Microsoft.Network/networkInterfaces",
    etag: true,
    word: "interface",
    label: ({ machine }) => `interface of ${machine}`,
    standsOn: ["loadBalancer", "securityGroup", "network", "publicAddress"],
    ofANode: true,
    usedBy: ["virtualMachine.id"],
  },
  loadBalancer: {
    type: "Microsoft.Network/loadBalancers",
    etag: true,
    word: "load balancer",
    usedBy: ["backendAddressPools.backendIPConfigurations.id", "inboundNatRules.backendIPConfiguration.id"],
  },
  availabilitySet: {
    type: "Microsoft.Compute/availabilitySets",
    word: "availability set",
    settled: true,
    shared: true,
    label: ({ name }) => `availability set ${name}`,
    standsOn: ["placementGroup"],
    usedBy: ["virtualMachines.id"],
  },
  placementGroup: {
    type: "Microsoft.Compute/proximityPlacementGroups",
    word: "proximity placement group",
    settled: true,
    shared: true,
    label: ({ name }) => `proximity placement group ${name}`,
    usedBy: ["virtualMachines.id", "availabilitySets.id", "virtualMachineScaleSets.id"],
  },
  network: {
    type: "Microsoft.Network/virtualNetworks",
    etag: true,
    word: "virtual network",
    shared: true,
    standsOn: ["natGateway"],
    usedBy: [
      "subnets.ipConfigurations.id",
      "subnets.privateEndpoints.id",
      "subnets.serviceAssociationLinks.link",
      "subnets.applicationGatewayIPConfigurations.id",
      "subnets.resourceNavigationLinks.link",
      "subnets.ipConfigurationProfiles.id",
    ],
  },
  natGateway: {
    type: "Microsoft.Network/natGateways",
    etag: true,
    word: "NAT gateway",
    settled: true,
    shared: true,
    standsOn: ["publicAddress"],
    usedBy: ["subnets.id"],
  },
  securityGroup: {
    type: "Microsoft.Network/networkSecurityGroups",
    etag: true,
    word: "security group",
    shared: true,
    usedBy: ["networkInterfaces.id", "subnets.id"],
  },
  image: {
    type: "Microsoft.Compute/images",
    word: "image",
    settled: true,
    shared: true,
    standsOn: ["storageAccount"],
    pace: { first: 2000, least: 500, most: 2000, until: 120_000, later: 5000 },
  },
  blobContainer: {
    type: "Microsoft.Storage/storageAccounts/blobServices/containers",
    word: "container",
    settled: true,
    untagged: true,
  },
  storageAccount: {
    type: "Microsoft.Storage/storageAccounts",
    word: "storage account",
    settled: true,
    shared: true,
    label: ({ name }) => `storage account ${name}`,
    pace: { first: 2000, least: 500, most: 1000, until: 60_000, later: 4000 },
  },
  sshKey: { type: "Microsoft.Compute/sshPublicKeys", word: "SSH public key", mends: ["publicKey"] },
  publicAddress: {
    type: "Microsoft.Network/publicIPAddresses",
    etag: true,
    word: "public address",
    mends: ["dnsSettings"],
    label: ({ machine, isClaim, isGateways }) =>
      isClaim ? "public address" : isGateways ? "address of the NAT gateway" : `address of ${machine}`,
    ofANode: true,
    usedBy: ["ipConfiguration.id", "natGateway.id"],
  },
  resourceGroup: {
    type: "Microsoft.Resources/subscriptions/resourceGroups",
    word: "resource group",
    mends: [],
    shared: true,
    label: ({ name }) => `resource group ${name}`,
  },
};

const ORDER = Object.keys(KINDS) as DoomedKind[];

/** Sorts as a destroy goes: a kind of an earlier row first. */
export const byKind = (a: DoomedKind, b: DoomedKind): number => ORDER.indexOf(a) - ORDER.indexOf(b);

/** ARM's type of a kind. */
export const typeOf = (kind: DoomedKind): string => KINDS[kind].type;

/** Types that the services list themselves: what ARM's own list says of them is older. */
export const LISTED: ReadonlySet<string> = new Set(Object.values(KINDS).map(({ type }) => type.toLowerCase()));

/** The kind of a resource of a group by its id; undefined for one of a type that the tool never makes. */
export function kindOfId(id: string): DoomedKind | undefined {
  const [, namespace, type] = /\/providers\/([^/]+)\/([^/]+)\/[^/]+$/i.exec(id) ?? [];
  return ORDER.find((kind) => KINDS[kind].type.toLowerCase() === `${namespace}/${type}`.toLowerCase());
}
