/** What a location offers, read out of Azure's lists: each fact, and what stands where Azure says nothing. */
import { expect, test } from "vitest";
import type { Clients } from "../../src/azure/clients.ts";
import { regionReads } from "../../src/azure/lookups/region.ts";

const signal = new AbortController().signal;
const listOf = (...items: object[]) => ({
  byPage: async function* () {
    yield items;
  },
});
const reads = (parts: object) => regionReads(parts as unknown as Clients);
const sku = (name: string, more: object = {}): object => ({ resourceType: "virtualMachines", name, ...more });

test("sizes of the location, and the fault domains of aligned sets", async () => {
  const list = () =>
    listOf(
      sku("Standard_A", {
        family: "f",
        locations: ["WestUS"],
        locationInfo: [
          { location: "eastus", zones: ["9"] },
          { location: "WestUS", zones: ["3", "2", "1"] },
        ],
        capabilities: [
          { name: "vCPUs", value: "4" },
          { name: "AcceleratedNetworkingEnabled", value: "True" },
          { name: "PremiumIO", value: "True" },
          { name: "HyperVGenerations", value: "V2" },
          { name: "CpuArchitectureType", value: "Arm64" },
          { name: "LowPriorityCapable", value: "False" },
        ],
        restrictions: [
          { type: "Zone", reasonCode: "x", restrictionInfo: { zones: ["2"] } },
          { type: "Location", reasonCode: "QuotaId" },
        ],
      }),
      sku("Standard_B"),
      sku("Standard_C", { locations: ["eastus"] }),
      {
        resourceType: "availabilitySets",
        name: "Classic",
        capabilities: [{ name: "MaximumPlatformFaultDomainCount", value: "9" }],
      },
      { resourceType: "disks", name: "Aligned", capabilities: [{ name: "MaximumPlatformFaultDomainCount", value: "8" }] },
      {
        resourceType: "availabilitySets",
        name: "Aligned",
        capabilities: [{ name: "MaximumPlatformFaultDomainCount", value: "3" }],
      },
    );
  const { sizes, faultDomains, zones } = await reads({ compute: { resourceSkus: { list } } }).sizes("westus", signal);
  expect([faultDomains, zones]).toEqual([3, ["1", "2", "3"]]);
  expect([...sizes]).toEqual([
    [
      "standard_a",
      {
        name: "Standard_A",
        family: "f",
        vcpus: 4,
        acceleratedNetworking: true,
        premiumDisks: true,
        generations: ["V2"],
        architecture: "Arm64",
        zones: ["1", "3"],
        spot: false,
        restricted: "QuotaId",
      },
    ],
    [
      "standard_b",
      {
        name: "Standard_B",
        family: "",
        vcpus: 0,
        acceleratedNetworking: false,
        premiumDisks: false,
        generations: ["V1", "V2"],
        architecture: "x64",
      },
    ],
  ]);
  const none = await reads({ compute: { resourceSkus: { list: () => listOf() } } }).sizes("westus", signal);
  expect([none.sizes.size, none.faultDomains, none.zones]).toEqual([0, undefined, undefined]);
});

test.each([
  ["Registered", true],
  ["Registering", true],
  [undefined, true],
  ["NotRegistered", false],
  ["Unregistered", false],
  ["Unregistering", false],
])("a provider in state %s is registered: %j; without its type it names no locations", async (registrationState, registered) => {
  const get = () => Promise.resolve({ registrationState, resourceTypes: [{ resourceType: "other", locations: ["x"] }] });
  expect(await reads({ resources: { providers: { get } } }).resourceProvider("n", signal)).toEqual({
    namespace: "n",
    registered,
    locations: [],
  });
  const typed = () => Promise.resolve({ resourceTypes: [{ resourceType: "VirtualMachines", locations: ["West US"] }] });
  expect((await reads({ resources: { providers: { get: typed } } }).resourceProvider("n", signal)).locations).toEqual(["westus"]);
  const bare = () => Promise.resolve({});
  expect((await reads({ resources: { providers: { get: bare } } }).resourceProvider("n", signal)).locations).toEqual([]);
});

test("usages have a name and a label, whatever Azure leaves out", async () => {
  const list = () =>
    listOf(
      { name: { value: "a", localizedValue: "A" }, currentValue: 1, limit: 2 },
      { name: { value: "b" }, currentValue: 3, limit: 4 },
      { currentValue: 5, limit: 6 },
    );
  const expected = [
    { name: "a", label: "A", current: 1, limit: 2 },
    { name: "b", label: "b", current: 3, limit: 4 },
    { name: "", label: "", current: 5, limit: 6 },
  ];
  expect(await reads({ compute: { usage: { list } } }).computeUsage("l", signal)).toEqual(expected);
  expect(await reads({ network: { usages: { list } } }).networkUsage("l", signal)).toEqual(expected);
});
