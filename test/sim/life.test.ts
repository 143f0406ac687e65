/** What goes with what: deletes that cascade, reservations, power, locks, groups on their way out, pages, quotas seen by reads. */
import { describe, expect, test } from "vitest";
import { arm, GROUP, of, SUB } from "./arm.ts";
import { base, group, lbId, natRule, nic, nicId, node, nsg, nsgId, pip, subnetId, vm, vmId, vnet, vnetId } from "./shape.ts";

const names = async (on: ReturnType<typeof arm>, type: string): Promise<string[]> =>
  (await on.ask("GET", `${GROUP}/providers/Microsoft.${type}`)).json.value.map((one: { name: string }) => one.name).sort();

test("deleteOption Delete takes disks, interface and the interface's public IP along", async () => {
  const on = arm();
  await base(on);
  const own = of("Network/publicIPAddresses", "own");
  await on.make(own, pip("own-label"));
  const body = nic(0);
  body.properties.ipConfigurations[0].properties.publicIPAddress = { id: own, properties: { deleteOption: "Delete" } };
  await on.make(nicId(0), body);
  await on.make(vmId(0), vm(0));
  expect(await names(on, "Compute/disks")).toHaveLength(2);
  await on.ask("DELETE", vmId(0));
  await on.wait(60);
  expect(await names(on, "Compute/disks")).toEqual([]);
  expect(await names(on, "Network/networkInterfaces")).toEqual([]);
  expect(await names(on, "Network/publicIPAddresses")).toEqual(["pip"]);
});

test("without it they stay, and cost money", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  const body = vm(0);
  delete body.properties.storageProfile.osDisk.deleteOption;
  delete body.properties.networkProfile.networkInterfaces[0].properties.deleteOption;
  await on.make(vmId(0), body);
  await on.ask("DELETE", vmId(0));
  await on.wait(60);
  const [disk, ...others] = (await on.ask("GET", `${GROUP}/providers/Microsoft.Compute/disks`)).json.value;
  expect([disk.managedBy, disk.properties.diskState, others.length]).toEqual([undefined, "Unattached", 0]);
  expect((await on.ask("DELETE", nicId(0))).status).toBe(202);
});

test("a disk that is written anew is held by its machine as before, whatever the body says of it", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  await on.make(vmId(0), vm(0));
  for (const { id } of (await on.ask("GET", `${GROUP}/providers/Microsoft.Compute/disks`)).json.value) {
    const { json: before } = await on.ask("GET", id);
    const { managedBy: _, ...body } = before;
    await on.make(id, { ...body, properties: { ...before.properties, diskSizeGB: 100, diskState: "Unattached", uniqueId: "x" } });
    const { json: after } = await on.ask("GET", id);
    expect(after.managedBy).toMatch(/vm-0$/);
    expect(after).toEqual({ ...before, properties: { ...before.properties, diskSizeGB: 100 } });
    expect((await on.ask("DELETE", id)).status).toBe(409);
  }
});

test("an interface stays reserved for 180 s for a machine that failed", async () => {
  const failOperation = { code: "AllocationFailed", message: "Allocation failed." };
  const on = arm({ faults: [{ match: { method: "PUT", url: "virtualMachines/vm-0" }, effect: { failOperation } }] });
  await base(on);
  await on.make(nicId(0), nic(0));
  const body = vm(0);
  delete body.properties.networkProfile.networkInterfaces[0].properties.deleteOption;
  const url = (await on.ask("PUT", vmId(0), body)).headers["azure-asyncoperation"] ?? "";
  await on.wait(90);
  const operation = await on.ask("GET", url);
  expect([operation.status, operation.json.status, operation.json.error]).toEqual([200, "Failed", failOperation]);
  expect((await on.ask("GET", vmId(0))).json.properties.provisioningState).toBe("Failed");
  await on.ask("DELETE", vmId(0));
  await on.wait(45);
  expect((await on.ask("DELETE", nicId(0))).json.error.code).toBe("NicReservedForAnotherVm");
  const second = vm(1);
  second.properties.networkProfile.networkInterfaces[0].id = nicId(0);
  expect((await on.ask("PUT", vmId(1), second)).json.error.code).toBe("NicReservedForAnotherVm");
  await on.wait(180);
  expect((await on.ask("PUT", vmId(1), second)).status).toBe(201);
});

