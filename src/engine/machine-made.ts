/** When a machine was made; and whether to believe what Azure says of it: that it has failed, and that it is made. */
import { AzureError } from "../core/advice/azure-error.ts";
import { ClusterError } from "../core/errors.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import { MADE_BEHIND_MS, lookFor } from "./patiently.ts";
import type { Live } from "./provider.ts";
import type { Tools } from "./tools.ts";

/** A creation that failed is at most so old when somebody goes on with it. */
const YOUNG_MS = 24 * 3_600_000;

export const isYoung = (made: number | undefined, now: number): boolean => made === undefined || now - made < YOUNG_MS;

/** When a machine was made, in milliseconds since 1970; undefined where Azure does not say so. */
export function madeAt({ model }: Pick<Live, "model">): number | undefined {
  const time = (model as { timeCreated?: Date } | null)?.timeCreated;
  const at = time === undefined ? Number.NaN : new Date(time).getTime();
  return Number.isNaN(at) ? undefined : at;
}

/**
 * A machine can be called Failed for another reason than its creation: a start or a change of a disk that went wrong, of a node
 * that has worked for months. What is on its disks is not ours to delete without being asked.
 */
export function refuseOld(resource: AnyResource, live: Live, now: number, cluster: string): void {
  const made = madeAt(live);
  if (made === undefined || isYoung(made, now)) return;
  throw new ClusterError(
    "MachineFailed",
    `Azure calls ${resource.label} failed, and it was made on ${new Date(made).toISOString().slice(0, 10)}`,
    {
      source: "azure",
      advice: `It may have worked since, and hold data: look at it first. To make it anew: \`azure-coreos-cluster remove ${cluster} ${resource.id.slice(resource.id.lastIndexOf("/") + 1)}\`, then the same command again.`,
    },
  );
}

/** A machine that fails to be made is made again this often within a run, where the failure may pass. */
export const REPLACEMENTS = 1;

/** Where its operation cannot be asked nobody learns what it fails with: it is not tried for ever. */
export function refuseAgain({ label }: AnyResource, unheard: number): void {
  if (unheard <= REPLACEMENTS) return;
  throw new AzureError("MachineFailed", `Azure calls ${label} failed again, and does not show why`, {
    operation: true,
    advice: "What failed stands in the portal's activity log of the resource group. The same command again makes it anew.",
  });
}

/**
 * A list, or the first answer, may call a machine made that Azure is still at work on: it is asked itself before we say so. One
 * read for each machine, and none where its operation was asked to the end, for the SDK has looked then.
 */
export async function lookAtMade(resource: AnyResource, tools: Tools): Promise<Live> {
  const live = await lookFor(resource, tools, undefined, MADE_BEHIND_MS);
  if (live !== undefined && live.state !== "failed") return live;
  const what = live === undefined ? "is not there" : "is Failed";
  throw new AzureError("MachineFailed", `Azure called ${resource.label} made, and it ${what}`, {
    operation: true,
    advice: `Run the same command again: it ${live === undefined ? "looks for it, and makes it only where there is none" : "makes it anew"}.`,
  });
}

const FRESH_MS = 10 * 60_000;

/** A machine that a run made a moment ago, as a list shows it. */
export function isFresh({ kind }: AnyResource, live: Live, now: number): boolean {
  const made = kind === "machine" ? madeAt(live) : undefined;
  return made !== undefined && now - made < FRESH_MS;
}
