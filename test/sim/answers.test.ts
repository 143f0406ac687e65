/** How Azure answered in public recordings (SPEC.md, "Answers and times"), as small tables that the simulation must repeat. */
import { describe, expect, test } from "vitest";
import { type Arm, arm, type Asked, GROUP, of } from "./arm.ts";
import {
  availabilitySet,
  base,
  group,
  lb,
  lbId,
  nic,
  nicId,
  node,
  nsg,
  nsgId,
  pip,
  pipId,
  setId,
  vm,
  vmId,
  vnet,
  vnetId,
} from "./shape.ts";

/** Which of the two operation headers an answer has. */
const header = ({ headers }: Asked): string =>
  ["azure-asyncoperation", "location"].filter((name) => headers[name] !== undefined).join("+") || "none";

const state = ({ json }: Asked): unknown => json?.properties.provisioningState;
const accountId = of("Storage/storageAccounts", "acc123");
const account = { location: "westus", kind: "StorageV2", sku: { name: "Standard_LRS" } };
const image = {
  location: "westus",
  properties: {
    hyperVGeneration: "V2",
    storageProfile: { osDisk: { osType: "Linux", osState: "Generalized", blobUri: "https://a.blob.core.windows.net/c/d.vhd" } },
  },
};
const disk = {
  location: "westus",
  sku: { name: "Premium_LRS" },
  properties: { creationData: { createOption: "Empty" }, diskSizeGB: 8 },
};

// Columns: status, state in the body, operation header, Retry-After.
const WRITES: [
  what: string,
  path: string,
  body: unknown,
  status: number,
  state: unknown,
  header: string,
  retry: string | undefined,
  before?: (on: Arm) => Promise<unknown>,
][] = [
  ["a group", GROUP, group(), 201, "Succeeded", "none", undefined],
  ["a network", vnetId, vnet(), 201, "Updating", "azure-asyncoperation", "3", (on) => on.make(GROUP, group())],
  ["a security group", nsgId, nsg(), 201, "Updating", "azure-asyncoperation", "3", (on) => on.make(GROUP, group())],
  ["a public IP", pipId, pip(), 201, "Updating", "azure-asyncoperation", "1", (on) => on.make(GROUP, group())],
  ["a set", setId, availabilitySet(), 200, undefined, "none", undefined, (on) => on.make(GROUP, group())],
  [
    "a disk",
    of("Compute/disks", "d"),
    disk,
    202,
    "Updating",
    "azure-asyncoperation+location",
    "2",
    (on) => on.make(GROUP, group()),
  ],
  [
    "an image",
    of("Compute/images", "i"),
    image,
    201,
    "Creating",
    "azure-asyncoperation",
    undefined,
    (on) => on.make(GROUP, group()),
  ],
  ["a storage account", accountId, account, 202, undefined, "location", "17", (on) => on.make(GROUP, group())],
  ["an interface", nicId(0), nic(0), 201, "Succeeded", "azure-asyncoperation", undefined, base],
  [
    "a machine",
    vmId(0),
    vm(0),
    201,
    "Creating",
    "azure-asyncoperation",
    "10",
    async (on) => [await base(on), await on.make(nicId(0), nic(0))],
  ],
  [
    "a changed interface",
    nicId(0),
    nic(0),
    200,
    "Updating",
    "azure-asyncoperation",
    "10",
    async (on) => [await base(on), await on.make(nicId(0), nic(0))],
  ],
  ["a changed balancer", lbId, lb(4), 200, "Updating", "azure-asyncoperation", "10", base],
];

describe("a PUT is answered as recorded:", () => {
  for (const [what, path, body, status, shown, where, retry, before] of WRITES) {
    test(what, async () => {
      const on = arm();
      await before?.(on);
      const given = await on.ask("PUT", path, body);
      expect([given.status, state(given), header(given), given.headers["retry-after"]]).toEqual([status, shown, where, retry]);
      if (where === "none") return;
      await on.wait(100);
      expect(state(await on.ask("GET", path))).toBe("Succeeded");
    });
  }

  test("a new balancer is usable at once", async () => {
    const on = arm();
    for (const [id, body] of [
      [GROUP, group()],
      [vnetId, vnet()],
      [pipId, pip()],
    ] as const)
      await on.make(id, body);
    const given = await on.ask("PUT", lbId, lb());
    expect([given.status, state(given), header(given), given.headers["retry-after"]]).toEqual([
      201,
      "Succeeded",
      "azure-asyncoperation",
      undefined,
    ]);
    expect((await on.ask("GET", given.headers["azure-asyncoperation"] ?? "")).json).toEqual({ status: "Succeeded" });
  });
});

