/** Availability sets, proximity placement groups and SSH key resources: small, at once, no operations. */
import { invalid, refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { locationOf } from "../catalogue/locations.ts";
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { clone, dig, idOf, number, object, propertiesOf, textIn } from "../json.ts";
import { atOnce, type Change, type KindRules } from "../kind.ts";
import { writtenHead } from "./heads.ts";
import { sshKeyProblem } from "./ssh-key.ts";
import { zonesIn } from "./zones.ts";

const MACHINES = "Microsoft.Compute/virtualMachines";
const SETS = "Microsoft.Compute/availabilitySets";
const GROUPS = "Microsoft.Compute/proximityPlacementGroups";

export const availabilitySet: KindRules = {
  ...writtenHead(
    SETS,
    "sku{name tier capacity} properties{platformUpdateDomainCount platformFaultDomainCount virtualMachines " +
      "proximityPlacementGroup{id} statuses scheduledEventsPolicy virtualMachineScaleSetMigrationInfo}",
  ),
  // Recorded: 200 for a new one too, and no provisioningState.
  create: atOnce(200),
  check({ cloud, properties, location, before }) {
    const faults = number(properties["platformFaultDomainCount"]) ?? 2;
    const most = locationOf(location)?.faultDomains ?? 2;
    if (faults < 1 || faults > most) {
      invalid(`The specified fault domain count ${faults} must fall in the range 1 to ${most}.`, "platformFaultDomainCount");
    }
    const updates = number(properties["platformUpdateDomainCount"]) ?? 5;
    if (updates < 1 || updates > 20) {
      invalid(`The specified update domain count ${updates} must fall in the range 1 to 20.`, "platformUpdateDomainCount");
    }
    for (const field of ["platformFaultDomainCount", "platformUpdateDomainCount"]) {
      const old = propertiesOf(before?.resource)[field];
      if (old !== undefined && properties[field] !== undefined && old !== properties[field]) {
        refuse(409, "PropertyChangeNotAllowed", `Changing property '${field}' is not allowed.`, { target: field });
      }
    }
    checkPlacement(cloud, idOf(properties["proximityPlacementGroup"]), location);
  },
  shape: ({ body, properties }) => ({
    sku: { name: textIn(dig(body, "sku", "name")) ?? "Classic" },
    properties: {
      platformUpdateDomainCount: properties["platformUpdateDomainCount"] ?? 5,
      platformFaultDomainCount: properties["platformFaultDomainCount"] ?? 2,
      ...(properties["proximityPlacementGroup"] === undefined
        ? {}
        : { proximityPlacementGroup: clone(properties["proximityPlacementGroup"]) }),
      ...(properties["scheduledEventsPolicy"] === undefined
        ? {}
        : { scheduledEventsPolicy: clone(properties["scheduledEventsPolicy"]) }),
    },
  }),
  inUse(cloud, entry) {
    if (machinesIn(cloud, entry).length === 0) return;
    refuse(
      409,
      "OperationNotAllowed",
      `Availability Set '${entry.name}' cannot be deleted. Before deleting an Availability Set please ensure that it does not contain any VM.`,
    );
  },
  view(cloud, entry, shown) {
    object(shown["properties"])["virtualMachines"] = machinesIn(cloud, entry).map(({ id }) => ({ id }));
  },
};

export const machinesIn = (cloud: SimCloud, set: StoredResource): StoredResource[] =>
  cloud.users(set.id).filter((user) => user.type === MACHINES);

export const placementGroupRules: KindRules = {
  ...writtenHead(
    GROUPS,
    "zones properties{proximityPlacementGroupType virtualMachines virtualMachineScaleSets availabilitySets " +
      "colocationStatus intent{vmSizes}}",
  ),
  check({ properties }) {
    const type = textIn(properties["proximityPlacementGroupType"]) ?? "Standard";
    if (type !== "Standard" && type !== "Ultra")
      refuse(400, "InvalidParameter", `The proximity placement group type '${type}' is not valid.`);
  },
  shape: ({ properties }) => ({
    properties: {
      proximityPlacementGroupType: properties["proximityPlacementGroupType"] ?? "Standard",
      ...(properties["intent"] === undefined ? {} : { intent: clone(properties["intent"]) }),
    },
  }),
  inUse(cloud, entry) {
    const users = cloud.users(entry.id);
    if (users.length === 0) return;
    refuse(
      409,
      "OperationNotAllowed",
      `Proximity Placement Group '${entry.name}' cannot be deleted. It is in use by ${users.map((user) => user.id).join(", ")}.`,
    );
  },
  view(cloud, entry, shown) {
    const users = cloud.users(entry.id);
    const properties = object(shown["properties"]);
    for (const [field, type] of [
      ["availabilitySets", SETS],
      ["virtualMachines", MACHINES],
    ] as const) {
      properties[field] = users.filter((user) => user.type === type).map(({ id }) => ({ id }));
    }
  },
};

/** @throws ArmError 404 NotFound; 400 when it lies in another region (that check's code is from memory) */
export function checkPlacement(cloud: SimCloud, id: string | undefined, location: string): void {
  if (id === undefined) return;
  const group = cloud.get(id);
  if (group === undefined || keyOf(group.type) !== keyOf(GROUPS)) refuse(404, "NotFound", `The entity was not found: ${id}.`);
  if (group.location !== location) {
    invalid(
      `The proximity placement group ${id} is in location ${group.location}, not in ${location}.`,
      "proximityPlacementGroup",
    );
  }
}

/** A group lies in one datacenter, and so in one zone. @throws ArmError 409 (the code is a guess) */
export function checkPlacementZone({ cloud, id, body, properties }: Change): void {
  const group = cloud.get(idOf(properties["proximityPlacementGroup"]) ?? "");
  const [zone] = zonesIn(body);
  if (group === undefined || zone === undefined) return;
  const other = machinesIn(cloud, group).find(
    (machine) => keyOf(machine.id) !== keyOf(id) && zonesIn(machine.resource)[0] !== zone,
  );
  if (other !== undefined)
    refuse(
      409,
      "OverconstrainedZonalAllocationRequest",
      `Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive: proximity placement group ${group.id}, zone ${zone}; ${other.id} is in another zone.`,
    );
}

export const sshPublicKey: KindRules = {
  ...writtenHead("Microsoft.Compute/sshPublicKeys", "properties{publicKey}"),
  name: /^[A-Za-z0-9_-]{1,80}$/,
  check({ properties, before }) {
    const key = textIn(properties["publicKey"]);
    const problem = key === undefined ? undefined : sshKeyProblem(key);
    if (problem !== undefined) invalid(problem, "publicKey");
    const old = propertiesOf(before?.resource)["publicKey"];
    if (old !== undefined && key !== undefined && old !== key) {
      refuse(409, "PropertyChangeNotAllowed", "Changing property 'publicKey' is not allowed.", { target: "publicKey" });
    }
  },
};
