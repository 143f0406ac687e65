/** The rules table: every resource type the simulation knows. A new type is a row here and a file beside it. */
import type { KindRules } from "../kind.ts";
import { loadBalancerRules } from "./balancer.ts";
import { disk } from "./disk.ts";
import { userAssignedIdentity } from "./identity.ts";
import { imageRules } from "./image.ts";
import { networkInterfaceRules } from "./interface.ts";
import { virtualMachine } from "./machine.ts";
import { natGatewayRules } from "./nat-gateway.ts";
import { virtualNetwork } from "./network.ts";
import { availabilitySet, placementGroupRules, sshPublicKey } from "./placement.ts";
import { publicAddress } from "./public-address.ts";
import { networkSecurityGroup } from "./security-group.ts";
import { blobContainerRules, storageAccountRules } from "./storage.ts";

export const RULES: readonly KindRules[] = [
  virtualNetwork,
  networkSecurityGroup,
  publicAddress,
  natGatewayRules,
  loadBalancerRules,
  networkInterfaceRules,
  availabilitySet,
  placementGroupRules,
  sshPublicKey,
  disk,
  imageRules,
  virtualMachine,
  storageAccountRules,
  blobContainerRules,
  userAssignedIdentity,
];

const BY_TYPE = new Map(RULES.map((kind) => [kind.type.toLowerCase(), kind]));

export const kindOf = (type: string): KindRules | undefined => BY_TYPE.get(type.toLowerCase());
