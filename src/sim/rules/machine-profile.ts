/**
 * A machine's user, keys, custom data and disks: rules that need nothing but the body and the size.
 * Longer than most: one rule after the other, each with its own sentence.
 */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { Size } from "../catalogue/sizes.ts";
import { dig, idOf, type JsonValue, listIn, number, object, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";
import { DISK_SKUS } from "./disk.ts";
import { sshKeyProblem } from "./ssh-key.ts";

/** From the SDK's documentation of `OSProfile.adminUsername`. `core` is not among them. */
const FORBIDDEN_USERS = new Set(
  (
    "administrator admin user user1 user2 user3 user4 user5 test test1 test2 test3 1 123 a actuser adm admin1 admin2 aspnet backup console " +
    "david guest john owner root server sql support support_388945a0 sys"
  ).split(" "),
);

const CUSTOM_DATA_LIMIT = 65_535;

const invalid = (message: string, target: string): never => refuse(400, "InvalidParameter", message, { target });

/** @throws ArmError 400 InvalidParameter */
export function checkOsProfile({ properties }: Change): void {
  const profile = object(properties["osProfile"]);
  if (properties["osProfile"] === undefined) invalid("Required parameter 'osProfile' is missing (null).", "osProfile");
  const user = textIn(profile["adminUsername"]) ?? "";
  const computer = textIn(profile["computerName"]) ?? "";
  if (user === "") invalid("Required parameter 'adminUsername' is missing (null).", "adminUsername");
  if (FORBIDDEN_USERS.has(user.toLowerCase()) || user.length > 64 || /[\\/"[\]:|<>+=;,?*@\s]/.test(user)) {
    invalid(`The Admin Username specified is not allowed.`, "adminUsername");
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(computer) || /^\d+$/.test(computer)) {
    invalid(
      "Linux host name must be from 1 to 64 characters in length and contain only letters, digits, hyphens and points.",
      "computerName",
    );
  }
  const linux = object(profile["linuxConfiguration"]);
  const keys = listIn(dig(linux, "ssh", "publicKeys"));
  if (linux["disablePasswordAuthentication"] !== true && textIn(profile["adminPassword"]) === undefined) {
    invalid("Required parameter 'adminPassword' is missing (null).", "adminPassword");
  }
  if (linux["disablePasswordAuthentication"] === true && keys.length === 0) {
    invalid(
      "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
      "linuxConfiguration",
    );
  }
  for (const key of keys) {
    const path = `/home/${user}/.ssh/authorized_keys`;
    if (key["path"] !== path)
      invalid(
        `Destination path for SSH public keys is currently limited to its default value ${path}.`,
        "linuxConfiguration.ssh.publicKeys.path",
      );
    const problem = sshKeyProblem(textIn(key["keyData"]) ?? "");
    if (problem !== undefined) invalid(problem, "linuxConfiguration.ssh.publicKeys.keyData");
  }
  checkCustomData(profile);
}

/** The limit is on the decoded bytes (SDK, `OSProfile.customData`). */
function checkCustomData(profile: JsonValue): void {
  const data = textIn(profile["customData"]);
  if (data === undefined) return;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0) {
    invalid("Custom data in OSProfile must be in Base64 encoding.", "customData");
  }
  const bytes = (data.length / 4) * 3 - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0);
  if (bytes > CUSTOM_DATA_LIMIT) {
    invalid(
      `Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters: ${CUSTOM_DATA_LIMIT} bytes decoded, ${bytes} given.`,
      "customData",
    );
  }
}

/** @throws ArmError 400 InvalidParameter; 409 ConflictingUserInput when a disk of that name exists */
export function checkDisks({ cloud, id, properties, before }: Change, size: Size): void {
  const storage = object(properties["storageProfile"]);
  const os = object(storage["osDisk"]);
  const data = listIn(storage["dataDisks"]);
  if (before === undefined && textIn(os["createOption"]) === undefined)
    invalid("Required parameter 'osDisk.createOption' is missing (null).", "osDisk");
  const luns = new Set<number>();
  for (const disk of data) {
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
  if (data.length > size.dataDisks) {
    refuse(
      409,
      "OperationNotAllowed",
      `The maximum number of data disks allowed to be attached to a VM of this size is ${size.dataDisks}.`,
      { target: "dataDisks" },
    );
  }
  for (const disk of [os, ...data]) {
    if (disk["vhd"] !== undefined) {
      // Unmanaged disks: retired 2026-03-31; the code is from memory.
      refuse(400, "UnmanagedDisksRetired", `Unmanaged disks are retired: ${id} must use managed disks.`, { target: "vhd" });
    }
    const sku = textIn(dig(disk, "managedDisk", "storageAccountType"));
    if (sku !== undefined && !DISK_SKUS.includes(sku))
      invalid(`The storage account type '${sku}' is not valid.`, "managedDisk.storageAccountType");
    if (sku?.startsWith("Premium") === true && !size.premium) {
      invalid(
        `Requested operation cannot be performed because the VM size ${size.name} does not support the storage account type ${sku} of disk '${String(disk["name"])}'.`,
        "managedDisk.storageAccountType",
      );
    }
    const held = cloud.get(idOf(disk["managedDisk"]) ?? "");
    const sizeGB = number(disk["diskSizeGB"]) ?? number(propertiesOf(held?.resource)["diskSizeGB"]) ?? 0;
    if (sizeGB > 4095 && !/^none$/i.test(textIn(disk["caching"]) ?? "None")) {
      refuse(400, "BadRequest", "Only Disk CachingType 'None' is supported for disk with size greater than 4095 GB.", {
        target: "dataDisk.caching",
      });
    }
    const option = textIn(disk["deleteOption"]);
    if (option !== undefined && option !== "Delete" && option !== "Detach")
      invalid(`The deleteOption '${option}' is not valid.`, "deleteOption");
    checkAttached(disk);
  }

  function checkAttached(disk: JsonValue): void {
    const attachId = idOf(disk["managedDisk"]);
    const name = textIn(disk["name"]);
    const base = id.replace(/\/virtualMachines\/[^/]+$/i, "/disks");
    const found = attachId === undefined ? (name === undefined ? undefined : cloud.get(`${base}/${name}`)) : cloud.get(attachId);
    const holder = textIn(found?.resource["managedBy"]);
    if (disk["createOption"] === "Attach") {
      if (found === undefined) refuse(404, "NotFound", `Disk ${attachId ?? String(name)} was not found.`);
      if (holder !== undefined && keyOf(holder) !== keyOf(id))
        refuse(409, "ConflictingUserInput", `Cannot attach disk ${found.name}: it is already attached to VM ${holder}.`, {
          target: "dataDisk",
        });
    } else if (found !== undefined && holder !== undefined && keyOf(holder) === keyOf(id)) return;
    else if (found !== undefined) {
      refuse(
        409,
        "ConflictingUserInput",
        `Disk ${found.name} already exists in resource group ${id.split("/")[4]}. Only CreateOption.Attach is supported.`,
        { target: found.name },
      );
    }
  }
}
