/**
 * THE BEARERS TABLE: which resource of a cluster is its claim on the name, and bears in its tags what was chosen. Azure must give what
 * makes it the claim to one resource only: a DNS label to one public address of a region; a name to one security group of a resource group, for
 * a private cluster has no address. Everything else asks here, or finds claims by their tags. operations/cluster/claim.ts reads them.
 */
import { names } from "./cluster.ts";
import { nameOf } from "./resource.ts";
import { type Tags, isClaim } from "./tags.ts";

export type BearerKind = "publicAddress" | "securityGroup";

/** What may bear a claim, as it is found. */
export interface Bearing {
  readonly kind: BearerKind;
  readonly id: string;
  readonly tags: Tags;
  readonly model: unknown;
}

const BEARERS: { readonly [K in BearerKind]: { holds(one: Bearing, cluster: string): boolean } } = {
  // of both kinds in one group the first counts: a create without --private that loses against one with it leaves its address behind when it is killed
  securityGroup: { holds: ({ id }, cluster) => nameOf(id).toLowerCase() === names.securityGroup(cluster) },
  publicAddress: { holds: ({ model }, cluster) => labelOf(model) === cluster },
};

/** In the order in which they count. */
export const BEARER_KINDS = Object.keys(BEARERS) as readonly BearerKind[];

export const isBearer = <T extends { readonly kind: string }>(one: T): one is T & { readonly kind: BearerKind } =>
  one.kind in BEARERS;

/** Which one a cluster has. */
export const bearerOf = ({ private: isPrivate }: { readonly private: boolean }): BearerKind =>
  isPrivate ? "securityGroup" : "publicAddress";

/** Whether it is a claim and holds what Azure gives once. */
export const holdsName = (one: Bearing, cluster: string): boolean =>
  isClaim(one.tags, cluster) && BEARERS[one.kind].holds(one, cluster);

/**
 * The cluster that a public address is called after, by its name and its label, and of which creation: what is left to say so when somebody has
 * replaced its tags. It proves nothing. A security group's name says too little, for others call theirs so.
 */
export function calledAfter({ kind, id, model }: Bearing): { readonly cluster: string; readonly word: string } | undefined {
  const [, cluster = "", word = ""] = (kind === "publicAddress" && /^([a-z][a-z0-9-]*)-ip-([0-9a-f]{8})$/.exec(nameOf(id))) || [];
  return word !== "" && labelOf(model) === cluster ? { cluster, word } : undefined;
}

// --- internal ---

const labelOf = (model: unknown): string | undefined =>
  (model as { dnsSettings?: { domainNameLabel?: string } }).dnsSettings?.domainNameLabel?.toLowerCase();
