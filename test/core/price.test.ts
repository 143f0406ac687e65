/** Which row of Azure's price list is meant, what of a cluster is paid for, and what it comes to. */
import { expect, test } from "vitest";
import { costOf, costSoFar } from "../../src/core/price/cost.ts";
import {
  ADDRESS,
  BALANCER,
  MORE_RULES,
  NAT_GATEWAY,
  type Meter,
  type PriceRow,
  diskMeter,
  machineMeter,
  priceOf,
} from "../../src/core/price/meters.ts";
import { type Part, paidOfFound, paidOfPlan } from "../../src/core/price/paid.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

const row = (more: Partial<PriceRow>): PriceRow => ({
  price: 0.1,
  unit: "1 Hour",
  region: "westus",
  service: "Virtual Machines",
  product: "Virtual Machines DSv5 Series",
  meter: "D2s v5",
  sku: "D2s v5",
  armSku: "Standard_D2s_v5",
  primary: true,
  from: 0,
  start: 0,
  end: Number.POSITIVE_INFINITY,
  ...more,
});

const at = (meter: Meter | undefined, rows: readonly PriceRow[]): number | undefined =>
  meter && priceOf(meter, rows, { location: "westus", now: NOW })?.unitPrice;

test.each([
  ["the plain row", {}, 0.1],
  ["Windows", { product: "Virtual Machines DSv5 Series Windows" }, undefined],
  ["Spot", { sku: "D2s v5 Spot", meter: "D2s v5 Spot" }, undefined],
  ["Low Priority", { sku: "D2s v5 Low Priority", meter: "D2s v5 Low Priority" }, undefined],
  ["a cloud service's machine", { product: "D2s v5 Series Cloud Services" }, undefined],
  ["another service with the size's name", { service: "Azure Databricks" }, undefined],
  ["another size", { armSku: "Standard_D4s_v5" }, undefined],
  ["another region", { region: "eastus" }, undefined],
  ["nothing", { price: 0 }, undefined],
  ["a unit that is no time", { unit: "1 GB/Month" }, undefined],
  ["one of tomorrow", { start: NOW + HOUR }, undefined],
  ["one of yesterday", { end: NOW - HOUR }, undefined],
])("of a machine %s", (_, more, price) => {
  expect(at(machineMeter("Standard_D2s_v5"), [row(more)])).toBe(price);
});

test.each<[string, Partial<PriceRow>[], number]>([
  ["the region's own before everybody's", [{ region: "Global", price: 3 }, { price: 2 }], 2],
  ["the primary one", [{ primary: false, price: 3 }, { price: 2 }], 2],
  ["the first step", [{ from: 100, price: 1 }, { price: 2 }], 2],
  [
    "the newest",
    [
      { start: 1, price: 3 },
      { start: 2, price: 2 },
    ],
    2,
  ],
])("of several rows: %s", (_, rows, price) => {
  expect(at(machineMeter("Standard_D2s_v5"), rows.map(row))).toBe(price);
});

test("a Spot machine has the Spot price, and no other", () => {
  const rows = [row({}), row({ sku: "D2s v5 Spot", meter: "D2s v5 Spot", price: 0.02 })];
  expect(at(machineMeter("Standard_D2s_v5", { spot: true }), rows)).toBe(0.02);
  expect(at(machineMeter("Standard_D2s_v5"), rows)).toBe(0.1);
  expect(at(machineMeter("Standard_D2s_v5", { spot: true }), [row({})])).toBeUndefined();
});

test.each([
  ["Premium_LRS", 4, "P1 LRS Disk"],
  ["Premium_LRS", 30, "P4 LRS Disk"],
  ["Premium_LRS", 33, "P6 LRS Disk"],
  ["premium_zrs", 128, "P10 ZRS Disk"],
  ["StandardSSD_LRS", 100, "E10 LRS Disk"],
  ["StandardSSD_ZRS", 32_767, "E80 ZRS Disk"],
  ["Standard_LRS", 1, "S4 LRS Disk"],
  ["Standard_LRS", 1024, "S30 LRS Disk"],
  ["PremiumV2_LRS", 100, undefined],
  ["UltraSSD_LRS", 100, undefined],
  ["Premium_LRS", 32_768, undefined],
  ["Premium_LRS", 0, undefined],
  ["", 30, undefined],
])("a disk %s of %i GiB is a %s", (sku, gib, name) => {
  expect(diskMeter(sku, gib)?.name).toBe(name);
});

