/**
 * What refuses a machine because of what is around it: size, quota, set, interfaces; and changes that none may make.
 * Longer than most: one rule after the other, each with its own sentence.
 */
import { invalid, refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { isRestricted, type Size, sizeOf, SIZES } from "../catalogue/sizes.ts";
import type { SimCloud } from "../cloud.ts";
import { vcpuLimit } from "../limits.ts";
import { dig, idOf, listIn, object, propertiesOf, textIn } from "../json.ts";
import type { Change } from "../kind.ts";
import { refuseReserved } from "./interface.ts";
import { digest } from "./digest.ts";
import { checkImage } from "./machine-image.ts";
import { checkDisks } from "./machine-disks.ts";
import { checkOsProfile } from "./machine-profile.ts";
import { checkIdentity } from "./identity.ts";
import { checkSpot, isSpotMachine } from "./machine-spot.ts";
import { checkPlacement, checkPlacementZone, machinesIn } from "./placement.ts";
import { checkAddressZones, checkZones, zonesIn } from "./zones.ts";

const MACHINES = "Microsoft.Compute/virtualMachines";

/** @throws ArmError; in the order in which Azure is thought to look */
export function checkMachine(change: Change): void {
  const { cloud, properties, location, before } = change;
  checkZones(change, MACHINES, 1);
  const size = checkSize(change);
  checkUnchanged(change);
  checkIdentity(change);
  checkSpot(change, size);
  if (before === undefined) {
    checkImage(change, size);
    checkOsProfile(change);
  }
  checkDisks(change, size);
  checkSet(change);
  checkPlacement(cloud, idOf(properties["proximityPlacementGroup"]), location);
  checkPlacementZone(change);
  checkInterfaces(change, size);
  checkQuota(change, size);
}

function checkSize({ cloud, body, properties, location, before }: Change): Size {
  const given =
    textIn(dig(properties, "hardwareProfile", "vmSize")) ??
    textIn(dig(before?.resource, "properties", "hardwareProfile", "vmSize"));
  if (given === undefined) return invalid("Required parameter 'vmSize' is missing (null).", "vmSize");
  const size = sizeOf(given);
  if (size === undefined) {
    return invalid(
      `The value ${given} provided for the VM size is not valid. The valid sizes in the current region are: ${SIZES.map(({ name }) => name).join(",")}.`,
      "vmSize",
    );
  }
  const [zone] = zonesIn(body);
  if (isRestricted(cloud.limits.restrictedSizes, location, given, zone)) {
    refuse(
      409,
      "SkuNotAvailable",
      `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${given}' is currently not available in location '${location}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.`,
    );
  }
  return size;
}

export interface CoresAsked {
  readonly subscription: string;
  readonly location: string;
  /** Of this family of sizes alone. */
  readonly family?: string | undefined;
  readonly spot?: boolean;
}

/** vCPUs in use: of all machines of a region that are not on their way out; deallocated ones count. Spot machines have a quota of their own. */
export function coresInUse(cloud: SimCloud, { subscription, location, family, spot = false }: CoresAsked): number {
  let sum = 0;
  for (const machine of cloud.ofType(MACHINES)) {
    if (machine.location !== location || keyOf(machine.subscription) !== keyOf(subscription)) continue;
    if (isSpotMachine(machine.resource) !== spot) continue;
    const size = sizeOf(String(dig(machine.resource, "properties", "hardwareProfile", "vmSize")));
    if (size !== undefined && (family === undefined || size.family === family)) sum += size.cores;
  }
  return sum;
}

function checkQuota({ cloud, location, subscription, properties, before }: Change, size: Size): void {
  const spot = isSpotMachine({ properties });
  const held = sizeOf(String(dig(before?.resource, "properties", "hardwareProfile", "vmSize")));
  const rows = spot
    ? ([["LowPriority", cloud.limits.spotCores, undefined]] as const)
    : ([
        ["Total Regional", vcpuLimit(cloud.limits, location, undefined), undefined],
        [size.family, vcpuLimit(cloud.limits, location, size.family), size.family],
      ] as const);
  for (const [label, limit, family] of rows) {
    const needed = size.cores - (held !== undefined && (family === undefined || held.family === family) ? held.cores : 0);
    const used = coresInUse(cloud, { subscription, location, family, spot });
    if (needed <= 0 || used + needed <= limit) continue;
    refuse(
      409,
      "OperationNotAllowed",
      `Operation could not be completed as it results in exceeding approved ${label}${spot ? "" : " "}Cores quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${used}, Additional Required: ${needed}, (Minimum) New Limit Required: ${used + needed}. Setup Alerts when Quota reaches threshold. Submit a request for Quota increase at https://aka.ms/ProdportalCRP and try again.`,
    );
  }
}

function checkSet({ cloud, id, body, properties, group, before }: Change): void {
  const setId = idOf(properties["availabilitySet"]);
  if (setId === undefined) return;
  // code and sentence are from memory
  if (zonesIn(body).length > 0)
    refuse(
      400,
      "BadRequest",
      `Virtual Machine ${id} cannot be created because both Availability Zone and Availability Set were specified. Deploying an Availability Set to an Availability Zone isn't supported.`,
    );
  if (properties["virtualMachineScaleSet"] !== undefined) {
    invalid("availabilitySet and virtualMachineScaleSet exclude each other.", "availabilitySet");
  }
  const set = cloud.get(setId);
  if (set === undefined) return refuse(404, "NotFound", `The entity was not found: ${setId}.`);
  if (set.group !== group) {
    invalid(`The availability set ${setId} must be in the resource group of ${id}.`, "availabilitySet.id");
  }
  if (textIn(dig(set.resource, "sku", "name")) !== "Aligned") {
    refuse(
      409,
      "OperationNotAllowed",
      "Addition of a VM with managed disks to non-managed Availability Set or addition of a VM with blob based disks to managed Availability Set is not supported. Please create an Availability Set with 'managed' property set in order to add a VM with managed disks to it.",
    );
  }
  if (before === undefined && machinesIn(cloud, set).length >= 200) {
    refuse(409, "OperationNotAllowed", `The availability set ${setId} holds 200 machines, which is its limit.`);
  }
}

function checkInterfaces({ cloud, id, body, properties, location, before }: Change, size: Size): void {
  const [zone] = zonesIn(body);
  const nics = listIn(dig(properties, "networkProfile", "networkInterfaces"));
  if (nics.length === 0) {
    if (before === undefined) invalid("The VM must have at least one network interface.", "networkProfile");
    return;
  }
  if (nics.length > size.interfaces) {
    refuse(
      400,
      "NetworkInterfaceCountExceeded",
      `The number of network interfaces for virtual machine ${id} exceeds the maximum allowed for the virtual machine size ${size.name}.`,
    );
  }
  if (nics.length > 1 && nics.filter((nic) => propertiesOf(nic)["primary"] === true).length !== 1) {
    refuse(
      400,
      "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
      `Virtual machine ${id} must have one network interface set as the primary.`,
    );
  }
  for (const nic of nics) {
    const nicId = idOf(nic) ?? "";
    const entry = cloud.get(nicId);
    if (entry === undefined || entry.type !== "Microsoft.Network/networkInterfaces") {
      return refuse(404, "NotFound", `The Resource ${nicId} referenced by ${id} was not found.`);
    }
    if (entry.location !== location) invalid(`The network interface ${nicId} is not in location ${location}.`, "networkProfile");
    const holder = idOf(propertiesOf(entry.resource)["virtualMachine"]);
    if (holder !== undefined && keyOf(holder) !== keyOf(id)) {
      refuse(400, "NicInUse", `Network Interface ${nicId} is used by existing VM ${holder}.`);
    }
    const reserved = object(entry.hidden["reserved"]);
    if (Number(reserved["until"]) > cloud.now() && keyOf(String(reserved["machine"])) !== keyOf(id))
      refuseReserved(String(reserved["machine"]));
    if (zone !== undefined) checkAddressZones(cloud, id, zone, entry);
    if (propertiesOf(entry.resource)["enableAcceleratedNetworking"] === true && !size.accelerated) {
      refuse(
        400,
        "VMSizeIsNotPermittedToEnableAcceleratedNetworking",
        `VM size ${size.name} is not permitted to enable accelerated networking on network interface ${nicId}.`,
      );
    }
  }
}

/** Fixed when the machine is made; the same value again is no change. */
const FIXED: readonly (readonly [target: string, path: readonly string[]])[] = [
  ["osProfile.adminUsername", ["osProfile", "adminUsername"]],
  ["osProfile.computerName", ["osProfile", "computerName"]],
  ["linuxConfiguration.ssh.publicKeys", ["osProfile", "linuxConfiguration", "ssh", "publicKeys"]],
  ["imageReference", ["storageProfile", "imageReference"]],
  ["osDisk.createOption", ["storageProfile", "osDisk", "createOption"]],
  ["osDisk.name", ["storageProfile", "osDisk", "name"]],
  ["availabilitySet.id", ["availabilitySet", "id"]],
];

function checkUnchanged({ properties, before }: Change): void {
  if (before === undefined) return;
  const old = propertiesOf(before.resource);
  const forbid = (target: string): never =>
    refuse(409, "PropertyChangeNotAllowed", `Changing property '${target}' is not allowed.`, { target });
  for (const [target, path] of FIXED) {
    const [had, wants] = [dig(old, ...path), dig(properties, ...path)];
    if (had === undefined || wants === undefined) continue;
    if (JSON.stringify(had).toLowerCase() !== JSON.stringify(wants).toLowerCase()) forbid(target);
  }
  const custom = textIn(dig(properties, "osProfile", "customData"));
  if (custom !== undefined && digest(custom) !== before.hidden["customData"]) forbid("customData");
}
