/** Zones, spot machines, identities and the system disk: what the simulation refuses, with Azure's codes, and what an eviction does. */
import { describe, expect, test } from "vitest";
import { type Arm, arm, of } from "./arm.ts";
import { availabilitySet, lb, lbId, nic, nicId, nsg, nsgId, pip, pipId, setId, vm, vmId, vnet, vnetId } from "./shape.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- tests change one thing deep inside
type Loose = any;

/** In a region that has zones. */
const there = (body: object): Loose => JSON.parse(JSON.stringify(body).replaceAll("westus", "eastus"));
const ALL = ["1", "2", "3"];
const identityId = of("ManagedIdentity/userAssignedIdentities", "reader");
const diskId = of("Compute/disks", "kept");
const disk = (zones?: string[]): object => ({
  location: "eastus",
  ...(zones === undefined ? {} : { zones }),
  properties: { creationData: { createOption: "Empty" }, diskSizeGB: 10 },
});

/** A machine of no set, with one thing changed. */
function machine(change: (properties: Loose, body: Loose) => void = () => {}): Loose {
  const body = there(vm(0));
  delete body.properties.availabilitySet;
  change(body.properties, body);
  return body;
}
const zonal = (zone: string, change: (properties: Loose) => void = () => {}): Loose =>
  machine((properties, body) => ((body.zones = [zone]), change(properties)));
const spot = (change: (properties: Loose) => void = () => {}): Loose =>
  machine((properties) => (Object.assign(properties, { priority: "Spot", evictionPolicy: "Delete" }), change(properties)));
const attached = (properties: Loose): void =>
  void (properties.storageProfile.dataDisks = [{ lun: 0, createOption: "Attach", managedDisk: { id: diskId } }]);

async function region(zones?: string[]): Promise<Arm> {
  const on = arm({ limits: { spotCores: 8, restrictedSizes: ["eastus/3/Standard_D2s_v5"] } });
  await on.make("/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/g", { location: "eastus" });
  const address = there(pip());
  if (zones !== undefined) address.zones = zones;
  for (const [id, body] of [
    [vnetId, vnet()],
    [nsgId, nsg()],
    [lbId, lb()],
    [setId, availabilitySet()],
    [nicId(0), nic(0)],
  ] as const) {
    if (id === lbId) await on.make(pipId, address);
    await on.make(id, there(body));
  }
  return on;
}

describe("refused", () => {
  test.each<[what: string, status: number, code: string, path: string, body: Loose, before?: (on: Arm) => Promise<unknown>]>([
    [
      "a zone where there are none",
      400,
      "LocationNotSupportAvailabilityZones",
      of("Network/publicIPAddresses", "a"),
      { ...pip("other"), zones: ["1"] },
    ],
    ["a zone that is none", 400, "InvalidAvailabilityZone", vmId(0), zonal("4")],
    [
      "an address in two zones",
      400,
      "ResourceCannotHaveMultipleZonesSpecified",
      of("Network/publicIPAddresses", "a"),
      { ...there(pip("other")), zones: ["1", "2"] },
    ],
    [
      "zones of a frontend whose address has its own",
      400,
      "LoadBalancerFrontendIPConfigCannotHaveZoneWhenReferencingPublicIPAddress",
      lbId,
      JSON.parse(JSON.stringify(there(lb())).replace('"name":"f",', '"name":"f","zones":["1"],')),
    ],
    [
      "a machine in two zones",
      400,
      "ResourceCannotHaveMultipleZonesSpecified",
      vmId(0),
      machine((_, body) => (body.zones = ["1", "2"])),
    ],
    ["zones changed later", 400, "ResourceAvailabilityZonesCannotBeModified", pipId, there(pip())],
    ["a zone and a set", 400, "BadRequest", vmId(0), zonal("1", (p) => (p.availabilitySet = { id: setId }))],
    ["a size that the zone does not have", 409, "SkuNotAvailable", vmId(0), zonal("3")],
    ["a disk of another zone", 400, "BadRequest", vmId(0), zonal("1", attached), (on) => on.make(diskId, disk(["2"]))],
    ["a disk of no zone", 400, "BadRequest", vmId(0), zonal("1", attached), (on) => on.make(diskId, disk())],
    [
      "a spot machine in a set",
      409,
      "AzureSpotVMNotSupportedInAvailabilitySet",
      vmId(0),
      spot((p) => (p.availabilitySet = { id: setId })),
    ],
    [
      "a spot machine of the B series",
      409,
      "AzureSpotIsNotSupportedForThisVMSize",
      vmId(0),
      spot((p) => (p.hardwareProfile.vmSize = "Standard_B2s_v2")),
    ],
    ["a price of nothing", 400, "MaxPriceValueInvalid", vmId(0), spot((p) => (p.billingProfile = { maxPrice: 0 }))],
    [
      "a price below today's",
      409,
      "SpotPriceGreaterThanProvidedMaxPrice",
      vmId(0),
      spot((p) => (p.billingProfile = { maxPrice: 0.001 })),
    ],
    [
      "a price of what is no spot machine",
      409,
      "MaxPriceIsSupportedOnlyForAzureSpotVirtualMachines",
      vmId(0),
      machine((p) => (p.billingProfile = { maxPrice: -1 })),
    ],
    [
      "an eviction policy of what is none",
      409,
      "EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines",
      vmId(0),
      machine((p) => (p.evictionPolicy = "Delete")),
    ],
    ["a priority that is none", 400, "InvalidParameter", vmId(0), machine((p) => (p.priority = "High"))],
    ["a priority changed later", 409, "VMPriorityCannotBeApplied", vmId(0), spot(), (on) => on.make(vmId(0), machine())],
    [
      "more spot cores than there are",
      409,
      "OperationNotAllowed",
      vmId(0),
      spot((p) => (p.hardwareProfile.vmSize = "Standard_D16s_v5")),
    ],
    [
      "an identity that is not there",
      400,
      "FailedIdentityOperation",
      vmId(0),
      machine((_, b) => (b.identity = { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } })),
    ],
    [
      "identities without their type",
      400,
      "InvalidIdentityValues",
      vmId(0),
      machine((_, b) => (b.identity = { type: "SystemAssigned", userAssignedIdentities: { [identityId]: {} } })),
    ],
    [
      "a system disk smaller than its image",
      409,
      "OperationNotAllowed",
      vmId(0),
      machine((p) => (p.storageProfile.osDisk.diskSizeGB = 20)),
    ],
    [
      "a system disk beyond 4,095 GiB",
      400,
      "InvalidParameter",
      vmId(0),
      machine((p) => Object.assign(p.storageProfile.osDisk, { diskSizeGB: 4096, caching: "None" })),
    ],
  ])("%s: %i %s", async (_, status, code, path, body, before) => {
    const on = await region(ALL);
    await before?.(on);
    const given = await on.ask("PUT", path, body);
    expect([given.status, given.json.error.code], given.json.error.message).toEqual([status, code]);
  });

  test.each([
    ["in no zone", undefined],
    ["in another zone", ["2"]],
  ])("a machine in a zone behind a balancer whose address is %s", async (_, zones) => {
    const given = await (await region(zones)).ask("PUT", vmId(0), zonal("1"));
    expect(given.json.error.code).toBe("ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint");
  });

  test("machines of one placement group in two zones", async () => {
    const on = await region(ALL);
    const group = of("Compute/proximityPlacementGroups", "near");
    await on.make(group, { location: "eastus", properties: {} });
    await on.make(nicId(1), there(nic(1)));
    const near = (zone: string, at: number): Loose =>
      zonal(zone, (p) => {
        p.proximityPlacementGroup = { id: group };
        p.osProfile.computerName = `vm-${at}`;
        p.networkProfile.networkInterfaces[0].id = nicId(at);
      });
    await on.make(vmId(0), near("1", 0));
    expect((await on.ask("PUT", vmId(1), near("2", 1))).json.error.code).toBe("OverconstrainedZonalAllocationRequest");
  });
});

