/** What Azure and a person call a kind of resource that is found rather than planned. */
import { names } from "./cluster.ts";
import { type Kind, nameOf } from "./resource.ts";
import type { Tags } from "./tags.ts";

export type DoomedKind = Kind | "disk";

/** How a person calls a resource, from its kind and name alone. */
export function labelOf(
  cluster: string,
  { id, kind, tags }: { readonly id: string; readonly kind: DoomedKind; readonly tags: Tags },
): string {
  const name = nameOf(id);
  const machine = name.replace(/-(nic|ip|os|data)$/i, "");
  switch (kind) {
    case "networkInterface":
      return `interface of ${machine}`;
    case "publicAddress":
      if (tags["aoc-role"] === "claim") return "public address";
      return name.toLowerCase() === `${names.natGateway(cluster)}-ip`.toLowerCase()
        ? "address of the NAT gateway"
        : `address of ${machine}`;
    case "machine":
    case "disk":
    case "availabilitySet":
    case "placementGroup":
    case "resourceGroup":
    case "storageAccount":
      return `${WORD[kind]} ${name}`;
    default:
      return WORD[kind];
  }
}

/** ARM's type of a kind, as in its list of everything and in the names of rights. */
export const typeOf = (kind: DoomedKind): string => TYPE[kind];

// --- internal ---

const TYPE: Record<DoomedKind, string> = {
  resourceGroup: "Microsoft.Resources/subscriptions/resourceGroups",
  placementGroup: "Microsoft.Compute/proximityPlacementGroups",
  publicAddress: "Microsoft.Network/publicIPAddresses",
  sshKey: "Microsoft.Compute/sshPublicKeys",
  securityGroup: "Microsoft.Network/networkSecurityGroups",
  natGateway: "Microsoft.Network/natGateways",
  network: "Microsoft.Network/virtualNetworks",
  availabilitySet: "Microsoft.Compute/availabilitySets",
  loadBalancer: "Microsoft.Network/loadBalancers",
  storageAccount: "Microsoft.Storage/storageAccounts",
  blobContainer: "Microsoft.Storage/storageAccounts/blobServices/containers",
  image: "Microsoft.Compute/images",
  networkInterface: "Microsoft.Network/networkInterfaces",
  machine: "Microsoft.Compute/virtualMachines",
  disk: "Microsoft.Compute/disks",
};

/** Types that the services list themselves: what ARM's own list says of them is older. */
export const LISTED: ReadonlySet<string> = new Set(Object.values(TYPE).map((type) => type.toLowerCase()));

const WORD: Record<DoomedKind, string> = {
  resourceGroup: "resource group",
  placementGroup: "proximity placement group",
  publicAddress: "public address",
  sshKey: "SSH public key",
  securityGroup: "security group",
  natGateway: "NAT gateway",
  network: "virtual network",
  availabilitySet: "availability set",
  loadBalancer: "load balancer",
  storageAccount: "storage account",
  blobContainer: "container",
  image: "image",
  networkInterface: "interface",
  machine: "machine",
  disk: "disk",
};