test("a delete overtakes the creation that still runs", async () => {
  const on = arm();
  await base(on);
  await on.make(nicId(0), nic(0));
  const url = (await on.ask("PUT", vmId(0), vm(0))).headers["azure-asyncoperation"] ?? "";
  expect((await on.ask("DELETE", vmId(0))).status).toBe(202);
  expect((await on.ask("GET", url)).json).toMatchObject({ status: "Canceled", error: { code: "OperationPreempted" } });
  await on.wait(60);
  expect((await on.ask("GET", vmId(0))).status).toBe(404);
});

test("power: running, deallocated, and running again; the interface view follows", async () => {
  const on = arm();
  await base(on);
  await node(on, 0);
  const power = async (): Promise<string> =>
    (await on.ask("GET", `${vmId(0)}?$expand=instanceView`)).json.properties.instanceView.statuses[1].code;
  expect(await power()).toBe("PowerState/running");
  expect((await on.ask("POST", `${vmId(0)}/deallocate`)).status).toBe(202);
  expect(await power()).toBe("PowerState/deallocating");
  await on.wait(100);
  expect(await power()).toBe("PowerState/deallocated");
  const { value } = (await on.ask("GET", `${GROUP}/providers/Microsoft.Compute/virtualMachines?$expand=instanceView`)).json;
  expect(value[0].properties.instanceView.statuses[1].code).toBe("PowerState/deallocated");
  await on.ask("POST", `${vmId(0)}/start`);
  await on.wait(60);
  expect((await on.ask("GET", `${vmId(0)}/instanceView`)).json.statuses[1].code).toBe("PowerState/running");
});

test("the serial log of a machine can be fetched where boot diagnostics says", async () => {
  const on = arm({ serialLog: (id) => `log of ${id}` });
  await base(on);
  await node(on, 0);
  const { serialConsoleLogBlobUri } = (await on.ask("POST", `${vmId(0)}/retrieveBootDiagnosticsData`)).json;
  const log = await on.simulation.handle({ method: "GET", url: serialConsoleLogBlobUri, headers: {} });
  expect(log.body).toBe(`log of ${vmId(0)}`);
});

describe("locks", () => {
  const lock = `${vnetId}/providers/Microsoft.Authorization/locks/keep`;
  for (const [what, level, method, path, status] of [
    ["keep what they are on", "CanNotDelete", "DELETE", vnetId, 409],
    ["keep the group around it", "CanNotDelete", "DELETE", GROUP, 409],
    ["let it change", "CanNotDelete", "PUT", vnetId, 200],
    ["unless they are read-only", "ReadOnly", "PUT", vnetId, 409],
    ["leave the neighbours alone", "CanNotDelete", "DELETE", nsgId, 202],
  ] as const) {
    test(what, async () => {
      const on = arm();
      for (const [id, body] of [
        [GROUP, group()],
        [vnetId, vnet()],
        [nsgId, nsg()],
      ] as const)
        await on.make(id, body);
      expect((await on.ask("PUT", lock, { properties: { level } })).status).toBe(201);
      const given = await on.ask(method, path, method === "PUT" ? vnet() : undefined);
      expect([given.status, given.json?.error?.code]).toEqual([status, status === 409 ? "ScopeLocked" : undefined]);
      expect((await on.ask("GET", `${GROUP}/providers/Microsoft.Authorization/locks`)).json.value).toHaveLength(1);
      await on.ask("DELETE", lock);
      await on.wait(20);
      expect((await on.ask("DELETE", vnetId)).status).toBe(202);
    });
  }
});

