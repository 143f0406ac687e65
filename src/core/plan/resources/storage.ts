/** A storage account and a container in it, for an image VHD of the user's own when no --blob-container-url is given. */
import { nameOf, type Resource, resourceId } from "../resource.ts";
import type { Tags } from "../tags.ts";

/** Where they are made. They are no part of the plan: only an upload needs them, and only before the image is made. */
export interface StorageHome {
  /** `/subscriptions/S/resourceGroups/G` */
  readonly group: string;
  readonly location: string;
  readonly tags: Tags;
}

/** Azure's rule for an image from a blob: the account is in the image's region. Nothing in it is ever public. */
export const storageAccount = ({ group, location, tags }: StorageHome, name: string): Resource<"storageAccount"> => ({
  kind: "storageAccount",
  id: resourceId(group, "storageAccount", name),
  label: `storage account ${name}`,
  dependsOn: [group],
  body: {
    location,
    tags,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    allowBlobPublicAccess: false,
  },
});

export const blobContainer = (
  { group }: StorageHome,
  account: Resource<"storageAccount">,
  name: string,
): Resource<"blobContainer"> => ({
  kind: "blobContainer",
  id: resourceId(group, "blobContainer", `${nameOf(account.id)}/${name}`),
  label: `blob container ${name}`,
  dependsOn: [account.id],
  body: { publicAccess: "None" },
});
