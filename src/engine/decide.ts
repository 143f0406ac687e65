/**
 * The decision about one resource, pure: what is wanted, what is there, and so what to do. A dry run prints it; converge.ts
 * carries it out.
 */
import { canonical, bodyFingerprint } from "../core/fingerprint.ts";
import { changedNames } from "../core/plan/address-drift.ts";
import { KINDS } from "../core/plan/kinds.ts";
import { differsInTagsOnly } from "../core/plan/beside.ts";
import { isAskedAnew } from "../core/plan/beside-rules.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import type { Kind } from "../core/plan/bodies.ts";
import { ownTagsOf, withoutMarks } from "../core/plan/claim-change.ts";
import { changedRules } from "../core/plan/rules-drift.ts";
import { DESTROYING } from "../core/plan/tags.ts";
import { differInUserTags } from "../core/plan/user-tags.ts";
import type { Live } from "./provider.ts";
import { isAnothers, refuseForeign, tagsIn } from "./whose.ts";

export type Decision = "create" | "update" | "unchanged" | "wait" | "replace";

/** Azure is at work on it: it is there, and nothing of it is to be made. */
export const isAtWork = (decision: Decision | undefined, live: Live | undefined): boolean =>
  decision === "wait" && live?.state === "working";

const TAG = "aoc-fingerprint";

/**
 * Decides. Throws a conflict (exit code 7) for what exists and is not this cluster's.
 * @param cluster the cluster's name, as in the tags
 * @param options see refuseForeign
 */
export function decide(
  resource: AnyResource,
  live: Live | undefined,
  cluster: string,
  options: { readonly known?: boolean } = {},
): Decision {
  if (live === undefined) return "create";
  if (KINDS[resource.kind].untagged !== true) refuseForeign(resource, live, cluster, options);
  if (live.state === "deleting" || live.state === "working") return "wait";
  if (live.state === "failed") return resource.kind === "machine" ? "replace" : "update";
  // another creation of the cluster wrote it before Azure had decided who has the claim: what it is called changes, and no more
  const retag = differInUserTags(tagsIn(resource), live.tags);
  if (isSettled(resource.kind)) return retag || isAnothers(resource, live) ? "update" : "unchanged";
  if (live.tags[TAG] === fingerprintOf(resource) && !retag && !isMeddledWith(resource, live)) return "unchanged";
  return isHeld(resource.kind, live) && !retag ? "unchanged" : "update";
}

/** Its tags are changed by themselves: all else is as it is to be, or stays as it is. */
export const isTagsOnly = (resource: AnyResource, live: Live): resource is TaggedResource =>
  live.state === "succeeded" &&
  KINDS[resource.kind].untagged !== true &&
  (keepsOurTags(resource, live) || differsInTagsOnly(resource, live));

/**
 * Of a machine, whose user-data nobody can read back, and of the interface that one holds the user's tags change, and what the tool once
 * wrote there stays: it tells what nobody can read off them.
 */
export const keepsOurTags = ({ kind }: AnyResource, live: Live): boolean => kind === "machine" || isHeld(kind, live);

export type TaggedResource = Exclude<AnyResource, { kind: "blobContainer" }>;

/** Of one that exists only the tags may change. */
export const isSettled = (kind: Kind): boolean => KINDS[kind].settled === true;

/** The resource as it is sent: with its fingerprint among the tags. */
export function stamped<R extends AnyResource>(resource: R): R {
  const body = resource.body as { tags?: Record<string, string> };
  if (body.tags === undefined) return resource;
  return { ...resource, body: { ...body, tags: { ...body.tags, [TAG]: fingerprintOf(resource) } } };
}

// --- internal ---

/**
 * A machine's user-data holds keys and never changes: it is no part of the fingerprint. Nor are the marks of a claim, which go by
 * themselves: once they had gone, all that was written beside them would look changed.
 */
function fingerprintOf(resource: AnyResource): string {
  if (resource.kind !== "machine") {
    const { tags } = resource.body as { tags?: Record<string, string> };
    return bodyFingerprint(tags === undefined ? resource.body : { ...resource.body, tags: withoutMarks(tags) });
  }
  const { osProfile, ...rest } = resource.body;
  return bodyFingerprint({ ...rest, user: osProfile?.adminUsername, name: osProfile?.computerName });
}

/** The fingerprint says what was last written by one of us; what somebody changed since, or left behind, only it itself says. */
const isMeddledWith = (resource: AnyResource, live: Live): boolean =>
  isRetagged(tagsIn(resource), live.tags) ||
  (resource.kind === "securityGroup" && isAskedAnew(resource, live)) ||
  (resource.kind === "loadBalancer" && changedRules([resource], alone(live)).length > 0) ||
  (resource.kind === "publicAddress" && changedNames([resource], alone(live)).length > 0);

const alone = (live: Live): ReadonlyMap<string, Live> => new Map([[live.id.toLowerCase(), live]]);

/** The claim is its tags, without its marks, which no plan has; other addresses have none that matter. */
const isRetagged = (wanted: Record<string, string>, tags: Record<string, string>): boolean =>
  wanted["aoc-role"] === "claim" && claimOf(tags) !== claimOf(wanted);

function claimOf(tags: Record<string, string>): string {
  const { [DESTROYING]: _, ...own } = withoutMarks(ownTagsOf(tags));
  return canonical(own);
}

/** An interface, by its machine. */
const isHeld = (kind: Kind, live: Live): boolean =>
  kind === "networkInterface" && (live.model as { virtualMachine?: unknown }).virtualMachine !== undefined;
