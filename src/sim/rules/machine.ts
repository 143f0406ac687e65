/**
 * Virtual machines: what Azure refuses is in machine-checks.ts, machine-profile.ts and machine-disks.ts; here is what a machine is made of,
 * what comes into being with it (disks), whom it holds (interfaces), and what goes with it when it is deleted.
 * Longer than most: a machine touches disks, interfaces and addresses.
 */
import { keyOf, parentOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { clone, dig, idOf, type JsonValue, listIn, number, object, propertiesOf, textIn } from "../json.ts";
import type { Change, KindRules, Timing } from "../kind.ts";
import { digest } from "./digest.ts";
import { attachNewDisk, detachDisk } from "./disk.ts";
import { computeHead } from "./heads.ts";
import { shownIdentity } from "./identity.ts";
import { checkMachine } from "./machine-checks.ts";

const NICS = "Microsoft.Network/networkInterfaces";

/** How long Azure keeps an interface for a machine that is gone. */
const RESERVED_MS = 180_000;

const CREATE: Timing = { status: 201, state: "Creating", seconds: [40, 80], header: "async", retry: 10, poll: 30, once: true };

export const virtualMachine: KindRules = {
  ...computeHead(
    "Microsoft.Compute/virtualMachines",
    "zones plan{name publisher product promotionCode} identity extendedLocation resources managedBy etag placement " +
      "properties{hardwareProfile{vmSize vmSizeProperties} scheduledEventsPolicy storageProfile{imageReference{id publisher offer sku version exactVersion " +
      "sharedGalleryImageId communityGalleryImageId} osDisk{osType encryptionSettings name vhd image caching writeAcceleratorEnabled " +
      "diffDiskSettings createOption diskSizeGB managedDisk{id storageAccountType diskEncryptionSet securityProfile} deleteOption} " +
      "dataDisks{lun name vhd image caching writeAcceleratorEnabled createOption diskSizeGB managedDisk{id storageAccountType " +
      "diskEncryptionSet securityProfile} sourceResource toBeDetached diskIOPSReadWrite diskMBpsReadWrite detachOption deleteOption} " +
      "diskControllerType alignRegionalDisksToVMZone} additionalCapabilities osProfile{computerName adminUsername adminPassword " +
      "customData windowsConfiguration linuxConfiguration{disablePasswordAuthentication ssh{publicKeys{path keyData}} provisionVMAgent " +
      "patchSettings enableVMAgentPlatformUpdates} secrets allowExtensionOperations requireGuestProvisionSignal} " +
      "networkProfile{networkInterfaces{id properties{primary deleteOption}} networkApiVersion networkInterfaceConfigurations} " +
      "securityProfile{uefiSettings encryptionAtHost securityType encryptionIdentity proxyAgentSettings} " +
      "diagnosticsProfile{bootDiagnostics{enabled storageUri}} availabilitySet{id} virtualMachineScaleSet{id} " +
      "proximityPlacementGroup{id} priority evictionPolicy billingProfile{maxPrice} host hostGroup provisioningState instanceView licenseType vmId " +
      "extensionsTimeBudget platformFaultDomain scheduledEventsProfile userData capacityReservation interconnectBlockProfile " +
      "applicationProfile timeCreated resiliencyProfile}",
  ),
  name: /^(?!_)[^\\/"[\]:|<>+=;,?*@&\s]{1,64}(?<![.-])$/,
  create: CREATE,
  update: ({ before }) => ({
    ...CREATE,
    status: 200,
    state: "Updating",
    seconds: propertiesOf(before?.resource)["provisioningState"] === "Failed" ? [40, 80] : [5, 20],
  }),
  remove: { status: 202, state: "Deleting", seconds: [20, 40], header: "both", retry: 10, poll: 30 },
  check: checkMachine,
  shape,
  accepted(cloud, entry, { properties, before }) {
    const has = dataDiskKeys(entry.resource);
    for (const disk of dataDiskKeys(before?.resource)) if (!has.includes(disk)) detach(cloud, disk);
    const custom = textIn(dig(properties, "osProfile", "customData"));
    if (custom !== undefined) entry.hidden["customData"] = digest(custom);
    for (const nic of interfacesOf(cloud, entry)) {
      propertiesOf(nic.resource)["virtualMachine"] = { id: entry.id };
      delete nic.hidden["reserved"];
    }
  },
  settled(cloud, entry, operation) {
    delete entry.hidden["failure"];
    if (operation.verb === "power") entry.hidden["power"] = operation.power;
    else boot(cloud, entry);
  },
  failed(cloud, entry, operation) {
    entry.hidden["failure"] = operation.error?.code;
    if (operation.verb === "power") entry.hidden["power"] = operation.powerBefore;
    if (operation.verb !== "put") return;
    if (BOOTED.test(operation.error?.code ?? "")) boot(cloud, entry);
    for (const nic of interfacesOf(cloud, entry)) nic.hidden["reserved"] = reservation(cloud, entry, true);
  },
  removed(cloud, entry) {
    const wanted = new Map(
      listIn(dig(entry.resource, "properties", "networkProfile", "networkInterfaces")).map((nic) => [
        keyOf(idOf(nic) ?? ""),
        propertiesOf(nic)["deleteOption"],
      ]),
    );
    for (const nic of interfacesOf(cloud, entry)) {
      delete propertiesOf(nic.resource)["virtualMachine"];
      if (wanted.get(nic.key) === "Delete") removeInterface(cloud, nic);
      else nic.hidden["reserved"] ??= reservation(cloud, entry, false);
    }
    const storage = object(propertiesOf(entry.resource)["storageProfile"]);
    for (const disk of [object(storage["osDisk"]), ...listIn(storage["dataDisks"])]) {
      const held = cloud.get(idOf(disk["managedDisk"]) ?? "");
      if (held === undefined) continue;
      if (disk["deleteOption"] === "Delete") cloud.remove(held.key);
      else detachDisk(held);
    }
  },
};

const dataDiskKeys = (machine: JsonValue | undefined): string[] =>
  listIn(dig(machine ?? {}, "properties", "storageProfile", "dataDisks")).map((disk) => keyOf(idOf(disk["managedDisk"]) ?? ""));

function detach(cloud: SimCloud, disk: string): void {
  const held = cloud.get(disk);
  if (held !== undefined) detachDisk(held);
}

/** Creations that fail once the machine runs: its system was not heard of in time, or an extension of a policy failed. */
const BOOTED = /^(OSProvisioning|VMExtension)/;

function boot(cloud: SimCloud, entry: StoredResource): void {
  entry.hidden["power"] ??= "running";
  makeDisks(cloud, entry);
  interfacesOf(cloud, entry).forEach((nic, index) => {
    const properties = propertiesOf(nic.resource);
    properties["macAddress"] ??= macOf(cloud);
    properties["primary"] = index === 0;
  });
}

const interfacesOf = (cloud: SimCloud, machine: StoredResource): StoredResource[] =>
  listIn(dig(machine.resource, "properties", "networkProfile", "networkInterfaces"))
    .map((nic) => cloud.get(idOf(nic) ?? ""))
    .filter((nic) => nic !== undefined);

const reservation = (cloud: SimCloud, machine: StoredResource, failed: boolean): JsonValue => ({
  machine: machine.id,
  failed,
  until: cloud.now() + RESERVED_MS,
});

function removeInterface(cloud: SimCloud, nic: StoredResource): void {
  for (const configuration of listIn(propertiesOf(nic.resource)["ipConfigurations"])) {
    const address = object(propertiesOf(configuration)["publicIPAddress"]);
    const held = propertiesOf(address)["deleteOption"] === "Delete" ? cloud.get(idOf(address) ?? "") : undefined;
    if (held !== undefined) cloud.remove(held.key);
  }
  if (nic.type === NICS) cloud.remove(nic.key);
}

function shape({ cloud, properties, before, body }: Change): JsonValue {
  const old = propertiesOf(before?.resource);
  const fresh = clone({ ...old, ...properties });
  const profile = object(fresh["osProfile"]);
  delete profile["customData"];
  delete profile["adminPassword"];
  delete fresh["instanceView"];
  if (profile["computerName"] !== undefined) {
    object(profile["linuxConfiguration"])["provisionVMAgent"] ??= true;
    Object.assign(profile, { secrets: [], allowExtensionOperations: true, requireGuestProvisionSignal: true });
  }
  const storage = object(fresh["storageProfile"]);
  const os = object(storage["osDisk"]);
  storage["osDisk"] = { osType: "Linux", ...os, ...keepDisk(dig(old, "storageProfile", "osDisk")) };
  storage["dataDisks"] = listIn(storage["dataDisks"]).map((disk) => ({
    ...disk,
    ...keepDisk(listIn(dig(old, "storageProfile", "dataDisks")).find((one) => one["lun"] === disk["lun"])),
  }));
  fresh["storageProfile"] = storage;
  const set = idOf(fresh["availabilitySet"]);
  // Recorded: the set's name comes back in capitals. Ids are to be compared without case.
  if (set !== undefined)
    fresh["availabilitySet"] = { id: `${parentOf(set)}/availabilitySets/${(set.split("/").at(-1) ?? "").toUpperCase()}` };
  return {
    ...(body["identity"] === undefined && before?.resource["identity"] === undefined
      ? {}
      : { identity: shownIdentity(cloud, body["identity"] ?? before?.resource["identity"]) }),
    ...(body["plan"] === undefined && before?.resource["plan"] !== undefined ? { plan: before.resource["plan"] } : {}),
    etag: `"${cloud.random.hex(8)}"`,
    properties: {
      vmId: old["vmId"] ?? cloud.random.uuid(),
      timeCreated: new Date(before?.created ?? cloud.now()).toISOString(),
      ...fresh,
    },
  };
}

/** What Azure has filled in stays: name and id of a disk that exists. */
function keepDisk(old: unknown): JsonValue {
  const id = idOf(object(old)["managedDisk"]);
  return id === undefined
    ? {}
    : { name: object(old)["name"], diskSizeGB: object(old)["diskSizeGB"], managedDisk: clone(object(old)["managedDisk"]) };
}

/** Recorded: names and ids of the disks are there when the machine is, not before. */
function makeDisks(cloud: SimCloud, entry: StoredResource): void {
  const storage = object(propertiesOf(entry.resource)["storageProfile"]);
  const base = entry.id.replace(/\/virtualMachines\/[^/]+$/i, "/disks");
  const image = clone(object(storage["imageReference"]));
  const all = [
    { disk: object(storage["osDisk"]), os: true },
    ...listIn(storage["dataDisks"]).map((disk) => ({ disk, os: false })),
  ];
  all.forEach(({ disk, os }, index) => {
    const managed = object(disk["managedDisk"]);
    disk["managedDisk"] = managed;
    const name = textIn(disk["name"]) ?? `${entry.name}_${os ? "OsDisk_1" : `disk${index + 1}`}_${cloud.random.hex(32)}`;
    disk["name"] = name;
    managed["id"] ??= `${base}/${name}`;
    // of one that is attached it is the disk's own
    const there = cloud.get(String(managed["id"]))?.resource;
    const sizeGB = number(propertiesOf(there)["diskSizeGB"]) ?? number(disk["diskSizeGB"]) ?? 30;
    disk["diskSizeGB"] = sizeGB;
    disk["caching"] ??= os ? "ReadWrite" : "None";
    managed["storageAccountType"] ??= textIn(dig(there ?? {}, "sku", "name")) ?? "Premium_LRS";
    attachNewDisk(cloud, {
      id: String(managed["id"]),
      name,
      machine: entry,
      sku: String(managed["storageAccountType"]),
      sizeGB,
      ...(os ? { osType: "Linux" } : {}),
      creationData: os
        ? { createOption: "FromImage", imageReference: image }
        : { createOption: textIn(disk["createOption"]) ?? "Empty" },
    });
    const held = cloud.get(String(managed["id"]));
    if (held === undefined) return;
    held.resource["managedBy"] = entry.id;
    propertiesOf(held.resource)["diskState"] = "Attached";
  });
  cloud.touched(entry);
}

const macOf = (cloud: SimCloud): string => `00-0D-3A-${(cloud.random.hex(6).toUpperCase().match(/../g) ?? []).join("-")}`;
