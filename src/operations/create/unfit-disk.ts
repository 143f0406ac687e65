/**
 * A data disk that is kept goes into no machine of a size without data disks, and one of Premium storage into none without that: said
 * before anything is written or deleted.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import type { SizeFacts } from "../../core/region.ts";

/**
 * @param sku of the disk; undefined, as the size: not known, and for Azure to judge
 * @throws ClusterError SizeTakesNoDisk, DiskNeedsPremium (exit 5)
 */
export function refuseUnfit(
  { name, sku, group }: { readonly name: string; readonly sku: string | undefined; readonly group: string },
  size: SizeFacts | undefined,
): void {
  if (size === undefined) return;
  if (size.dataDisks === 0)
    throw unfit(
      "SizeTakesNoDisk",
      `the data disk ${name} is kept, and machines of ${size.name} take none`,
      "Choose another --vm-size.",
    );
  if (size.premiumDisks || !/^premium/i.test(sku ?? "")) return;
  throw unfit(
    "DiskNeedsPremium",
    `the data disk ${name} is kept on ${sku}, and machines of ${size.name} take no Premium storage`,
    `Choose a --vm-size that takes it (those with an s, as Standard_D2s_v5), or change the disk while no machine that runs holds it: az disk update --resource-group ${shellWord(group)} --name ${shellWord(name)} --sku StandardSSD_LRS.`,
  );
}

// --- internal ---

const unfit = (code: string, message: string, advice: string): ClusterError =>
  new ClusterError(code, message, { source: "azure", exit: EXIT.preflight, advice: `Nothing was written to Azure. ${advice}` });
