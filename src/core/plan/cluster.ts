/**
 * What the plan is made of beside the spec: facts that were looked up or chosen before the first write. Plain data.
 */
import type { ImageReference, Plan as PurchasePlan } from "@azure/arm-compute";
import { groupId } from "./resource.ts";
import type { ClusterSpec } from "../spec/spec.ts";
import { type Choices, type Tags, nodeTags, ownTags } from "./tags.ts";
import { withUserTags } from "./user-tags.ts";

export interface KeptDisk {
  readonly id: string;
  readonly sizeGiB: number;
}

/** A node, as far as others must know it to reach it. */
export interface Node {
  readonly index: number;
  /** Its private address. */
  readonly address: string;
  /** Public host key line; absent: trusted on first use. */
  readonly hostKey?: string | undefined;
}

/** A node as the plan has it. */
export interface PlannedNode extends Node {
  readonly name: string;
  /** The rendered user-data; empty for a machine that exists: Azure never changes it. */
  readonly userData: string | Uint8Array;
  /** Kept as a tag of the machine. */
  readonly hostKey?: string;
  /** The data disk of an earlier machine of this name, which somebody kept: it is attached, with what is on it. */
  readonly keptDisk?: KeptDisk;
  /** Has a public address of its own, or is to have one. */
  readonly publicAddress?: boolean;
  /** The availability zone of its machine. */
  readonly zone?: string;
  /** Its machine is a spot machine. */
  readonly spot?: boolean;
  /** Its etcd waits for a certificate: it was made where the authority was not. Kept as a tag of the machine. */
  readonly uncertified?: boolean;
  /** Its etcd was told of one that lives, and starts when it has been added there. Kept as a tag of the machine. */
  readonly joins?: boolean;
}

/** An image of the user's own: a page blob that becomes a managed image, with a storage account of ours if need be. */
export interface OwnImage {
  readonly blobUrl: string;
  readonly generation: "V1" | "V2";
}

export interface Facts {
  readonly subscription: string;
  readonly group: string;
  /** The group exists and somebody else made it: it is used, never changed and never deleted. */
  readonly foreignGroup: boolean;
  readonly location: string;
  readonly choices: Choices;
  readonly nodes: readonly PlannedNode[];
  /** Subnet of an existing virtual network; absent: the plan makes a network. */
  readonly subnetId?: string;
  /** An existing proximity placement group; absent with --affinity-group: the plan makes it. */
  readonly placementGroupId?: string;
  readonly image: { readonly reference: ImageReference; readonly plan?: PurchasePlan } | { readonly own: OwnImage };
  readonly acceleratedNetworking: boolean;
  readonly premiumDisks: boolean;
  readonly faultDomains: number;
  /** ISO time of death, with --ttl. */
  readonly expires?: string;
}

/** Spec and facts together, and the names that follow from them: what every resource builder gets. */
export interface Design {
  readonly spec: ClusterSpec;
  readonly facts: Facts;
  readonly tags: Tags;
  /** `/subscriptions/S/resourceGroups/G` */
  readonly group: string;
}

export const designOf = (spec: ClusterSpec, facts: Facts): Design => ({
  spec,
  facts,
  tags: withUserTags(ownTags(spec.name, facts.choices.id), spec.tag),
  group: groupId(facts.subscription, facts.group),
});

/** Tags of what is one node's own. */
export const tagsOf = ({ spec, facts }: Design, node: Pick<PlannedNode, "index">): Tags =>
  withUserTags(nodeTags(spec.name, facts.choices.id, node.index), spec.tag);

/** Names of the cluster's resources in its group. */
export const names = {
  machine: (spec: { name: string; vmNamePrefix: string }, index: number): string => `${spec.name}-${spec.vmNamePrefix}-${index}`,
  claim: (cluster: string, id: string): string => `${cluster}-ip-${id}`,
  sshKey: (cluster: string): string => `${cluster}-ssh`,
  securityGroup: (cluster: string): string => `${cluster}-nsg`,
  network: (cluster: string): string => `${cluster}-vnet`,
  natGateway: (cluster: string): string => `${cluster}-nat`,
  loadBalancer: (cluster: string): string => `${cluster}-lb`,
  image: (cluster: string): string => `${cluster}-image`,
  interface: (machine: string): string => `${machine}-nic`,
  nodeAddress: (machine: string): string => `${machine}-ip`,
  osDisk: (machine: string): string => `${machine}-os`,
  dataDisk: (machine: string): string => `${machine}-data`,
};

/** The node's index out of a machine's name; undefined for other names. */
export function nodeIndex(spec: { name: string; vmNamePrefix: string }, machine: string): number | undefined {
  const stem = `${spec.name}-${spec.vmNamePrefix}-`.toLowerCase();
  const rest = machine.toLowerCase().startsWith(stem) ? machine.slice(stem.length) : "";
  return /^(0|[1-9]\d{0,3})$/.test(rest) ? Number(rest) : undefined;
}
