/** The cluster that is there under a name, as a look at Azure has found it: where, whose the group is, and who claims the name. */
import type { GroupFacts } from "../../azure/lookups/groups.ts";
import type { BearerModels } from "../../azure/lookups/networks.ts";
import type { BearerKind } from "../../core/plan/bearer.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { DESTROYING } from "../../core/plan/tags.ts";
import type { Live } from "../../engine/provider.ts";

/** A claim as it was found, on the resource that bears it. */
export type FoundClaim = Live & { readonly kind: BearerKind };

export interface Cluster {
  readonly name: string;
  readonly groupName: string;
  /** Undefined when there is no such group. */
  readonly group: GroupFacts | undefined;
  /** The group is the cluster's own, by its tags. */
  readonly own: boolean;
  /** What of the group may bear a claim, as this look saw it. */
  readonly bearers: BearerModels;
  /** Those that hold the cluster's choices: one, none when it is half made or not there, more when something went wrong. */
  readonly claims: readonly FoundClaim[];
  /** Another group that holds the claim of the creation that this group is of: somebody has moved resources. */
  readonly movedTo?: string;
  /** What of the group is the cluster's. */
  readonly owner: Owner;
}

/** Whether the group exists and somebody else made it: it is used, never changed and never deleted. */
export const isForeign = ({ group, own }: Pick<Cluster, "group" | "own">): boolean => group !== undefined && !own;

/** Whether somebody has begun to destroy it. A group that is another cluster's has that one's mark. */
export const isDoomed = ({ group, own, claims }: Pick<Cluster, "group" | "own" | "claims">): boolean =>
  group?.deleting === true ||
  [own ? group?.tags : undefined, ...claims.map((one) => one.tags)].some((tags) => tags?.[DESTROYING] !== undefined);

/** The time of death, in milliseconds since 1970; of several the latest, undefined when none is readable. */
export function expiryOf({ group, own, claims }: Pick<Cluster, "group" | "own" | "claims">): number | undefined {
  return expiryIn([own ? group?.tags : undefined, ...claims.map((one) => one.tags)]);
}

/** The same, of tags. */
export function expiryIn(tags: readonly (Record<string, string> | undefined)[]): number | undefined {
  const times = tags
    .map((one) => one?.["aoc-expires"] ?? "")
    .filter((text) => ISO_TIME.test(text))
    .map((text) => Date.parse(text))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

// --- internal ---

/** As the tool writes it; a date that leaves something to guess is none. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