test("a group on its way out takes nothing new, and is free again when it is gone", async () => {
  const on = arm();
  await base(on);
  await on.ask("DELETE", GROUP);
  expect((await on.ask("PUT", nsgId, nsg())).json.error.code).toBe("ResourceGroupBeingDeleted");
  expect((await on.ask("PUT", GROUP, group())).json.error.code).toBe("ResourceGroupBeingDeleted");
  expect((await on.ask("GET", GROUP)).json.properties.provisioningState).toBe("Deleting");
  await on.wait(60);
  expect((await on.ask("PUT", GROUP, group())).status).toBe(201);
  expect((await on.ask("GET", `${GROUP}/resources`)).json.value).toEqual([]);
});

describe("a group that another one uses goes only in part:", () => {
  const other = GROUP.replace(/g$/, "other");
  const theirs = (type: string, name: string): string => `${other}/providers/Microsoft.${type}/${name}`;
  const lonelyNic = (more: object = {}): object => ({
    location: "westus",
    properties: { ipConfigurations: [{ name: "a", properties: { subnet: { id: subnetId }, ...more } }] },
  });
  const USERS: [what: string, user: string, body: object, kept: string[], code: string][] = [
    ["an interface in its subnet", theirs("Network/networkInterfaces", "n"), lonelyNic(), ["v"], "InUseSubnetCannotBeDeleted"],
    [
      "an interface with its address",
      theirs("Network/networkInterfaces", "n"),
      lonelyNic({ publicIPAddress: { id: of("Network/publicIPAddresses", "free") } }),
      ["free", "v"],
      "PublicIPAddressCannotBeDeleted",
    ],
    [
      "an interface with its security group",
      theirs("Network/networkInterfaces", "n"),
      {
        ...lonelyNic(),
        properties: { ...(lonelyNic() as { properties: object }).properties, networkSecurityGroup: { id: nsgId } },
      },
      ["nsg", "v"],
      "InUseNetworkSecurityGroupCannotBeDeleted",
    ],
  ];
  test.each(USERS)("%s", async (_what, user, body, kept, code) => {
    const on = arm();
    await base(on);
    await on.make(of("Network/publicIPAddresses", "free"), pip("free-label"));
    await on.make(nicId(0), nic(0));
    await on.make(vmId(0), vm(0));
    await on.make(other, group());
    await on.make(user, body);
    const { headers } = await on.ask("DELETE", GROUP);
    await on.wait(60);
    const ended = await on.ask("GET", headers["location"] ?? "");
    expect([ended.status, ended.json.Error.Code]).toEqual([409, "ResourceGroupDeletionBlocked"]);
    expect(ended.json.Error.Message).toMatch(/^Deletion of resource group 'g' failed as resources with identifiers '/);
    const details = ended.json.Error.Details as { Code: unknown; Target: string; Message: string }[];
    expect(details.map((one) => one.Target.split("/").at(-1) ?? "").sort()).toEqual(kept);
    const quoted = details.map((one) => JSON.parse(one.Message).error as { code: string; message: string });
    expect(quoted.map((one) => one.code)).toContain(code);
    expect(details.map((one) => one.Code)).toEqual(details.map(() => null));
    for (const { message } of quoted) expect(message).toContain("/resourceGroups/other/");
    const left = (await on.ask("GET", `${GROUP}/resources`)).json.value as { name: string }[];
    expect(left.map((one) => one.name).sort()).toEqual(kept);
    expect((await on.ask("GET", GROUP)).json.properties.provisioningState).toBe("Succeeded");
    // who used it goes, and then the rest can
    await on.ask("DELETE", other);
    await on.wait(60);
    await on.ask("DELETE", GROUP);
    await on.wait(60);
    expect((await on.ask("GET", GROUP)).status).toBe(404);
  });

  test("one that uses another goes whole", async () => {
    const on = arm();
    await base(on);
    await on.make(other, group());
    await on.make(theirs("Network/networkInterfaces", "n"), lonelyNic());
    await on.ask("DELETE", other);
    await on.wait(60);
    expect((await on.ask("GET", other)).status).toBe(404);
    expect((await on.ask("GET", vnetId)).json.properties.subnets[0].properties.ipConfigurations).toBeUndefined();
  });
});

test("lists come in pages", async () => {
  const on = arm({ limits: { pageSize: 3 } });
  await base(on);
  for (const index of [0, 1, 2]) await on.make(nicId(index), nic(index));
  const first = (await on.ask("GET", `${GROUP}/resources`)).json;
  expect(first.value).toHaveLength(3);
  const second = (await on.ask("GET", first.nextLink)).json;
  const third = (await on.ask("GET", second.nextLink)).json;
  expect([...first.value, ...second.value, ...third.value].map((one: { name: string }) => one.name)).toEqual([
    "v",
    "nsg",
    "pip",
    "lb",
    "set",
    "nic-0",
    "nic-1",
    "nic-2",
  ]);
  expect(third.nextLink).toBeUndefined();
});

test("a NAT rule can be written by itself, and the balancer has it", async () => {
  const on = arm();
  await base(on);
  const given = await on.ask("PUT", `${lbId}/inboundNatRules/ssh-9`, natRule(9));
  expect([given.status, given.json.properties.frontendPort]).toEqual([201, 22010]);
  await on.wait(20);
  expect((await on.ask("GET", lbId)).json.properties.inboundNatRules).toHaveLength(4);
  expect((await on.ask("DELETE", `${lbId}/inboundNatRules/ssh-9`)).status).toBe(202);
  await on.wait(20);
  expect((await on.ask("GET", `${lbId}/inboundNatRules/ssh-9`)).status).toBe(404);
});

test("what a preflight reads follows what is there", async () => {
  const on = arm({ limits: { cores: 20 } });
  await base(on);
  await node(on, 0);
  const at = (namespace: string): string => `/subscriptions/${SUB}/providers/Microsoft.${namespace}/locations/westus`;
  const usages = (await on.ask("GET", `${at("Compute")}/usages`)).json.value;
  const row = (value: string): object => usages.find((one: { name: { value: string } }) => one.name.value === value);
  expect(row("cores")).toMatchObject({ currentValue: 2, limit: 20 });
  expect(row("standardDSv5Family")).toMatchObject({ currentValue: 2 });
  expect((await on.ask("GET", `${at("Network")}/CheckDnsNameAvailability?domainNameLabel=mycluster`)).json).toEqual({
    available: false,
  });
  expect((await on.ask("GET", `${at("Network")}/checkDnsNameAvailability?domainNameLabel=free-one`)).json).toEqual({
    available: true,
  });
  const versions = `${at("Compute")}/publishers/kinvolk/artifacttypes/vmimage/offers/flatcar-container-linux-corevm-amd64/skus/stable-gen2/versions`;
  const [newest] = (await on.ask("GET", `${versions}?$top=1&$orderby=name desc`)).json;
  expect(newest.name).toBe("4459.2.1");
  expect((await on.ask("GET", `${versions}/${newest.name}`)).json.properties).toMatchObject({
    hyperVGeneration: "V2",
    architecture: "x64",
  });
  expect((await on.ask("GET", `${vnetId}/CheckIPAddressAvailability?ipAddress=10.0.0.10`)).json).toMatchObject({
    available: false,
  });
  expect((await on.ask("GET", `${vnetId}/CheckIPAddressAvailability?ipAddress=10.0.0.99`)).json).toMatchObject({
    available: true,
  });
  expect((await on.ask("GET", `${GROUP}/providers/Microsoft.Authorization/permissions`)).json.value[0].actions).toEqual(["*"]);
  expect((await on.ask("GET", `/subscriptions/${SUB}/locations`)).json.value.map((one: { name: string }) => one.name)).toContain(
    "westus",
  );
});
