/**
 * The claim: the resource that holds what was chosen for a cluster, and so says which creation of it is alive. Tags alone may have
 * been copied; so the claim is the one that holds what Azure gives to one resource only (core/plan/bearer.ts). Without one it is the address
 * of the name that a claim of its id has, for somebody may have taken the label off.
 */
import { possibleSets } from "../../core/plan/resources/availability.ts";
import type { PublicIPAddress } from "@azure/arm-network";
import { storageAccountName, storageAccountSeed } from "../../azure/vhd/account.ts";
import type { BearerModels } from "../../azure/lookups/networks.ts";
import { toLive } from "../../azure/live.ts";
import { BEARER_KINDS, type BearerKind, type Bearing, calledAfter, holdsName } from "../../core/plan/bearer.ts";
import { names } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type Owner, isOwnerless } from "../../core/plan/proof.ts";
import { frontendIn, keptFlag, readClaim } from "../../core/plan/read-tags.ts";
import { groupId, nameOf, resourceId } from "../../core/plan/resource.ts";
import { KINDS } from "../../core/plan/kinds.ts";
import { type Choices, MANAGED_BY, type Tags, clusterIn, isClaim, isOurs, ownTags, wordOf } from "../../core/plan/tags.ts";
import { gather } from "../../core/plan/tag-parts.ts";
import { normalLocation } from "../../core/region.ts";
import type { KeptValues } from "../../core/spec/spec.ts";
import { changedSince, wasOurs } from "../../engine/whose.ts";
import type { Run } from "../run.ts";
import type { Cluster, FoundClaim } from "./cluster.ts";
import { movedAway, notThere } from "./not-there.ts";

export interface Claim {
  readonly kind: BearerKind;
  readonly id: string;
  readonly location: string;
  /** Where the load balancer is reached: a public address, or one of the subnet; undefined while there is none. */
  readonly address: string | undefined;
  /** Its name, or of a private cluster the address again. */
  readonly host: string | undefined;
  readonly tags: Record<string, string>;
  readonly choices: Choices;
  readonly kept: KeptValues;
  /** Indexes of the nodes that it remembers; undefined where it does not say. */
  readonly nodes: ReadonlySet<number> | undefined;
}

export type FrontAddress = Pick<Claim, "address" | "host">;

/** A cluster, and what its claim says. */
export interface ClaimedCluster extends Cluster {
  readonly claim: Claim | undefined;
}

/** @throws ClusterError ClaimTwice, ClaimDamaged (exit 7) */
export const claimed = (cluster: Cluster): ClaimedCluster => ({ ...cluster, claim: claimOf(cluster) });

/** For commands that need a cluster. @throws ClusterError ClusterNotFound (exit 1), ClaimTwice, ClaimDamaged (exit 7) */
export async function claimNeeded(run: Run, cluster: Cluster): Promise<Claim> {
  const claim = claimOf(cluster);
  if (claim !== undefined) return claim;
  throw cluster.movedTo === undefined ? await notThere(run, cluster.name) : movedAway(cluster);
}

/** What lists show of what may bear a claim, of both kinds. */
export const bearing = (lists: BearerModels): FoundClaim[] =>
  BEARER_KINDS.flatMap((kind) => (lists[kind] ?? []).map((model) => ({ ...toLive(model.id ?? "", model), kind })));

/** One; none when it is half made; more when something went wrong. @param found in one resource group */
export function claimsOf<T extends Bearing>(found: readonly T[], cluster: string): T[] {
  for (const kind of BEARER_KINDS) {
    const holding = found.filter((one) => one.kind === kind && holdsName(one, cluster));
    if (holding.length > 0) return holding;
  }
  return found.filter(
    ({ kind, id, tags }) =>
      kind === "publicAddress" &&
      isClaim(tags, cluster) &&
      nameOf(id).toLowerCase() === names.claim(cluster, wordOf(tags) ?? "").toLowerCase(),
  );
}

/** What would be the claim but for its tags, which somebody has replaced: the error that says so and how they are put back. */
export function changedClaim(found: readonly FoundClaim[], cluster: string, group?: Tags): ClusterError | undefined {
  const before = found.filter(({ tags }) => wasOurs(tags, cluster));
  const [changed] = claimsOf(
    before.map((one) => ({ ...one, now: one.tags, tags: { ...one.tags, "managed-by": MANAGED_BY } })),
    cluster,
  );
  if (changed !== undefined) return changedSince(KINDS[changed.kind].word, { id: changed.id, tags: changed.now });
  const bare = found.flatMap((one) => {
    const word = isClaim(one.tags, cluster) ? undefined : wordOfBare(one, cluster, group);
    return word === undefined ? [] : [{ one, word }];
  });
  // a public cluster has a security group of that name, too
  const likely = bare.find(({ one }) => one.kind === "publicAddress") ?? bare[0];
  if (likely === undefined) return undefined;
  const { one, word } = likely;
  return withChoices(
    one.tags,
    changedSince(KINDS[one.kind].word, one, { ...ownTags(cluster, word), "aoc-role": "claim" }),
    cluster,
  );
}

