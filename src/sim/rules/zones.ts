/**
 * Availability zones, alike for machines, disks, addresses and NAT gateways: the region has them, and nothing changes its own. And what
 * must be in the zone of a machine.
 */
import { refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import { locationOf } from "../catalogue/locations.ts";
import type { SimCloud } from "../cloud.ts";
import type { StoredResource } from "../cloud-index.ts";
import { idOf, type JsonValue, listIn, object, propertiesOf } from "../json.ts";
import type { Change } from "../kind.ts";

const REGIONAL = ["1", "2", "3"];

/** The zones that a body or a resource names. */
export const zonesIn = (resource: JsonValue | undefined): string[] => {
  const zones = resource?.["zones"];
  return Array.isArray(zones) ? zones.map(String) : [];
};

/**
 * @param most how many zones one of this kind may name: one, or all three
 * @throws ArmError 400 LocationNotSupportAvailabilityZones, InvalidAvailabilityZone, ResourceAvailabilityZonesCannotBeModified
 */
export function checkZones({ body, before, location, id, name }: Change, type: string, most: 1 | 3): void {
  const wanted = zonesIn(body);
  const had = zonesIn(before?.resource);
  if (before !== undefined && [...had].sort().join() !== [...wanted].sort().join()) {
    const shown = (zones: readonly string[]): string => (zones.length === 0 ? "NoZone" : zones.join(", "));
    refuse(
      400,
      "ResourceAvailabilityZonesCannotBeModified",
      `Resource ${id} has an existing availability zone constraint ${shown(had)} and the request has availability zone constraint ${shown(wanted)}, which do not match. Zones cannot be added/updated/removed once the resource is created. The resource cannot be updated from regional to zonal or vice-versa.`,
    );
  }
  if (wanted.length === 0) return;
  if (locationOf(location)?.zones !== true)
    refuse(
      400,
      "LocationNotSupportAvailabilityZones",
      `The resource '${type}/${name}' does not support availability zones at location '${location}'.`,
    );
  if (wanted.some((zone) => !REGIONAL.includes(zone)))
    refuse(
      400,
      "InvalidAvailabilityZone",
      `The zone(s) '${wanted.join(",")}' for resource '${type}/${name}' is not supported. The supported zones for location '${location}' are '${REGIONAL.join(",")}'`,
    );
  // several and not all: the code is a load balancer frontend's, as it was seen in a log
  if (wanted.length > 1 && wanted.length !== most)
    refuse(
      400,
      "ResourceCannotHaveMultipleZonesSpecified",
      `Resource ${id} has ${wanted.length} zones specified. Only one zone can be specified for this resource.`,
    );
}

/**
 * Addresses before a machine in a zone, its interfaces' own and those of their balancers, are in that zone or in all of them.
 * @throws ArmError 400 ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint
 */
export function checkAddressZones(cloud: SimCloud, machine: string, zone: string, nic: StoredResource): void {
  for (const address of addressesBefore(cloud, nic)) {
    const zones = zonesIn(address.resource);
    if (zones.includes(zone)) continue;
    refuse(
      400,
      "ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint",
      `Compute resource ${machine} has a zone constraint ${zone} but the PublicIPAddress ${address.id} used by the compute resource via NetworkInterface or LoadBalancer has a different zone constraint ${zones.length === 0 ? "Regional" : zones.join(", ")}.`,
    );
  }
}

/** @throws ArmError 400 BadRequest for a disk that is attached to a machine of another zone */
export function checkDiskZone(disk: StoredResource, zone: string | undefined): void {
  if (String(object(disk.resource["sku"])["name"]).endsWith("_ZRS")) return;
  const [held] = zonesIn(disk.resource);
  if (held === zone) return;
  refuse(
    400,
    "BadRequest",
    `Disk ${disk.id} cannot be attached to the VM because it is not in the same zone as the VM. VM zone: '${zone ?? ""}'. Disk zone: '${held ?? ""}'.`,
  );
}

// --- internal ---

function addressesBefore(cloud: SimCloud, nic: StoredResource): StoredResource[] {
  const configurations = listIn(propertiesOf(nic.resource)["ipConfigurations"]).map(propertiesOf);
  const own = configurations.map((one) => idOf(one["publicIPAddress"]));
  const balancers = configurations
    .flatMap((one) => listIn(one["loadBalancerBackendAddressPools"]))
    .map((pool) => cloud.get((idOf(pool) ?? "").replace(/\/backendAddressPools\/[^/]+$/i, "")));
  const frontends = balancers
    .flatMap((balancer) => listIn(propertiesOf(balancer?.resource)["frontendIPConfigurations"]))
    .map((frontend) => idOf(propertiesOf(frontend)["publicIPAddress"]));
  const ids = new Set([...own, ...frontends].flatMap((id) => (id === undefined ? [] : [keyOf(id)])));
  return [...ids].map((id) => cloud.get(id)).filter((address) => address !== undefined);
}
