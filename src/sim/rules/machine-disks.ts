/** The disks that a machine is made with or takes: what its size allows, what a disk may say, and whose a disk of that name is. */
import { invalid, refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { Size } from "../catalogue/sizes.ts";
import type { SimCloud } from "../cloud.ts";
import { dig, idOf, type JsonValue, listIn, number, object, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";
import { DISK_SKUS } from "./disk.ts";
import { checkDiskZone, zonesIn } from "./zones.ts";

/** @throws ArmError 400 InvalidParameter; 409 ConflictingUserInput when a disk of that name exists */
export function checkDisks({ cloud, id, body, properties, before }: Change, size: Size): void {
  const storage = object(properties["storageProfile"]);
  const os = object(storage["osDisk"]);
  const data = listIn(storage["dataDisks"]);
  if (before === undefined && textIn(os["createOption"]) === undefined)
    invalid("Required parameter 'osDisk.createOption' is missing (null).", "osDisk");
  const luns = new Set<number>();
  for (const disk of data) checkDataDisk(disk, luns);
  if (data.length > size.dataDisks) {
    refuse(
      409,
      "OperationNotAllowed",
      `The maximum number of data disks allowed to be attached to a VM of this size is ${size.dataDisks}.`,
      { target: "dataDisks" },
    );
  }
  checkSystemDisk(os, properties, before === undefined);
  const [zone] = zonesIn(body);
  for (const disk of [os, ...data]) {
    checkDisk(cloud, id, disk, size);
    checkHolder(cloud, id, disk);
    const attached = disk["createOption"] === "Attach" ? cloud.get(idOf(disk["managedDisk"]) ?? "") : undefined;
    if (attached !== undefined) checkDiskZone(attached, zone);
  }
}

/** What a marketplace image is here; of images of one's own the size is not known. */
const IMAGE_GIB = 30;

/** Azure's most for a system disk (learn: managed-disks-overview); its code for that is from memory. */
const MOST_OS_GIB = 4095;

/** @throws ArmError 409 OperationNotAllowed, as logs of other tools have it */
function checkSystemDisk(os: JsonValue, properties: JsonValue, fresh: boolean): void {
  const sizeGB = number(os["diskSizeGB"]);
  if (sizeGB === undefined || !fresh) return;
  const target = "osDisk.diskSizeGB";
  const own = textIn(dig(properties, "storageProfile", "imageReference", "publisher")) === undefined;
  if (!own && sizeGB < IMAGE_GIB)
    refuse(
      409,
      "OperationNotAllowed",
      `The specified disk size ${sizeGB} GB is smaller than the size of the corresponding disk in the VM image: ${IMAGE_GIB} GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size.`,
      { target },
    );
  if (sizeGB > MOST_OS_GIB)
    invalid(
      `The value '${sizeGB}' of parameter '${target}' is out of range. The value must be between '1' and '${MOST_OS_GIB}', inclusive.`,
      target,
    );
}

/** @param luns those that are taken; the disk's comes along */
function checkDataDisk(disk: JsonValue, luns: Set<number>): void {
  const lun = number(disk["lun"]);
  if (lun === undefined || lun < 0 || lun > 63) return invalid(`The LUN ${String(disk["lun"])} is not valid.`, "dataDisk.lun");
  if (luns.has(lun)) invalid(`A disk at LUN ${lun} already exists.`, "dataDisk.lun");
  luns.add(lun);
  if (disk["createOption"] === "Empty" && number(disk["diskSizeGB"]) === undefined) {
    invalid("Required parameter 'dataDisk.diskSizeGB' is missing (null).", "dataDisk.diskSizeGB");
  }
  if (!["Empty", "Attach", "FromImage", "Copy", "Restore"].includes(String(disk["createOption"]))) {
    invalid(
      `The createOption '${String(disk["createOption"])}' of the data disk at LUN ${lun} is not valid.`,
      "dataDisk.createOption",
    );
  }
}

function checkDisk(cloud: SimCloud, id: string, disk: JsonValue, size: Size): void {
  if (disk["vhd"] !== undefined) {
    // retired 2026-03-31: ansible-collections/azure#2288
    refuse(400, "BadRequest", "Unmanaged disks have been retired. Please migrate to Managed Disks.");
  }
  const held = cloud.get(idOf(disk["managedDisk"]) ?? "");
  // of a disk that is attached it is the disk's own
  const sku = textIn(dig(disk, "managedDisk", "storageAccountType")) ?? textIn(dig(held?.resource ?? {}, "sku", "name"));
  if (sku !== undefined && !DISK_SKUS.includes(sku))
    invalid(`The storage account type '${sku}' is not valid.`, "managedDisk.storageAccountType");
  if (sku?.startsWith("Premium") === true && !size.premium) {
    invalid(
      `Requested operation cannot be performed because the VM size ${size.name} does not support the storage account type ${sku} of disk '${String(disk["name"])}'.`,
      "managedDisk.storageAccountType",
    );
  }
  const sizeGB = number(disk["diskSizeGB"]) ?? number(propertiesOf(held?.resource)["diskSizeGB"]) ?? 0;
  if (sizeGB > 4095 && !/^none$/i.test(textIn(disk["caching"]) ?? "None")) {
    refuse(400, "BadRequest", "Only Disk CachingType 'None' is supported for disk with size greater than 4095 GB.", {
      target: "dataDisk.caching",
    });
  }
  const option = textIn(disk["deleteOption"]);
  if (option !== undefined && option !== "Delete" && option !== "Detach")
    invalid(`The deleteOption '${option}' is not valid.`, "deleteOption");
}

/** A disk that is attached must be there and free; one that is made must not be there, but for the machine's own. */
function checkHolder(cloud: SimCloud, id: string, disk: JsonValue): void {
  const attachId = idOf(disk["managedDisk"]);
  const name = textIn(disk["name"]);
  const base = id.replace(/\/virtualMachines\/[^/]+$/i, "/disks");
  const found = attachId === undefined ? (name === undefined ? undefined : cloud.get(`${base}/${name}`)) : cloud.get(attachId);
  const holder = textIn(found?.resource["managedBy"]);
  const own = holder !== undefined && keyOf(holder) === keyOf(id);
  if (disk["createOption"] === "Attach") {
    if (found === undefined) refuse(404, "NotFound", `Disk ${attachId ?? String(name)} was not found.`);
    if (holder !== undefined && !own)
      refuse(409, "ConflictingUserInput", `Cannot attach disk ${found.name}: it is already attached to VM ${holder}.`, {
        target: "dataDisk",
      });
  } else if (found !== undefined && !own) {
    refuse(
      409,
      "ConflictingUserInput",
      `Disk ${found.name} already exists in resource group ${id.split("/")[4]}. Only CreateOption.Attach is supported.`,
      { target: found.name },
    );
  }
}
