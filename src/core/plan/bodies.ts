/**
 * The kinds of resources, by the type of their body: the SDK's own (flattened) model types. The compiler then checks what is sent, for
 * the SDK drops unknown properties without a word.
 */
import type { AvailabilitySet, Image, ProximityPlacementGroup, SshPublicKeyResource, VirtualMachine } from "@azure/arm-compute";
import type {
  LoadBalancer,
  NatGateway,
  NetworkInterface,
  NetworkSecurityGroup,
  PublicIPAddress,
  VirtualNetwork,
} from "@azure/arm-network";
import type { ResourceGroup } from "@azure/arm-resources";
import type { BlobContainer, StorageAccountCreateParameters } from "@azure/arm-storage";

export interface Bodies {
  resourceGroup: ResourceGroup;
  placementGroup: ProximityPlacementGroup;
  publicAddress: PublicIPAddress;
  sshKey: SshPublicKeyResource;
  securityGroup: NetworkSecurityGroup;
  natGateway: NatGateway;
  network: VirtualNetwork;
  availabilitySet: AvailabilitySet;
  loadBalancer: LoadBalancer;
  storageAccount: StorageAccountCreateParameters;
  blobContainer: BlobContainer;
  image: Image;
  networkInterface: NetworkInterface;
  machine: VirtualMachine;
}

export type Kind = keyof Bodies;

/** With disks, which Azure makes with their machines: they are in no plan, and are found and deleted. */
export type DoomedKind = Kind | "disk";
