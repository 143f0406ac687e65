/**
 * Which public addresses are a cluster's claim, and so which creation of it is alive. Tags alone may have been copied; Azure gives the
 * DNS label to one resource only. So the one that holds the label is the claim; without one, that of the name that a claim of its
 * id has, for somebody may have taken the label off.
 */
import type { PublicIPAddress } from "@azure/arm-network";
import { storageAccountName, storageAccountSeed } from "../../azure/vhd/account.ts";
import { names } from "../../core/plan/cluster.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { keptFlag } from "../../core/plan/read-tags.ts";
import { groupId, nameOf, resourceId } from "../../core/plan/resource.ts";
import { isClaim, isLabelledClaim, wordOf } from "../../core/plan/tags.ts";

/** One; none when it is half made; more when something went wrong. */
export function claimsOf(addresses: readonly PublicIPAddress[], cluster: string): PublicIPAddress[] {
  const all = addresses.filter(({ tags }) => isClaim(tags, cluster));
  const labelled = all.filter((one) =>
    isLabelledClaim({ ...(one.tags === undefined ? {} : { tags: one.tags }), model: one }, cluster),
  );
  if (labelled.length > 0) return labelled;
  return all.filter(({ id = "", tags }) => nameOf(id).toLowerCase() === names.claim(cluster, wordOf(tags) ?? "").toLowerCase());
}

/** Whose things are the cluster's in a group: proof.ts asks. */
export function ownerOf(
  subscription: string,
  found: {
    readonly name: string;
    readonly groupName: string;
    readonly group: { readonly tags: Record<string, string> } | undefined;
    readonly own: boolean;
    readonly claims: readonly Pick<PublicIPAddress, "tags">[];
  },
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
    ...["", "-2", "-3", "-4", "-5"].map((part) => resourceId(scope, "availabilitySet", `${sets}${part}`)),
    ...(near === undefined ? [] : [resourceId(scope, "placementGroup", near)]),
  ];
}
