/**
 * What looks like a cluster's and does not prove to be: it carries some of the tool's tags, or is a disk with a name of the kind that
 * the cluster's disks have, and nobody holds it. It is kept. Somebody may have to pay for it, so it is named, with why, and with the
 * command that deletes it by hand. Pure.
 */
import type { Alike } from "./documents.ts";
import type { Found } from "./found.ts";
import { shellWord } from "./quoting.ts";
import { type Owner, isProven } from "./plan/proof.ts";
import { groupOf, nameOf } from "./plan/resource.ts";
import { MANAGED_BY, type Tags, clusterIn, wordOf } from "./plan/tags.ts";

export function alike(
  owner: Owner,
  theirs: readonly Found[],
  others: readonly { readonly id: string; readonly type: string; readonly tags: Tags }[],
  guests: ReadonlyMap<string, readonly string[]>,
): Alike[] {
  const listed = theirs.flatMap((one): Alike[] => {
    const inIt = guests.get(one.id.toLowerCase()) ?? [];
    const why = inIt.length > 0 && isProven(one, owner) ? holdsOthers(inIt) : (tagged(one.tags, owner) ?? named(one, owner));
    return why === undefined ? [] : [{ kind: one.kind, id: one.id, why, command: deleteCommand(one) }];
  });
  const strange = others.flatMap(({ id, type, tags }): Alike[] => {
    const why = isProven({ id, tags }, owner) ? undefined : tagged(tags, owner);
    return why === undefined ? [] : [{ kind: type, id, why, command: `az resource delete --ids ${shellWord(id)}` }];
  });
  return [...listed, ...strange];
}

/** Why an account stays that others use. */
export const holdsOthers = (inIt: readonly string[]): string =>
  `it holds what the tool did not make: ${inIt.slice(0, 3).join(", ")}${inIt.length > 3 ? ", ..." : ""}`;

// --- internal ---

/** Some of the tags. Those of another cluster of ours say whose it is, and need no word. */
function tagged(tags: Tags, { cluster }: Owner): string | undefined {
  const other = clusterIn(tags);
  if (other !== undefined && other !== cluster) return undefined;
  const word = wordOf(tags);
  if (other === cluster)
    return word === undefined
      ? "it has no tag aoc-id that says of which creation it is"
      : `it is of another creation of ${cluster} (aoc-id ${word})`;
  const says = tags["aoc-cluster"]?.toLowerCase() === cluster || (tags["managed-by"] === MANAGED_BY && word !== undefined);
  return says ? `only some of its tags are ${cluster}'s` : undefined;
}

/** A disk that nobody holds, of a name as the cluster's disks have. */
function named(one: Found, { cluster }: Owner): string | undefined {
  if (one.kind !== "disk" || one.managedBy !== undefined || clusterIn(one.tags) !== undefined) return undefined;
  const name = nameOf(one.id).toLowerCase();
  if (!name.startsWith(`${cluster}-`) || !/-\d{1,4}-(os|data)$/.test(name)) return undefined;
  return `its name is as ${cluster}'s disks are called, but ${Object.keys(one.tags).length === 0 ? "it has no tags" : "its tags do not say so"}`;
}

const deleteCommand = ({ id, kind }: Found): string =>
  kind === "disk"
    ? `az disk delete --resource-group ${shellWord(groupOf(id) ?? "")} --name ${shellWord(nameOf(id))}`
    : `az resource delete --ids ${shellWord(id)}`;
