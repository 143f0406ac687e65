/** Managed images, made from a VHD blob; the image and its machines live in one region. */
import { invalid, refuse } from "../arm-error.ts";
import { dig, textIn } from "../json.ts";
import type { KindRules } from "../kind.ts";
import { computeHead } from "./heads.ts";

export const imageRules: KindRules = {
  ...computeHead(
    "Microsoft.Compute/images",
    "extendedLocation properties{sourceVirtualMachine storageProfile{osDisk{snapshot managedDisk blobUri caching " +
      "diskSizeGB storageAccountType diskEncryptionSet osType osState} dataDisks zoneResilient} provisioningState hyperVGeneration}",
  ),
  create: { status: 201, state: "Creating", seconds: [15, 30], header: "async" },
  update: { status: 200, state: "Updating", seconds: [5, 10], header: "async" },
  remove: { status: 202, state: "Deleting", seconds: [5, 10], header: "both", retry: 10, poll: 10 },
  check({ cloud, properties, location }) {
    const disk = dig(properties, "storageProfile", "osDisk");
    if (disk === undefined && properties["sourceVirtualMachine"] === undefined) {
      invalid("Required parameter 'storageProfile.osDisk' is missing (null).", "storageProfile");
    }
    const blob = textIn(dig(disk, "blobUri"));
    if (blob === undefined) return;
    // Required since 2019-03-01 when the source is a blob.
    if (!["V1", "V2"].includes(String(properties["hyperVGeneration"]))) {
      invalid("Required parameter 'hyperVGeneration' is missing (null).", "hyperVGeneration");
    }
    for (const field of ["osType", "osState"]) {
      if (textIn(dig(disk, field)) === undefined) {
        invalid(`Required parameter 'osDisk.${field}' is missing (null).`, `osDisk.${field}`);
      }
    }
    if (!/^https?:\/\/[^/]+\/.+\.vhd$/i.test(blob)) {
      invalid(`The value of parameter 'blobUri' is invalid: ${blob}.`, "osDisk.blobUri");
    }
    // Only accounts of this cloud can be judged; the code is Azure's for a blob that the platform cannot reach.
    const name = /^https:\/\/([a-z0-9]{3,24})\.blob\./.exec(blob)?.[1];
    for (const account of cloud.ofType("Microsoft.Storage/storageAccounts")) {
      if (account.name === name && account.location !== location) {
        refuse(
          409,
          "StorageAccountLocationMismatch",
          `Source blob ${blob} is in location ${account.location}, not in ${location}.`,
        );
      }
    }
  },
};
