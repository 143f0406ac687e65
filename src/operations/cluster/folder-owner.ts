/**
 * Which cluster the folder `NAME/` belongs to, when it is asked for one of the same name elsewhere: it holds the keys of one. A
 * second one would be made with the first one's authority, and take its files along when it is destroyed.
 */
import { join } from "node:path";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { PUBLIC, textAt } from "../../prepare/kept-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { Run } from "../run.ts";
import { FOLDER_FILES } from "../../prepare/folder-files.ts";

/** Where a cluster is: with its name that is one in all of Azure. */
export interface ClusterPlace {
  readonly name: string;
  readonly groupName: string;
}

/** Called when the cluster's claim is written. Where it cannot be noted the folder is everybody's, as one that somebody has copied. */
export async function noteOwner(run: Run, { name, groupName }: ClusterPlace): Promise<void> {
  const owner: Owner = { subscription: run.subscription, resourceGroup: groupName, rehearsal: run.simulated };
  await replaceFile(join(run.dir, name, FOLDER_FILES.owner), `${JSON.stringify(owner)}\n`, PUBLIC).catch(() => undefined);
}

/** For whoever will write there. What a rehearsal left is in nobody's way. @throws ClusterError FolderTaken (exit 5) */
export function refuseTakenFolder(run: Run, place: ClusterPlace): void {
  const other = otherOwner(run, place);
  if (other === undefined || (other.rehearsal && !run.simulated)) return;
  const folder = join(run.dir, place.name);
  const where = `resource group ${other.resourceGroup} of ${other.rehearsal ? "a rehearsal" : `subscription ${other.subscription}`}`;
  throw new ClusterError("FolderTaken", `${folder} has the keys of another ${place.name}: of the one in ${where}`, {
    exit: EXIT.preflight,
    advice: `${whereTo(run, other)} If the other one is gone: rm -r ${shellWord(folder)}`,
  });
}

/** Whether what lies there is known to be another cluster's: nothing of it may go with this one. */
export const isTakenFolder = (run: Run, place: ClusterPlace): boolean => otherOwner(run, place) !== undefined;

// --- internal ---

function whereTo(run: Run, { subscription, resourceGroup, rehearsal }: Owner): string {
  if (run.simulated && !rehearsal) return "Rehearse in another folder: --dir rehearsal.";
  const other = subscription.toLowerCase() === run.subscription.toLowerCase() ? "" : `--subscription ${subscription} `;
  return (
    `If that one is meant, say where it is: ${other}--resource-group ${shellWord(resourceGroup)}. ` +
    "Else give this one a folder of its own with --dir."
  );
}

interface Owner {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly rehearsal: boolean;
}

function otherOwner(run: Run, { name, groupName }: ClusterPlace): Owner | undefined {
  const owner = parsed(textAt(join(run.dir, name, FOLDER_FILES.owner)));
  const here: Owner = { subscription: run.subscription, resourceGroup: groupName, rehearsal: run.simulated };
  return owner === undefined || keyOf(owner) === keyOf(here) ? undefined : owner;
}

const keyOf = ({ subscription, resourceGroup, rehearsal }: Owner): string =>
  `${rehearsal}/${subscription}/${resourceGroup}`.toLowerCase();

function parsed(text: string | undefined): Owner | undefined {
  try {
    const { subscription, resourceGroup, rehearsal } = JSON.parse(text ?? "") as Partial<Owner>;
    return typeof subscription === "string" && typeof resourceGroup === "string"
      ? { subscription, resourceGroup, rehearsal: rehearsal === true }
      : undefined;
  } catch {
    return undefined;
  }
}
