/** Where a command looks: in the resource group that was named; without one it looks for itself. */
import { defined } from "../defined.ts";
import { shellWord } from "../quoting.ts";

export interface InGroup {
  /** Nothing beyond it is asked for. */
  readonly resourceGroup?: string;
}

/** Of flags, of which one that is not given is there as undefined. */
export const inGroup = ({ resourceGroup }: { readonly resourceGroup?: string | undefined }): InGroup =>
  defined({ resourceGroup });

/** What a command to type next needs, where a cluster is in no group of its own name: create does not look for it elsewhere. */
export const groupFlag = (name: string, group: string): string =>
  group.toLowerCase() === name ? "" : ` --resource-group ${shellWord(group)}`;