test("a zonal machine brings its disks into its zone, an identity is shown with whom it is", async () => {
  const on = await region(ALL);
  await on.make(identityId, { location: "eastus" });
  const body = zonal("2");
  body.identity = { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } };
  body.properties.storageProfile.osDisk.name = "system";
  await on.make(vmId(0), body);
  expect((await on.ask("GET", of("Compute/disks", "system"))).json.zones).toEqual(["2"]);
  const shown = (await on.ask("GET", vmId(0))).json.identity.userAssignedIdentities[identityId];
  expect(Object.keys(shown)).toEqual(["principalId", "clientId"]);
});

describe("an eviction", () => {
  test("deletes a machine with what its deleteOption says, or lets it stand still, as its policy is", async () => {
    const on = await region(ALL);
    await on.make(vmId(0), spot());
    expect((await on.ask("POST", `${vmId(0)}/simulateEviction`)).status).toBe(204);
    expect((await on.ask("GET", vmId(0))).json.properties.provisioningState).toBe("Deleting");
    await on.wait(60);
    expect([(await on.ask("GET", vmId(0))).status, (await on.ask("GET", nicId(0))).status]).toEqual([404, 404]);
    await on.make(nicId(0), there(nic(0)));
    await on.make(
      vmId(0),
      spot((p) => (p.evictionPolicy = "Deallocate")),
    );
    await on.ask("POST", `${vmId(0)}/simulateEviction`);
    await on.wait(120);
    const { statuses } = (await on.ask("GET", `${vmId(0)}/instanceView`)).json;
    expect(statuses.map((one: Loose) => one.code)).toContain("PowerState/deallocated");
  });

  test("of a machine that is no spot machine is refused", async () => {
    const on = await region(ALL);
    await on.make(vmId(0), machine());
    expect((await on.ask("POST", `${vmId(0)}/simulateEviction`)).status).toBe(409);
  });

  test("spot cores are counted by themselves", async () => {
    const on = await region(ALL);
    await on.make(vmId(0), spot());
    const { value } = (
      await on.ask(
        "GET",
        "/subscriptions/11111111-2222-4333-8444-555555555555/providers/Microsoft.Compute/locations/eastus/usages",
      )
    ).json;
    const used = (name: string): number => value.find((one: Loose) => one.name.value === name).currentValue;
    expect([used("lowPriorityCores"), used("cores")]).toEqual([2, 0]);
  });
});