const DELETES: [
  what: string,
  path: string,
  status: number,
  header: string,
  retry: string | undefined,
  result: number | undefined,
][] = [
  ["a group", GROUP, 202, "location", "15", 200],
  ["a machine", vmId(0), 202, "azure-asyncoperation+location", "10", 200],
  ["an interface", nicId(1), 202, "azure-asyncoperation+location", "10", 204],
  ["a set", of("Compute/availabilitySets", "free"), 200, "none", undefined, undefined],
  ["what is not there", nicId(77), 204, "none", undefined, undefined],
];

describe("a DELETE is answered as recorded:", () => {
  for (const [what, path, status, where, retry, result] of DELETES) {
    test(what, async () => {
      const on = arm();
      await base(on);
      await node(on, 0);
      await on.make(nicId(1), nic(1));
      await on.make(of("Compute/availabilitySets", "free"), availabilitySet());
      const given = await on.ask("DELETE", path);
      expect([given.status, header(given), given.headers["retry-after"]]).toEqual([status, where, retry]);
      const location = given.headers["location"];
      if (location === undefined) return;
      const early = await on.ask("GET", location);
      expect([early.status, early.body]).toEqual([202, undefined]);
      expect((await on.ask("GET", path)).json.properties.provisioningState).toBe("Deleting");
      await on.wait(90);
      expect((await on.ask("GET", location)).status).toBe(result);
      expect((await on.ask("GET", path)).status).toBe(404);
    });
  }
});

test("a machine's operation says 30 on the first poll, then nothing, then when it began and ended", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  const url = (await on.ask("PUT", vmId(0), vm(0))).headers["azure-asyncoperation"] ?? "";
  const first = await on.ask("GET", url);
  expect([first.status, first.headers["retry-after"], Object.keys(first.json)]).toEqual([
    200,
    "30",
    ["startTime", "status", "name"],
  ]);
  const second = await on.ask("GET", url);
  expect([second.json.status, second.headers["retry-after"]]).toEqual(["InProgress", undefined]);
  await on.wait(90);
  const last = await on.ask("GET", url);
  expect([last.json.status, Object.keys(last.json)]).toEqual(["Succeeded", ["startTime", "endTime", "status", "name"]]);
});

test("Network's operations have nothing but a status, and say 10 as long as they run", async () => {
  const on = arm();
  await base(on);
  const url = (await on.ask("PUT", lbId, lb(4))).headers["azure-asyncoperation"] ?? "";
  for (const _ of [1, 2]) {
    const poll = await on.ask("GET", url);
    expect([poll.json, poll.headers["retry-after"]]).toEqual([{ status: "InProgress" }, "10"]);
  }
});

test("a machine's body: no disk names while it is made; its set in capitals; custom data never", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  const made = (await on.ask("PUT", vmId(0), vm(0))).json.properties;
  expect(made.storageProfile.osDisk.name).toBeUndefined();
  expect(made.availabilitySet.id).toBe(of("Compute/availabilitySets", "SET"));
  expect(made.osProfile.customData).toBeUndefined();
  await on.wait(90);
  const done = (await on.ask("GET", vmId(0))).json.properties;
  expect(done.storageProfile.osDisk.name).toMatch(/^vm-0_OsDisk_1_[0-9a-f]{32}$/);
  expect(done.storageProfile.osDisk.managedDisk.id).toBe(of("Compute/disks", done.storageProfile.osDisk.name));
  const held = (await on.ask("GET", nicId(0))).json.properties;
  expect([held.virtualMachine.id, held.primary]).toEqual([vmId(0), true]);
  expect(held.macAddress).toMatch(/^00-0D-3A(-[0-9A-F]{2}){3}$/);
});

test("every change of a network resource changes its etag, parts included", async () => {
  const on = arm();
  await on.make(GROUP, group());
  const first = (await on.ask("PUT", vnetId, vnet())).json;
  await on.wait(20);
  const later = await on.ask("GET", vnetId);
  expect(later.json.etag).not.toBe(first.etag);
  expect(later.json.properties.subnets[0].etag).toBe(later.json.etag);
  expect(later.headers["etag"]).toBe(later.json.etag);
});

