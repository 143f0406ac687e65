/**
 * Whether what is there is the cluster's that wants it, by its tags; and what to say where it is not. What Azure answers to a write is
 * looked at, too: a policy may replace tags as a resource is made, and without the tool's own no later command would know it.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import { canonical } from "../core/fingerprint.ts";
import { KINDS } from "../core/plan/kinds.ts";
import { shellWord } from "../core/quoting.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import { isOwnerless } from "../core/plan/proof.ts";
import { MANAGED_BY, type Tags, clusterIn, isOurs, wordOf } from "../core/plan/tags.ts";
import type { Live } from "./provider.ts";

export const tagsIn = (resource: AnyResource): Tags => (resource.body as { tags?: Tags }).tags ?? {};

/** Whether two creates of the name may both write it, before Azure has decided which of them has the claim. */
export const isShared = (resource: AnyResource): boolean =>
  tagsIn(resource)["aoc-role"] === undefined &&
  (KINDS[resource.kind].shared === true || (resource.kind === "publicAddress" && resource.node === undefined));

export const isAnothers = (resource: AnyResource, live: Live): boolean =>
  tagsIn(resource)["aoc-id"] !== undefined && live.tags["aoc-id"] !== tagsIn(resource)["aoc-id"];

/**
 * @param known the cluster is there, and has it: what is there by its name without tags has lost them
 * @throws ClusterError NotOurs, TagsChanged, ClusterConflict (exit 7)
 */
export function refuseForeign(
  resource: AnyResource,
  live: Live,
  cluster: string,
  { known = false }: { readonly known?: boolean } = {},
): void {
  const wanted = tagsIn(resource);
  // of a group what is in it says whose it is, each by itself
  if (resource.kind === "resourceGroup" && isOurs(live.tags, cluster)) return;
  if (isOurs(live.tags, cluster) && (wanted["aoc-id"] === undefined || live.tags["aoc-id"] !== undefined)) {
    // what is a private cluster's claim is nothing that others share
    if (isShared(resource) && live.tags["aoc-role"] !== "claim") return;
    // a machine says, too, whose certificates its etcd trusts
    const { "aoc-etcd-ca": ca } = live.tags;
    const otherCa = wanted["aoc-etcd-ca"] !== undefined && ca !== undefined && ca !== wanted["aoc-etcd-ca"];
    if (!isAnothers(resource, live) && !(resource.kind === "machine" && otherCa)) return;
    throw new ClusterError("ClusterConflict", `${resource.label} belongs to another creation of the cluster ${cluster}`, {
      source: "azure",
      exit: EXIT.conflict,
      advice:
        wanted["aoc-role"] === "claim"
          ? `It was begun as a public cluster. Finish it as one, or remove it first: \`azure-coreos-cluster destroy ${cluster}\`.`
          : `Two runs made this name at once: wait for the other to end, then run the same command again, and it takes over what is there. Is there no other, then somebody deleted what says how the cluster was made, and \`azure-coreos-cluster destroy ${cluster}\` removes the rest.`,
    });
  }
  if (wasOurs(live.tags, cluster)) throw changedSince(resource.label, live);
  if (known && isOwnerless(live.tags, cluster)) throw changedSince(resource.label, live, wanted);
  const owner = clusterIn(live.tags);
  throw new ClusterError(
    "NotOurs",
    `${resource.label} exists already and ${owner === undefined ? "was not made by this tool" : owner === cluster ? `lacks the tag aoc-id of ${cluster}` : `belongs to the cluster ${owner}`} (${live.id})`,
    {
      source: "azure",
      exit: EXIT.conflict,
      advice: `${wayRound(resource, live)} Nothing of somebody else's is changed or deleted.`,
      ...(Object.keys(live.tags).length > 0 && { cause: canonical(live.tags) }),
    },
  );
}

/** What belongs to a node is called after the cluster and its number: one that stands takes no other name for it. */
const wayRound = ({ node }: AnyResource, { id }: Live): string =>
  node === undefined
    ? "Choose another name, or another --resource-group."
    : `A node that is made now is called so. If nobody needs what is there, delete it (\`az resource delete --ids ${shellWord(id)}\`) and run the same command again. A new cluster can take another name, or another --resource-group, instead.`;

export const TAGS_CHANGED = "TagsChanged";

/** Whether all but `managed-by` says that it is the cluster's. That proves nothing, and nothing is changed for it. */
export const wasOurs = (tags: Tags, cluster: string): boolean =>
  tags["managed-by"] !== MANAGED_BY && tags["aoc-cluster"] === cluster && wordOf(tags) !== undefined;

/** The command that gives a resource the tags that say whose it is. */
export const putBack = (id: string, tags: Tags): string =>
  `az tag update --resource-id ${shellWord(id)} --operation merge --tags ${Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;

/**
 * Its tags are not those that say whose it is any more.
 * @param whose those that it is to have
 */
export function changedSince(
  label: string,
  { id, tags }: Pick<Live, "id" | "tags">,
  whose: Tags = { "managed-by": MANAGED_BY },
): ClusterError {
  const lost = WHOSE.filter((name) => whose[name] !== undefined && whose[name] !== tags[name]);
  const back = Object.fromEntries(lost.map((name) => [name, whose[name] ?? ""]));
  const several = lost.length > 1;
  const own = several
    ? `${lost.slice(0, -1).join(", ")} and ${lost.at(-1)} are the tool's own tags, and say`
    : `${lost.join("")} is the tool's own tag, and says`;
  const them = several ? "them" : "it";
  const others = lost.length >= ALL.length ? " Is it somebody else's that took the name, it has to go first." : "";
  return new ClusterError(
    TAGS_CHANGED,
    `the tags of ${label} were changed: ${lost.map((name) => isNow(tags, name)).join(", ")} (${id})`,
    {
      source: "azure",
      exit: EXIT.conflict,
      advice:
        `${own} whose a resource is (docs/tags.md). A policy that writes ${them} must leave the resource group out; then put ${them} back, ` +
        `\`${putBack(id, back)}\`, and run the same command again. Nothing without ${them} is changed or deleted.${others}`,
    },
  );
}

/**
 * What was written has other tags than it was given, of those that say whose it is.
 * @param tags as Azure answers that it keeps them; undefined: it does not say
 * @throws ClusterError TagsChanged (exit 7)
 */
export function refuseReplaced(resource: AnyResource, tags: Tags | undefined): void {
  const wanted = tagsIn(resource);
  const name = tags && WHOSE.find((one) => wanted[one] !== undefined && tags[one] !== wanted[one]);
  if (name === undefined) return;
  throw new ClusterError(
    TAGS_CHANGED,
    `a policy has changed the tags of ${resource.label} as it was written: ${isNow(tags, name)}, and not ${wanted[name] ?? ""} (${resource.id})`,
    {
      source: "azure",
      exit: EXIT.conflict,
      advice: `The tag ${name} is the tool's own, and says whose a resource is (docs/tags.md): no command would know it again. The policy must leave the resource group out, or that tag.`,
    },
  );
}

// --- internal ---

const ALL = ["managed-by", "aoc-cluster", "aoc-id"];
const WHOSE = [...ALL, "aoc-role"];

const isNow = (tags: Tags = {}, name: string): string => `${name} is ${tags[name] === undefined ? "gone" : `"${tags[name]}"`}`;
