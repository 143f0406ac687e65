/**
 * The decision about one resource, pure: what is wanted, what is there, and so what to do. A dry run prints it; converge.ts
 * carries it out.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import { canonical, fingerprint } from "../core/fingerprint.ts";
import type { AnyResource, Kind } from "../core/plan/resource.ts";
import { changedRules } from "../core/plan/drift.ts";
import { DESTROYING, isOurs, ownTagsOf, withForeignTags } from "../core/plan/tags.ts";
import type { Live } from "./provider.ts";

export type Decision = "create" | "update" | "unchanged" | "wait" | "replace";

/** Kinds of which Azure changes nothing that matters once they exist, or that must not change under a running machine. */
const SETTLED = new Set<Kind>([
  "availabilitySet",
  "placementGroup",
  "image",
  "machine",
  "storageAccount",
  "blobContainer",
  "natGateway",
]);

/** Kinds without tags of their own: they belong to what they are in. */
const UNTAGGED = new Set<Kind>(["blobContainer"]);

const TAG = "aoc-fingerprint";

/**
 * Decides. Throws a conflict (exit code 7) for what exists and is not this cluster's.
 * @param cluster the cluster's name, as in the tags
 */
export function decide(resource: AnyResource, live: Live | undefined, cluster: string): Decision {
  if (live === undefined) return "create";
  if (!UNTAGGED.has(resource.kind)) refuseForeign(resource, live, cluster);
  if (live.state === "deleting" || live.state === "working") return "wait";
  if (live.state === "failed") return resource.kind === "machine" ? "replace" : "update";
  if (SETTLED.has(resource.kind)) return "unchanged";
  if (live.tags[TAG] === fingerprintOf(resource) && !isMeddledWith(resource, live)) return "unchanged";
  return resource.kind === "networkInterface" && isAttached(live) ? "unchanged" : "update";
}

/**
 * The resource as it is sent: with its fingerprint among the tags, and the tags of others that are there: a policy's, a person's.
 * @param live what is there, for a PUT replaces all of it
 */
export function stamped<R extends AnyResource>(resource: R, live?: Pick<Live, "tags">): R {
  const { tags } = resource.body as { tags?: Record<string, string> };
  if (tags === undefined) return resource;
  return {
    ...resource,
    body: { ...resource.body, tags: withForeignTags({ ...tags, [TAG]: fingerprintOf(resource) }, live?.tags) },
  };
}

// --- internal ---

/** A machine's user-data holds keys and never changes: it is no part of the fingerprint. */
function fingerprintOf(resource: AnyResource): string {
  if (resource.kind !== "machine") return fingerprint(resource.body);
  const { osProfile, ...rest } = resource.body;
  return fingerprint({ ...rest, user: osProfile?.adminUsername, name: osProfile?.computerName });
}

/** The fingerprint says what was last written by one of us; what somebody changed since, or left behind, only it itself says. */
const isMeddledWith = (resource: AnyResource, live: Live): boolean =>
  (resource.kind === "publicAddress" && isRetagged(resource.body.tags, live.tags)) ||
  (resource.kind === "loadBalancer" && changedRules([resource], new Map([[resource.id.toLowerCase(), live]])).length > 0);

/** The claim is its tags; other addresses have none that matter. */
const isRetagged = (wanted: Record<string, string> = {}, tags: Record<string, string>): boolean => {
  const { [DESTROYING]: _, ...there } = ownTagsOf(tags);
  return wanted["aoc-role"] === "claim" && canonical(there) !== canonical(wanted);
};

const isAttached = (live: Live): boolean => (live.model as { virtualMachine?: unknown }).virtualMachine !== undefined;

function refuseForeign(resource: AnyResource, live: Live, cluster: string): void {
  const wanted = (resource.body as { tags?: Record<string, string> }).tags ?? {};
  if (isOurs(live.tags, cluster)) {
    // a machine says of which creation it is, and whose certificates its etcd trusts
    const differs = (tag: string): boolean =>
      wanted[tag] !== undefined && live.tags[tag] !== undefined && live.tags[tag] !== wanted[tag];
    if (resource.kind !== "machine" || (!differs("aoc-id") && !differs("aoc-etcd-ca"))) return;
    throw new ClusterError("ClusterConflict", `${resource.label} belongs to another creation of the cluster ${cluster}`, {
      source: "azure",
      exit: EXIT.conflict,
      advice:
        "Two runs made this name at once. Wait for the other to end, then run the same command again: it takes over what is there.",
    });
  }
  const owner = live.tags["aoc-cluster"];
  throw new ClusterError(
    "NotOurs",
    `${resource.label} exists already and ${owner === undefined ? "was not made by this tool" : `belongs to the cluster ${owner}`} (${live.id})`,
    {
      source: "azure",
      exit: EXIT.conflict,
      advice: "Choose another name, or another --resource-group. Nothing of somebody else's is changed or deleted.",
      cause: canonical(live.tags),
    },
  );
}
