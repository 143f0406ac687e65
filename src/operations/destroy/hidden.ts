/**
 * Why a group may hold what nobody who asks is shown. Azure leaves out of a group's list, without a word, what the caller may not read, and deletes a group with
 * all that is in it for whoever may delete groups. So what a list does not show is no reason to take a group for empty of others'.
 */
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError } from "../../core/errors.ts";
import type { Found } from "../../core/found.ts";
import { labelOf } from "../../core/plan/label.ts";
import { seesAll } from "../../core/permissions.ts";
import { shellWord } from "../../core/quoting.ts";
import { madeAt } from "../../engine/machine-made.ts";
import { ask } from "../ask.ts";
import { unlessUnanswered } from "../cluster/allowed.ts";
import type { Run } from "../run.ts";
import type { Doom } from "./doom-survey.ts";

/** By the rights on the group; undefined where they show all. Rights that nobody tells are none. */
export async function hiddenByRights(run: Run, scope: string): Promise<string | undefined> {
  let unanswered: AzureError | undefined;
  const permissions = await unlessUnanswered(
    () => ask(run, "permissions", scope),
    (error) => (unanswered = error),
  );
  if (permissions !== undefined)
    return seesAll(permissions) ? undefined : "this sign-in may not read everything in it (the right */read)";
  // a Resource Manager that has no rights shows everybody all
  return NO_RIGHTS.includes(unanswered?.status ?? 0)
    ? undefined
    : `it is not known whether this sign-in may read everything in it (${unanswered?.code})`;
}

/** By a list of contents that lacks what its own service shows, and has shown for longer than lists are behind. */
export function hiddenByList(
  cluster: string,
  listed: readonly Found[],
  contents: readonly { readonly id: string }[],
  now: number,
): string | undefined {
  const ids = new Set(contents.map(({ id }) => id.toLowerCase()));
  const lacking = listed.find((one) => !ids.has(one.id.toLowerCase()) && (madeAt(one) ?? now) < now - BEHIND_MS);
  return lacking && `Azure's list of what is in it is not whole (it lacks the ${labelOf(cluster, lacking)})`;
}

/** Why such a group stays, in a sentence. */
export const mayHold = (hidden: string): string => `${hidden}, and what others have in it would go with it.`;

/** What a person does about it. */
export const afterLooking = (groupName: string): string =>
  `Who may read everything (role Reader) looks with \`az resource list --resource-group ${shellWord(groupName)}\`, and deletes it with \`az group delete --name ${shellWord(groupName)}\` where that shows nothing.`;

/** The same as an error, where the group was to go. */
export const hiddenIn = ({ hidden, located }: Pick<Doom, "hidden" | "located">): ClusterError | undefined =>
  hidden === undefined
    ? undefined
    : new ClusterError("ContentsUnknown", `the resource group ${located.groupName} stays: ${mayHold(hidden)}`, {
        source: "azure",
        advice: afterLooking(located.groupName),
      });

// --- internal ---

const NO_RIGHTS = [404, 405, 501];

/** Longer than ARM's own list is behind. */
const BEHIND_MS = 15 * 60_000;