test.each([
  ["Standard_D2s_v5", "armSkuName eq 'Standard_D2s_v5'"],
  ["standard_d2s_v5", "armSkuName eq 'standard_d2s_v5' or armSkuName eq 'Standard_D2s_v5'"],
  ["STANDARD_NC24ADS_A100_V4", "armSkuName eq 'STANDARD_NC24ADS_A100_V4' or armSkuName eq 'Standard_NC24ads_A100_v4'"],
  ["x' or 1 eq 1", undefined],
  ["", undefined],
])("the size %s is asked for by %s", (size, filter) => {
  expect(machineMeter(size)?.filter).toBe(filter);
});

const LIST: readonly PriceRow[] = [
  row({}),
  row({ sku: "D2s v5 Spot", meter: "D2s v5 Spot", price: 0.02 }),
  ...[
    { service: "Storage", meter: "P4 LRS Disk", unit: "1/Month", price: 7.3 },
    { service: "Storage", meter: "P10 LRS Disk", unit: "1/Month", price: 73 },
    { service: "Virtual Network", meter: ADDRESS.name, price: 0.005 },
    { service: "Load Balancer", meter: BALANCER.name, region: "Global", price: 0.025 },
    { service: "Load Balancer", meter: MORE_RULES.name, region: "Global", unit: "1/Hour", price: 0.01 },
    { service: "NAT Gateway", meter: NAT_GATEWAY.name, region: "Global", price: 0.045 },
    { service: "ExpressRoute", meter: NAT_GATEWAY.name, region: "Global", price: 9 },
  ].map((more) => row({ armSku: "", sku: "Standard", product: "", ...more })),
];

const list = { currency: "USD", source: "https://prices.example/", at: NOW, rows: LIST };
const about = { list, location: "westus", now: NOW };

const machine = (more: object = {}): Part => ({
  kind: "machine",
  id: "/m",
  model: {
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    storageProfile: { osDisk: { managedDisk: { storageAccountType: "Premium_LRS" } } },
    ...more,
  },
});
const many = (length: number) => Array.from({ length }, () => ({}));
const rules = (count: number, outbound: number): Part => ({
  kind: "loadBalancer",
  id: "/lb",
  model: {
    loadBalancingRules: many(count),
    outboundRules: many(outbound),
    inboundNatRules: many(50),
  },
});
const disk = { managedDisk: { storageAccountType: "Premium_LRS" } };

test.each<[string, Part[], number]>([
  ["a machine and its disk of 30 GiB", [machine()], 0.1 + 0.01],
  ["its disk as large as was asked for", [machine({ storageProfile: { osDisk: { ...disk, diskSizeGB: 100 } } })], 0.1 + 0.1],
  ["its disk on the machine itself", [machine({ storageProfile: { osDisk: { ...disk, diffDiskSettings: {} } } })], 0.1],
  ["a data disk", [machine({ storageProfile: { dataDisks: [{ ...disk, diskSizeGB: 128 }] } })], 0.1 + 0.1],
  ["a disk that is kept", [machine({ storageProfile: { dataDisks: [{ managedDisk: { id: "/kept" } }] } })], 0.1 + 0.1],
  [
    "a disk that is there, whatever its machine was once asked for",
    [
      machine({
        storageProfile: { dataDisks: [{ managedDisk: { id: "/kept", storageAccountType: "Premium_LRS" }, diskSizeGB: 30 }] },
      }),
    ],
    0.1 + 0.1,
  ],
  ["a system disk that is there", [machine({ storageProfile: { osDisk: { managedDisk: { id: "/kept" } } } })], 0.1 + 0.1],
  ["a Spot machine", [machine({ priority: "Spot" })], 0.02 + 0.01],
  ["a load balancer without rules", [rules(0, 0)], 0],
  ["one with five", [rules(4, 1)], 0.025],
  ["one with seven", [rules(5, 2)], 0.025 + 0.02],
  ["an address", [{ kind: "publicAddress", id: "/ip", model: {} }], 0.005],
  ["a NAT gateway", [{ kind: "natGateway", id: "/nat", model: {} }], 0.045],
  [
    "what costs nothing",
    [
      { kind: "network", id: "/net", model: {} },
      { kind: "networkInterface", id: "/nic", model: {} },
    ],
    0,
  ],
])("%s", (_, parts, perHour) => {
  const kept = { sku: { name: "Premium_LRS" }, diskSizeGB: 128 };
  const cost = costOf({ ...about, paid: paidOfPlan(parts, (id) => (id === "/kept" ? (kept as never) : undefined)) });
  expect(cost.complete).toBe(true);
  expect(cost.perHour).toBeCloseTo(perHour, 6);
  expect(cost.per30Days).toBeCloseTo(perHour * 720, 6);
});