/** @throws ClusterError TagsChanged (exit 7) */
export function refuseChangedClaim({ name, own, group, bearers, claims }: Cluster): void {
  const changed = claims.length > 0 ? undefined : changedClaim(bearing(bearers), name, own ? group?.tags : undefined);
  if (changed !== undefined) throw changed;
}

/** Where the balancer is reached, as far as the claim says. Reads no more of it: a damaged one may be looked at. */
export const placeIn = (claim: Pick<FoundClaim, "kind" | "model" | "tags">): FrontAddress => PLACES[claim.kind](claim);

/** Whose things are the cluster's in a group: proof.ts asks. */
export function ownerOf(
  subscription: string,
  found: Pick<Cluster, "name" | "groupName" | "group" | "own"> & { readonly claims: readonly Pick<FoundClaim, "tags">[] },
): Owner {
  const { name, groupName, claims } = found;
  const words = [...claims.map(({ tags }) => wordOf(tags)), found.own ? wordOf(found.group?.tags) : undefined];
  return {
    cluster: name,
    ids: new Set(words.filter((word) => word !== undefined)),
    shared: new Set(sharedIds(subscription, groupName, name, claims[0]?.tags ?? {}).map((id) => id.toLowerCase())),
  };
}

// --- internal ---

/** The creation that a claim without tags is of: its name says it, or of a private cluster the group of its own that it is in. */
function wordOfBare(one: FoundClaim, cluster: string, group: Tags | undefined): string | undefined {
  const after = calledAfter(one);
  const owner = clusterIn(one.tags);
  if (after !== undefined) return after.cluster === cluster && (owner ?? cluster) === cluster ? after.word : undefined;
  const isGroups = one.kind === "securityGroup" && nameOf(one.id).toLowerCase() === names.securityGroup(cluster);
  return isGroups && isOwnerless(one.tags, cluster) && isOurs(group, cluster) ? wordOf(group) : undefined;
}

/** With its tags went what was chosen for the cluster. */
function withChoices(tags: Tags, error: ClusterError, cluster: string): ClusterError {
  if (gather(tags, "aoc-ssh-key") !== undefined) return error;
  return new ClusterError(error.code, error.message, {
    source: error.source,
    exit: error.exit,
    advice:
      `${error.advice} Its other tags whose names begin with aoc- say what was chosen for ${cluster}: put them back, too (the activity log in the ` +
      `portal has the old values). Without those only \`azure-coreos-cluster destroy ${cluster}\` knows it again.`,
  });
}

function claimOf({ name, groupName, claims }: Cluster): Claim | undefined {
  if (claims.length > 1)
    throw new ClusterError(
      "ClaimTwice",
      `the group ${groupName} holds ${claims.length} public addresses that claim to be ${name}'s`,
      {
        source: "azure",
        exit: EXIT.conflict,
        advice: `Delete the one that no load balancer uses: ${claims.map(({ id }) => nameOf(id)).join(", ")}.`,
      },
    );
  const [found] = claims;
  if (found === undefined) return undefined;
  const { kind, id, tags } = found;
  const read = readClaim(tags);
  return { kind, id, location: normalLocation(found.location), tags, ...read, ...placeIn(found) };
}

/** Where the cluster is reached, by what bears its claim. */
const PLACES: { readonly [K in BearerKind]: (claim: Pick<FoundClaim, "model" | "tags">) => FrontAddress } = {
  publicAddress: ({ model }) => {
    const { ipAddress, dnsSettings } = model as PublicIPAddress;
    return { address: addressText(ipAddress), host: hostName(dnsSettings?.fqdn) };
  },
  securityGroup: ({ tags }) => ({ address: frontendIn(tags), host: frontendIn(tags) }),
};

/** Both are written into files and typed into commands: what is no address and no host name is neither. */

const addressText = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\d.:a-fA-F]{2,45}$/.test(text) ? text : undefined;
const hostName = (text: string | undefined): string | undefined =>
  text !== undefined && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : undefined;

/** What two creates of the name may both write before Azure has decided who has the claim. */
function sharedIds(subscription: string, groupName: string, name: string, claim: Record<string, string>): string[] {
  const scope = groupId(subscription, groupName);
  const sets = keptFlag(claim, "availabilitySet");
  const near = keptFlag(claim, "affinityGroup");
  return [
    resourceId(scope, "securityGroup", names.securityGroup(name)),
    resourceId(scope, "network", names.network(name)),
    resourceId(scope, "natGateway", names.natGateway(name)),
    resourceId(scope, "publicAddress", `${names.natGateway(name)}-ip`),
    resourceId(scope, "image", names.image(name)),
    resourceId(scope, "storageAccount", storageAccountName(storageAccountSeed(subscription, groupName, name))),
    ...possibleSets(name, sets, wordOf(claim) !== undefined).flatMap((set) =>
      ["", "-2", "-3", "-4", "-5"].map((part) => resourceId(scope, "availabilitySet", `${set}${part}`)),
    ),
    ...(near === undefined ? [] : [resourceId(scope, "placementGroup", near)]),
  ];
}
