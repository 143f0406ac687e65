/** Where a command looks: in the resource group that was named; without one it looks for itself. */

export interface InGroup {
  /** Nothing beyond it is asked for. */
  readonly resourceGroup?: string;
}

/** Of flags, of which one that is not given is there as undefined. */
export const inGroup = ({ resourceGroup }: { readonly resourceGroup?: string | undefined }): InGroup =>
  resourceGroup === undefined ? {} : { resourceGroup };
