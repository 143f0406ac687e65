/** Managed disks: made with a machine, or alone; a disk that a machine holds is not deleted. */
import { defined } from "../../core/defined.ts";
import { invalid, refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { clone, dig, type JsonValue, number, object, pick, propertiesOf, textIn } from "../json.ts";
import type { KindRules } from "../kind.ts";
import { computeHead } from "./heads.ts";
import { checkZones } from "./zones.ts";

const DISKS = "Microsoft.Compute/disks";

/** Without the ones that nobody should choose for a new machine. */
export const DISK_SKUS = [
  "Standard_LRS",
  "StandardSSD_LRS",
  "Premium_LRS",
  "StandardSSD_ZRS",
  "Premium_ZRS",
  "PremiumV2_LRS",
  "UltraSSD_LRS",
];

export const disk: KindRules = {
  ...computeHead(
    DISKS,
    "zones sku{name tier} managedBy managedByExtended extendedLocation properties{timeCreated osType " +
      "hyperVGeneration purchasePlan supportedCapabilities creationData diskSizeGB diskSizeBytes uniqueId encryptionSettingsCollection " +
      "provisioningState diskIOPSReadWrite diskMBpsReadWrite diskIOPSReadOnly diskMBpsReadOnly diskState encryption maxShares shareInfo " +
      "networkAccessPolicy diskAccessId burstingEnabledTime tier burstingEnabled propertyUpdatesInProgress supportsHibernation " +
      "securityProfile completionPercent publicNetworkAccess dataAccessAuthMode optimizedForFrequentAttach LastOwnershipUpdateTime}",
  ),
  name: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$/,
  create: { status: 202, state: "Updating", seconds: [1, 2], header: "both", retry: 2, poll: 2 },
  update: { status: 202, state: "Updating", seconds: [1, 2], header: "both", retry: 2, poll: 2 },
  remove: { status: 202, state: "Deleting", seconds: [1, 5], header: "both", retry: 10, poll: 10 },
  check(change) {
    const { body, properties } = change;
    checkZones(change, DISKS, 1);
    const sku = textIn(dig(body, "sku", "name")) ?? "Standard_LRS";
    if (!DISK_SKUS.includes(sku)) invalid(`The disk SKU '${sku}' is not valid.`, "sku.name");
    const option = textIn(dig(properties, "creationData", "createOption"));
    if (option === undefined) invalid("Required parameter 'creationData' is missing (null).", "creationData");
    if (option === "Empty" && number(properties["diskSizeGB"]) === undefined) {
      invalid("Required parameter 'disk.diskSizeGB' is missing (null).", "disk.diskSizeGB");
    }
  },
  shape: ({ cloud, body, properties, before }) => ({
    sku: { tier: "Standard", ...object(body["sku"]) },
    // who holds it, and what follows from that, no body says
    ...pick(before?.resource ?? {}, ["managedBy"]),
    properties: {
      ...clone(properties),
      timeCreated: new Date(before?.created ?? cloud.now()).toISOString(),
      uniqueId: cloud.random.uuid(),
      diskState: "Unattached",
      ...pick(propertiesOf(before?.resource), ["uniqueId", "diskState"]),
    },
  }),
  inUse(_cloud, entry) {
    const machine = textIn(entry.resource["managedBy"]);
    if (machine === undefined) return;
    refuse(409, "OperationNotAllowed", `Disk ${entry.name} is attached to VM ${machine}.`, { target: entry.name });
  },
};

export interface NewDisk {
  readonly id: string;
  readonly name: string;
  readonly machine: StoredResource;
  readonly sku: string;
  readonly sizeGB: number;
  readonly osType?: string;
  readonly creationData: JsonValue;
}

/** The disk that comes into being with its machine. */
export function attachNewDisk(cloud: SimCloud, { id, name, machine, sku, sizeGB, osType, creationData }: NewDisk): void {
  if (cloud.get(id) !== undefined) return;
  const now = cloud.now();
  const resource: JsonValue = {
    name,
    id,
    type: DISKS,
    location: machine.location,
    managedBy: machine.id,
    ...(machine.resource["zones"] === undefined ? {} : { zones: clone(machine.resource["zones"]) }),
    ...(machine.resource["tags"] === undefined || !cloud.limits.diskTags ? {} : { tags: clone(machine.resource["tags"]) }),
    sku: { name: sku, tier: sku.startsWith("Premium") ? "Premium" : "Standard" },
    properties: {
      ...defined({ osType }),
      creationData,
      diskSizeGB: sizeGB,
      timeCreated: new Date(now).toISOString(),
      provisioningState: "Succeeded",
      diskState: "Attached",
      uniqueId: cloud.random.uuid(),
    },
  };
  const { subscription, group, location } = machine;
  cloud.put({
    key: keyOf(id),
    id,
    name,
    type: DISKS,
    subscription,
    location,
    resource,
    created: now,
    changed: now,
    hidden: {},
    ...defined({ group }),
  });
}

/** What stays when its machine goes. */
export function detachDisk(entry: StoredResource): void {
  delete entry.resource["managedBy"];
  propertiesOf(entry.resource)["diskState"] = "Unattached";
}
