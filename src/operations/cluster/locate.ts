/**
 * Which resource group a cluster is in, when all that is known is its name: the group of that name, the one that was given,
 * or the one where its claim is. Reads only, and trusts no tag but those that say whose something is.
 */
import type { PublicIPAddress } from "@azure/arm-network";
import type { GroupFacts } from "../../azure/lookups/groups.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { groupOf } from "../../core/plan/resource.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { isOurs } from "../../core/plan/tags.ts";
import { patiently } from "../../engine/patiently.ts";
import { refuseUnsafeFolder } from "../../prepare/cluster-folder.ts";
import type { Run } from "../run.ts";
import { claimsOf, ownerOf } from "./claims.ts";

export interface Located {
  readonly name: string;
  readonly groupName: string;
  /** Undefined when there is no such group. */
  readonly group: GroupFacts | undefined;
  /** The group is the cluster's own, by its tags. */
  readonly own: boolean;
  /** The public addresses that hold the cluster's choices: one, none when it is half made, more when something went wrong. */
  readonly claims: readonly PublicIPAddress[];
  /** What of the group is the cluster's. */
  readonly owner: Owner;
}

/** Looks in the given group, or in the one named like the cluster and, if nothing of it is there, through the subscription. */
export async function locate(run: Run, name: string, given: string | undefined): Promise<Located> {
  await refuseUnsafeFolder(run.dir, name);
  const here = await lookIn(run, name, given ?? name);
  if (given !== undefined || here.own || here.claims.length > 0) return here;
  const addresses = await everywhere(
    run,
    patiently(run.tools, (signal) => run.lookups.allAddresses(signal)),
  );
  const groups = [
    ...new Map(
      // by group: a claim of another region may have the label, too
      [...Map.groupBy(addresses, (one) => (groupOf(one.id ?? "") ?? "").toLowerCase()).values()]
        .flatMap((inOne) => claimsOf(inOne, name))
        .map((one) => [(groupOf(one.id ?? "") ?? "").toLowerCase(), groupOf(one.id ?? "") ?? ""]),
    ).values(),
  ];
  if (groups.length === 0) return here;
  if (groups.length === 1) return lookIn(run, name, groups[0] ?? name);
  throw new ClusterError("ClusterAmbiguous", `${groups.length} resource groups hold a cluster ${name}: ${groups.join(", ")}`, {
    exit: EXIT.usage,
    advice: "Say which one with --resource-group.",
  });
}

/** What is read through the whole subscription: many may look into one resource group only. @throws ClusterError with that said */
export async function everywhere<T>(run: Run, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof AzureError) || error.status !== 403) throw error;
    throw new ClusterError(error.code, `this sign-in may not look through the subscription ${run.subscription}`, {
      source: "azure",
      exit: EXIT.signIn,
      advice:
        "Only a group that is named can be looked at: give --resource-group NAME. To see all, ask an owner for the role Reader.",
      cause: error,
    });
  }
}

/** The same look again, at one group. */
export async function lookIn(run: Run, name: string, groupName: string): Promise<Located> {
  const { tools, lookups } = run;
  const [group, addresses] = await Promise.all([
    patiently(tools, (signal) => lookups.group(groupName, signal)),
    patiently(tools, (signal) => lookups.addresses(groupName, signal)),
  ]);
  const own = group !== undefined && isOurs(group.tags, name);
  const found = { name, groupName, group, own, claims: claimsOf(addresses, name) };
  return { ...found, owner: ownerOf(run.subscription, found) };
}

/** Whether somebody has begun to destroy it. */
export const isDoomed = ({ group, claims }: Pick<Located, "group" | "claims">): boolean =>
  group?.deleting === true || [group?.tags, ...claims.map((one) => one.tags)].some((tags) => tags?.[DESTROYING] !== undefined);

/** The tag, with the time at which it began, on the claim and on a group of our own. */
export const DESTROYING = "aoc-destroying";

/** The time of death, in milliseconds since 1970; of several the latest, undefined when none is readable. */
export function expiryOf({ group, own, claims }: Pick<Located, "group" | "own" | "claims">): number | undefined {
  const tags = [own ? group?.tags : undefined, ...claims.map((one) => one.tags)];
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
