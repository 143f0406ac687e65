/**
 * The cluster that is there under a name: where it is, whose the group is, and who claims the name. The one way to
 * it for every command. Reads only, and trusts no tag but those that say whose something is; what a claim holds is read by
 * claim.ts, for a damaged one must not stand in the way of who only wants to delete it.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { GroupFacts } from "../../azure/lookups/groups.ts";
import { groupOf } from "../../core/plan/resource.ts";
import { isOurs, wordOf } from "../../core/plan/tags.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { refuseUnsafeFolder } from "../../prepare/cluster-folder.ts";
import { ask } from "../ask.ts";
import type { Run } from "../run.ts";
import { everywhere, unlessForbidden } from "./allowed.ts";
import { bearing, changedClaim, claimsOf, ownerOf } from "./claim.ts";
import type { Cluster, FoundClaim } from "./cluster.ts";

/**
 * Looks in the given group, or in the one named like the cluster and, if nothing of it is there, through the subscription.
 * @throws ClusterError ClusterAmbiguous (exit 2); TagsChanged (exit 7) where the claim has lost what says that it is one; what a
 * cluster's folder is refused with
 */
export async function findCluster(run: Run, name: string, given: string | undefined): Promise<Cluster> {
  const here = await lookIn(run, name, given ?? name);
  if (here.claims.length > 0) return here;
  const all = given !== undefined || here.own ? bearing(here.bearers) : await allBearing(run);
  const groups = groupsOfClaims(all, name);
  if (groups.length === 0) {
    const changed = changedClaim(all, name, here.own ? here.group?.tags : undefined);
    if (changed !== undefined) throw changed;
    return here.own ? { ...here, ...defined({ movedTo: await groupWithItsClaim(run, here, given) }) } : here;
  }
  if (groups.length === 1) return lookIn(run, name, groups[0] ?? name);
  throw new ClusterError("ClusterAmbiguous", `${groups.length} resource groups hold a cluster ${name}: ${groups.join(", ")}`, {
    exit: EXIT.usage,
    advice: "Say which one with --resource-group.",
  });
}

/**
 * Looks in one group. Three reads at once.
 * @param written the claim, where this run has written it: a list may lag behind by seconds, a resource does not
 */
export async function lookIn(
  run: Run,
  name: string,
  groupName: string,
  written?: Pick<FoundClaim, "kind" | "id">,
): Promise<Cluster> {
  await refuseUnsafeFolder(run.dir, name);
  const [group, bearers] = await Promise.all([ask(run, "group", groupName), ask(run, "bearers", groupName)]);
  const own = group !== undefined && isOurs(group.tags, name);
  const listed = claimsOf(bearing(bearers), name);
  const unlisted = listed.length > 0 || written === undefined ? undefined : await claimAt(run, written);
  const found = {
    name,
    groupName: spelled(groupName, group),
    group,
    own,
    bearers,
    claims: unlisted === undefined ? listed : [unlisted],
  };
  return { ...found, owner: ownerOf(run.subscription, found) };
}

/** The resource groups that hold a claim on the name, anywhere in the subscription; none for who may not look there. */
export async function groupsWithClaim(run: Run, name: string): Promise<string[]> {
  const bearers = await unlessForbidden(() => ask(run, "allBearers"));
  return bearers === undefined ? [] : groupsOfClaims(bearing(bearers), name);
}

// --- internal ---

/** Azure's spelling: ids that people write in different ways would be different to whoever compares what was written (fingerprints). */
const spelled = (groupName: string, group: GroupFacts | undefined): string =>
  group?.name.toLowerCase() === groupName.toLowerCase() ? group.name : groupName;

const allBearing = async (run: Run): Promise<FoundClaim[]> => bearing(await everywhere(run, ask(run, "allBearers")));

/**
 * A claim of another creation is a namesake's; where the group does not say which it is of, a name that leads to one group is taken to mean it.
 * One in the group itself has come since it was looked at.
 */
async function groupWithItsClaim(
  run: Run,
  { name, group, groupName }: Cluster,
  given: string | undefined,
): Promise<string | undefined> {
  const word = wordOf(group?.tags);
  if (word === undefined && given !== undefined) return undefined;
  const bearers = await unlessForbidden(() => ask(run, "allBearers"));
  const all = bearers === undefined ? [] : bearing(bearers);
  const groups = groupsOfClaims(word === undefined ? all : all.filter(({ tags }) => wordOf(tags) === word), name);
  return groups.find((one) => one.toLowerCase() !== groupName.toLowerCase());
}

function groupsOfClaims(all: readonly FoundClaim[], name: string): string[] {
  // by group: a claim of another region may have the label, too
  const byGroup = Map.groupBy(all, ({ id }) => (groupOf(id) ?? "").toLowerCase());
  const claims = [...byGroup.values()].flatMap((inOne) => claimsOf(inOne, name));
  return [...new Map(claims.map(({ id }) => [(groupOf(id) ?? "").toLowerCase(), groupOf(id) ?? ""])).values()];
}

async function claimAt({ tools }: Run, claim: Pick<FoundClaim, "kind" | "id">): Promise<FoundClaim | undefined> {
  const live = await getPatiently(claim, tools);
  return live && { ...live, kind: claim.kind };
}
