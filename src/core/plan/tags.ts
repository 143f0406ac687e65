/**
 * What the tool writes beside its resources in Azure, so that any machine finds a cluster again: whose it is, whether it is
 * unchanged, and what was chosen once. Azure allows 50 tags of 256 characters on a resource, names without <>%&\?/.
 *
 * One resource is the cluster's claim (bearer.ts: the load balancer's public address with its DNS label, or a private cluster's security
 * group). Azure decides who gets it, and who does owns the name; whatever was chosen once is kept in its tags, in the same request.
 */
import { defined } from "../defined.ts";
import { type ClusterSpec, asWished } from "../spec/spec.ts";
import type { EtcdMember } from "../node-config.ts";
import { SIZE_NOW, keptTexts, withKeptFlags } from "./kept-flags.ts";
import { type Tags, spread } from "./tag-parts.ts";

import { isToolTag, withUserTags } from "./user-tags.ts";

export type { Tags } from "./tag-parts.ts";
export { isToolTag };

export const MANAGED_BY = "azure-coreos-cluster";

/** Tags of every resource of a cluster, from birth: whose it is, and of which creation. */
export const ownTags = (cluster: string, id: string): Tags => ({
  "managed-by": MANAGED_BY,
  "aoc-cluster": cluster,
  "aoc-id": id,
});

/**
 * Whether tags name the cluster. As they were written, for nobody else writes them so: clusters' names are lower case. That alone
 * is no proof that a resource is its own: see proof.ts.
 */
export const isOurs = (tags: Tags | undefined, cluster: string): boolean =>
  tags?.["managed-by"] === MANAGED_BY && tags["aoc-cluster"] === cluster;

/** The cluster that tags name, if it is one that the tool may have made; a name that it never gives is nobody's. */
export function clusterIn(tags: Tags | undefined): string | undefined {
  const name = tags?.["managed-by"] === MANAGED_BY ? tags["aoc-cluster"] : undefined;
  return name !== undefined && CLUSTER_NAME.test(name) ? name : undefined;
}

/** The random word of the creation that tags name; undefined for what is none. */
export function wordOf(tags: Tags | undefined): string | undefined {
  const word = tags?.["aoc-id"];
  return word !== undefined && /^[0-9a-f]{8}$/.test(word) ? word : undefined;
}

/** Whether tags are those of a claim on the cluster's name. */
export const isClaim = (tags: Tags | undefined, cluster: string): boolean =>
  tags?.["aoc-role"] === "claim" && isOurs(tags, cluster);

/** What was chosen once for a cluster, and never changes while it lives. */
export interface Choices {
  /** A short random word: part of the claim's name, the etcd token, and in the tags of everything. */
  readonly id: string;
  readonly sshPublicKey: string;
  /** By node index. */
  readonly members: ReadonlyMap<number, EtcdMember["address"]>;
  readonly customDataHash?: string;
  /** It was made with `--etcd-members 0`: there is no etcd, and there will be none. */
  readonly noEtcd?: true;
  readonly discoveryUrl?: string;
  /** Fingerprint of the etcd authority that the members' certificates come from. */
  readonly etcdCa?: string;
  /** Of a private cluster: the load balancer's address in the subnet. */
  readonly frontend?: string;
}

/** Whether there is an etcd that is ours to ask, to wait for and to change: a user's own file decides about it itself. */
export const hasEtcd = ({ customDataHash, noEtcd }: Pick<Choices, "customDataHash" | "noEtcd">): boolean =>
  customDataHash === undefined && noEtcd !== true;

/** A destroy has begun: on the claim, and on a group of the cluster's own, with the time. */
export const DESTROYING = "aoc-destroying";

/** On the claim: the cluster was stopped, with the time. Written before its machines are, taken away when it is up again. */
export const STOPPED = "aoc-stopped";

/** On the claim: a platform was begun on the nodes; the first server's index and the domain. */
export const PLATFORM = "aoc-k3s";

/** On the claim: the indexes of the nodes that the cluster is to have. */
export const NODES = "aoc-nodes";
export const MEMBERS = "aoc-members";
/** On the claim of a cluster without etcd. */
export const ETCD = "aoc-etcd";
export const NO_ETCD = "none";

/**
 * The claim's tags: choices, the kept flags, and the user's.
 * @param nodes indexes of the nodes that the cluster is to have
 */
export function claimTags(cluster: string, choices: Choices, spec: ClusterSpec, nodes: Iterable<number>): Tags {
  const tags: Tags = { ...ownTags(cluster, choices.id), "aoc-role": "claim" };
  spread(tags, "aoc-ssh-key", choices.sshPublicKey);
  spread(tags, NODES, ranges(nodes));
  if (choices.members.size > 0) tags[MEMBERS] = membersText(choices.members);
  if (choices.noEtcd === true) tags[ETCD] = NO_ETCD;
  if (choices.customDataHash !== undefined) tags["aoc-custom-data"] = choices.customDataHash;
  if (choices.etcdCa !== undefined) tags["aoc-etcd-ca"] = choices.etcdCa;
  if (choices.frontend !== undefined) tags["aoc-frontend"] = choices.frontend;
  // a service that is asked for a URL is wished once: what is kept is the URL that the nodes have
  const { discoveryUrl } = choices;
  const texts = keptTexts({ ...asWished(spec), ...defined({ discoveryServiceUrl: discoveryUrl }) });
  const inUse = spec.vmSize === spec.sizes[0] ? [] : [[SIZE_NOW, [spec.vmSize]] as const];
  return withUserTags(withKeptFlags(tags, new Map([...texts, ...inUse])), spec.tag);
}

/** The tags of one node's own resources, without the user's. */
export const nodeTags = (cluster: string, id: string, node: number): Tags => ({
  ...ownTags(cluster, id),
  "aoc-node": String(node),
});

export const membersText = (members: Iterable<readonly [number, string]>): string =>
  [...members].map(([node, address]) => `${node}=${address}`).join(",");

/** "0-3,7": a thousand nodes in one value, and one with many gaps in several. */
export function ranges(nodes: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const node of [...nodes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && node <= last[1] + 1) last[1] = node;
    else runs.push([node, node]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

// --- internal ---

const CLUSTER_NAME = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;