test("ids are compared without case and shown as first given", async () => {
  const on = arm();
  await on.make(GROUP.replace("resourceGroups", "resourcegroups"), group());
  await on.make(vnetId, vnet());
  const found = await on.ask("GET", vnetId.toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions"));
  expect([found.status, found.json.id]).toEqual([200, vnetId]);
  expect((await on.ask("GET", GROUP)).json.id).toBe(GROUP);
});

const MATCHES: [what: string, headers: Record<string, string>, status: number, code: string | undefined][] = [
  ["If-None-Match: *, and it is there", { "if-none-match": "*" }, 412, "PreconditionFailed"],
  ["If-Match of another etag", { "if-match": '"x"' }, 412, "PreconditionFailedEtagMismatch"],
  ["If-Match: *, and it is there", { "if-match": "*" }, 200, undefined],
];

test.each([
  ["a change", "PUT", "old", 412],
  ["a change", "PUT", "now", 200],
  ["a change", "PUT", "*", 200],
  ["new tags", "PATCH", "old", 412],
  ["new tags", "PATCH", "now", 200],
  ["a deletion", "DELETE", "old", 412],
  ["a deletion", "DELETE", "now", 202],
])("If-Match on %s of a network resource: %s with the etag %s is %i", async (_, method, which, status) => {
  const on = arm();
  await on.make(GROUP, group());
  await on.make(vnetId, vnet());
  const now = String((await on.ask("GET", vnetId)).json.etag);
  const body = method === "PUT" ? vnet() : method === "PATCH" ? { tags: { a: "b" } } : undefined;
  const match = which === "now" ? now : which === "old" ? 'W/"old"' : which;
  const answer = await on.ask(method, vnetId, body, { "if-match": match });
  expect([answer.status, answer.json?.error?.code]).toEqual([
    status,
    status === 412 ? "PreconditionFailedEtagMismatch" : undefined,
  ]);
  if (status === 412) expect((await on.ask("GET", vnetId)).json.etag).toBe(now);
});

test("conditions on a part are about the part", async () => {
  const on = arm();
  await on.make(GROUP, group());
  await on.make(vnetId, vnet());
  const part = { properties: { addressPrefix: "10.0.1.0/24" } };
  const fresh = await on.ask("PUT", `${vnetId}/subnets/other`, part, { "if-none-match": "*" });
  expect(fresh.status).toBe(201);
  await on.wait(30);
  expect((await on.ask("PUT", `${vnetId}/subnets/other`, part, { "if-none-match": "*" })).status).toBe(412);
  expect((await on.ask("PUT", `${vnetId}/subnets/other`, part, { "if-match": String(fresh.json.etag) })).status).toBe(412);
  const now = String((await on.ask("GET", `${vnetId}/subnets/other`)).json.etag);
  expect((await on.ask("PUT", `${vnetId}/subnets/other`, part, { "if-match": now })).status).toBe(200);
});

test("what has no etag takes no notice of conditions, and what is not there matches none", async () => {
  const on = arm();
  await on.make(GROUP, group());
  const set = of("Compute/availabilitySets", "set");
  const body = {
    location: "westus",
    sku: { name: "Aligned" },
    properties: { platformFaultDomainCount: 2, platformUpdateDomainCount: 5 },
  };
  expect((await on.ask("PUT", set, body, { "if-match": '"x"' })).status).toBe(200);
  expect((await on.ask("PUT", set, body, { "if-none-match": "*" })).status).toBe(200);
  for (const match of ["*", 'W/"x"'])
    expect((await on.ask("PUT", vnetId, vnet(), { "if-match": match })).json.error.code).toBe("PreconditionFailedEtagMismatch");
});

describe("conditions on a machine:", () => {
  for (const [what, headers, status, code] of MATCHES) {
    test(what, async () => {
      const on = arm();
      await base(on);
      await node(on, 0);
      const given = await on.ask("PUT", vmId(0), vm(0), headers);
      expect([given.status, given.json.error?.code]).toEqual([status, code]);
    });
  }
});

test("a reference to what is still being made is refused with 429, and taken when it is done", async () => {
  const on = arm();
  await base(on);
  await on.ask("PUT", vnetId, vnet());
  const early = await on.ask("PUT", nicId(0), nic(0));
  expect([early.status, early.json.error.code, early.json.error.details[0].code]).toEqual([
    429,
    "RetryableError",
    "ReferencedResourceNotProvisioned",
  ]);
  await on.wait(10);
  expect((await on.ask("PUT", nicId(0), nic(0))).status).toBe(201);
});

test("a second change while the first one works is refused: Network 429, Compute 409", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  await on.ask("PUT", lbId, lb(4));
  const again = await on.ask("PUT", lbId, lb(5));
  expect([again.status, again.json.error.details[0].code]).toEqual([429, "RetryableErrorDueToAnotherOperation"]);
  await on.ask("PUT", vmId(0), vm(0));
  const twice = await on.ask("PUT", vmId(0), vm(0));
  expect([twice.status, twice.json.error.code]).toEqual([409, "Conflict"]);
});

test("at a hundredth of the pace a machine is made within a second, and nobody is told to wait", async () => {
  const on = arm({ pace: 0.01 });
  await base(on);
  await on.make(nicId(0), nic(0));
  const given = await on.ask("PUT", vmId(0), vm(0));
  expect([given.status, given.headers["retry-after"]]).toEqual([201, undefined]);
  await on.wait(1);
  expect(state(await on.ask("GET", vmId(0)))).toBe("Succeeded");
});
