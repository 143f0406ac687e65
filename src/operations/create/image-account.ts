/** A storage account as management sees it: where it is, and its key. Asked only for what an image VHD needs. */
import { checkSameLocation } from "../../azure/vhd/blob.ts";
import type { ContainerLocation } from "../../azure/vhd/container.ts";
import { groupOf } from "../../core/plan/resource.ts";
import { patiently } from "../../engine/patiently.ts";
import { unlessForbidden } from "../cluster/allowed.ts";
import type { Run } from "../run.ts";

/** Refuses an account in another region; where the region cannot be asked for, that is noted. */
export async function checkRegion(run: Run, { account, url }: ContainerLocation, location: string): Promise<void> {
  const known = await accountFacts(run, account);
  if (known !== undefined) return checkSameLocation(account, known.location, location);
  run.emit({
    id: "image-upload",
    label: "image upload",
    kind: "note",
    message: `Not checked: where the storage account of ${url} is. It has to be in ${location}, as the cluster.`,
  });
}

/** One of its keys; undefined for an account that this sign-in cannot manage. */
export async function accountKey(run: Run, account: string): Promise<string | undefined> {
  const group = groupOf((await accountFacts(run, account))?.id ?? "");
  if (group === undefined) return undefined;
  return unlessForbidden(() => patiently(run.tools, (signal) => run.lookups.storageKey(group, account, signal)));
}

// --- internal ---

/** What the subscription knows of an account; undefined for one of another subscription, or when this sign-in may not ask. */
async function accountFacts(run: Run, account: string): Promise<{ id: string; location: string } | undefined> {
  const all = await unlessForbidden(() => patiently(run.tools, (signal) => run.lookups.storageAccounts(signal)));
  return all?.find((one) => one.name.toLowerCase() === account);
}
