/**
 * Whose a resource is, by the one thing that proves it: its tags. Names never do; they are what anybody may choose. Everything that
 * counts, changes, detaches or deletes asks here. docs/security.md has the rules, operation by operation.
 */
import { type Tags, clusterIn, isOurs, wordOf } from "./tags.ts";

/** A cluster in one resource group, and which of its creations are meant. */
export interface Owner {
  readonly cluster: string;
  /** The ids of what is alive: its claim's, its own group's. None: nothing says one, and every creation of the name counts. */
  readonly ids: ReadonlySet<string>;
  /**
   * Ids, in lower case, of what two creates may write before Azure has decided which of them has the claim: those of any creation
   * of the cluster count.
   */
  readonly shared: ReadonlySet<string>;
}

/** Whether its tags prove a resource to be the cluster's. */
export function isProven({ id, tags }: { readonly id: string; readonly tags: Tags | undefined }, owner: Owner): boolean {
  if (!isOurs(tags, owner.cluster)) return false;
  const word = wordOf(tags);
  return word !== undefined && (owner.ids.size === 0 || owner.ids.has(word) || owner.shared.has(id.toLowerCase()));
}

/** Whether tags say of no cluster that it is its, or of this one, but not of which creation: somebody has changed them, or it never had them. */
export function isOwnerless(tags: Tags, cluster: string): boolean {
  const owner = clusterIn(tags);
  return owner === undefined || (owner === cluster && wordOf(tags) === undefined);
}

/** The proven ones of a snapshot. */
export const provenOf = <T extends { readonly id: string; readonly tags: Tags }>(
  snapshot: ReadonlyMap<string, T>,
  owner: Owner,
): Map<string, T> => new Map([...snapshot].filter(([, one]) => isProven(one, owner)));