test.each<[string, Part]>([
  [
    "machine",
    { kind: "machine", id: "/m", model: { hardwareProfile: null, storageProfile: null, priority: null, timeCreated: null } },
  ],
  ["machine's disks", machine({ storageProfile: { osDisk: null, dataDisks: null } })],
  [
    "machine's disk",
    machine({
      storageProfile: {
        osDisk: { managedDisk: null, diskSizeGB: null, diffDiskSettings: null },
        dataDisks: [{ managedDisk: null }],
      },
    }),
  ],
  ["disk", { kind: "disk", id: "/d", model: { sku: null, diskSizeGB: null, osType: null, timeCreated: null } }],
  ["load balancer", { kind: "loadBalancer", id: "/lb", model: { loadBalancingRules: null, outboundRules: null } }],
  ["machine of a size that is a novel", machine({ hardwareProfile: { vmSize: "x".repeat(100_000) } })],
])("an answer may leave out all of a %s", (_, part) => {
  const paid = [...paidOfPlan([part], () => undefined), ...paidOfFound([part])];
  const cost = costSoFar({ ...about, paid });
  expect(cost.soFar).toBeUndefined();
  expect(JSON.stringify(cost).length).toBeLessThan(2000);
});

test("a stopped machine without a price makes the past a least one", () => {
  const unknown = machine({ hardwareProfile: { vmSize: "Standard_X1" }, timeCreated: new Date(NOW - HOUR) });
  const cost = costSoFar({
    ...about,
    paid: paidOfFound([
      { ...unknown, power: "deallocated" },
      { kind: "natGateway", id: "/nat", model: {} },
    ]),
  });
  expect(cost).toMatchObject({ complete: false, perHour: 0.045, soFar: 0.045 });
});

test("what has no price is named, and makes the sum a least one", () => {
  const cost = costOf({
    ...about,
    paid: paidOfPlan([machine(), machine({ hardwareProfile: { vmSize: "Standard_X1" } })], () => undefined),
  });
  expect(cost).toMatchObject({ complete: false, perHour: 0.12 });
  expect(cost.items.find(({ what }) => what === "machine Standard_X1")).toEqual({
    what: "machine Standard_X1",
    count: 1,
    meter: "Standard_X1",
  });
  expect(costOf({ ...about, paid: paidOfPlan([machine()], () => undefined), list: { ...list, rows: [] } })).toMatchObject({
    complete: false,
    unknown: "the price list has nothing of it",
  });
});

const made = (hours: number): { timeCreated: Date } => ({ timeCreated: new Date(NOW - hours * HOUR) });
const osDisk = (hours: number): Part => ({
  kind: "disk",
  id: "/d",
  model: { sku: { name: "Premium_LRS" }, diskSizeGB: 30, osType: "Linux", ...made(hours) },
});

test.each<[string, Part[], { perHour: number; soFar?: number }]>([
  ["ages differ", [machine(made(10)), machine(made(1)), osDisk(10)], { perHour: 0.21, soFar: 1.1 + 0.1 }],
  [
    "what has no date is as old as the oldest",
    [osDisk(10), { kind: "publicAddress", id: "/ip", model: {} }],
    { perHour: 0.015, soFar: 0.15 },
  ],
  [
    "a machine that is deallocated costs nothing now",
    [{ ...machine(made(10)), power: "deallocated" }, osDisk(10)],
    { perHour: 0.01, soFar: 1.1 },
  ],
  ["one that is only stopped does", [{ ...machine(made(10)), power: "stopped" }], { perHour: 0.1, soFar: 1 }],
  ["nothing has a date", [machine()], { perHour: 0.1 }],
  ["a date that cannot be", [machine({ timeCreated: new Date(0) })], { perHour: 0.1 }],
  ["a date of tomorrow", [machine(made(-24)), osDisk(10)], { perHour: 0.11, soFar: 0.1 }],
])("so far: %s", (_, parts, expected) => {
  const cost = costSoFar({ ...about, paid: paidOfFound(parts) });
  expect(cost.perHour).toBeCloseTo(expected.perHour, 6);
  if (expected.soFar === undefined) expect(cost.soFar).toBeUndefined();
  else expect(cost.soFar).toBeCloseTo(expected.soFar, 6);
});
