/**
 * Azure says that somebody has the cluster's name. It may be another run of ours, or this very cluster, which lists do not show for seconds;
 * whoever is told that it is somebody's would choose another name, or destroy what the other one has just made.
 */
import { names } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { groupId, groupOf, resourceId } from "../../core/plan/resource.ts";
import { type Tags, isClaim, isOurs, wordOf } from "../../core/plan/tags.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { ask } from "../ask.ts";
import { unlessForbidden } from "../cluster/allowed.ts";
import { bearing, changedClaim, claimed } from "../cluster/claim.ts";
import type { FoundClaim } from "../cluster/cluster.ts";
import { lookIn } from "../cluster/find.ts";
import { clusterElsewhere } from "./elsewhere.ts";
import { otherRun, refuseOtherRun } from "./other-run.ts";
import type { Prepared } from "./prepared.ts";
import type { Run } from "../run.ts";

export const NAME_TAKEN = "DnsRecordInUse";

/** How long a list may lack what took the name, and how long one whose claim is known to be there is waited for. */
const BEHIND_MS = 10_000;
const KNOWN_BEHIND_MS = 40_000;

/**
 * A refusal before the first write, as it is to be understood: the name may have been taken by another run of ours since the
 * first look, by one that ended just before it ("again": then it is there now), or by this very cluster in another group. Others
 * come back as they are.
 */
export async function explainRefusal(run: Run, name: string, groupName: string, error: unknown): Promise<unknown> {
  if (!(error instanceof ClusterError) || error.code !== NAME_TAKEN) return error;
  const { claim, group } = claimed(await lookIn(run, name, groupName));
  if (claim !== undefined) return otherRun(name, error);
  const known = group === undefined ? undefined : await byName(run, name, groupName, group.tags);
  if (known !== undefined) {
    const seen = await seenSoon(run, known === "claim" ? KNOWN_BEHIND_MS : BEHIND_MS, async () =>
      claimed(await lookIn(run, name, groupName)).claim === undefined ? undefined : ("again" as const),
    );
    if (seen !== undefined) return seen;
    if (known === "claim") return notListed(name, error);
  }
  return (await elsewhere(run, name)) ?? error;
}

/** The same of the claim's own write, with things of this run's there already. */
export async function explainTaken(run: Run, prepared: Prepared, error: unknown): Promise<unknown> {
  const conflict = await seenSoon(run, BEHIND_MS, () =>
    refuseOtherRun(run, prepared, { written: false }).then(
      () => undefined,
      (cause: unknown) => (cause instanceof ClusterError && cause.exit === EXIT.conflict ? cause : undefined),
    ),
  );
  return conflict ?? error;
}

// --- internal ---

/** Looks at once, and again for so long as it is not there. */
async function seenSoon<T>(run: Run, ms: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const until = run.clock.now() + ms; ;) {
    const seen = await look();
    if (seen !== undefined || run.clock.now() >= until || run.stop.aborted) return seen;
    await run.clock.sleep(2000, run.tools.signal);
  }
}

/**
 * What is there of the cluster by names that can be computed, which no list has to show: its claim; or something else, so that a
 * claim may be near.
 */
async function byName(run: Run, name: string, groupName: string, group: Tags): Promise<"claim" | "part" | undefined> {
  const scope = groupId(run.subscription, groupName);
  const tagsAt = async ({ kind, id }: Pick<FoundClaim, "kind" | "id">): Promise<Tags | undefined> =>
    (await getPatiently({ kind, id }, run.tools))?.tags;
  const shared = await tagsAt({ kind: "securityGroup", id: resourceId(scope, "securityGroup", names.securityGroup(name)) });
  const parts = [group, shared].filter((tags) => isOurs(tags, name));
  for (const word of new Set(parts.map(wordOf))) {
    const id = resourceId(scope, "publicAddress", names.claim(name, word ?? ""));
    if (word !== undefined && isClaim(await tagsAt({ kind: "publicAddress", id }), name)) return "claim";
  }
  return parts.length > 0 ? "part" : undefined;
}

const notListed = (name: string, cause: unknown): ClusterError =>
  new ClusterError("ClusterConflict", `${name} is there already, and Azure's lists do not show it yet`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "Wait a minute, then run the same command again: it goes on with what is there. Nothing was written to Azure.",
    cause,
  });

/** It is in another group; or something of a cluster of the name has it, of which the tags were changed. */
async function elsewhere(run: Run, name: string): Promise<ClusterError | undefined> {
  const bearers = await unlessForbidden(() => ask(run, "allBearers"));
  if (bearers === undefined) return undefined;
  const all = bearing(bearers);
  const found = all.find((one) => isClaim(one.tags, name));
  if (found !== undefined) return clusterElsewhere(name, groupOf(found.id) ?? "");
  return changedClaim(all, name);
}
