/** The rules table: every resource type the simulation knows. A new type is a row here and a file beside it. */
import type { Kind } from "../kind.ts";
import { loadBalancer } from "./balancer.ts";
import { disk } from "./disk.ts";
import { image } from "./image.ts";
import { networkInterface } from "./interface.ts";
import { virtualMachine } from "./machine.ts";
import { natGateway } from "./nat-gateway.ts";
import { virtualNetwork } from "./network.ts";
import { availabilitySet, placementGroup, sshPublicKey } from "./placement.ts";
import { publicAddress } from "./public-address.ts";
import { networkSecurityGroup } from "./security-group.ts";
import { blobContainer, storageAccount } from "./storage.ts";

export const KINDS: readonly Kind[] = [
  virtualNetwork,
  networkSecurityGroup,
  publicAddress,
  natGateway,
  loadBalancer,
  networkInterface,
  availabilitySet,
  placementGroup,
  sshPublicKey,
  disk,
  image,
  virtualMachine,
  storageAccount,
  blobContainer,
];

const BY_TYPE = new Map(KINDS.map((kind) => [kind.type.toLowerCase(), kind]));

export const kindOf = (type: string): Kind | undefined => BY_TYPE.get(type.toLowerCase());
