/** A data disk that outlives its machine: kept by somebody, found again, attached, and never made over. */
import { beforeEach, expect, test } from "vitest";
import type { PlanDocument, RemoveDocument } from "../../src/core/documents.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import type { StatusDocument } from "../../src/core/documents.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";
import { some } from "../long.ts";
import { type Body, START, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
let clock: VirtualClock;
beforeEach(() => {
  clock = createVirtualClock(START);
  azure = ownAzure({ clock });
});

const machine = inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-1");
const disk = inGroup("mycluster", "Microsoft.Compute/disks", "mycluster-coreos-1-data");
const storageOf = (name: string) => azure.puts().get(`virtualMachines/${name}`).properties.storageProfile;

/** Deletes the machine as a person does who unticks "delete with VM" for the disk. */
async function deleteButKeepDisk(): Promise<void> {
  const body = structuredClone(azure.puts().get("virtualMachines/mycluster-coreos-1"));
  delete body.properties.osProfile;
  body.properties.storageProfile.dataDisks[0].deleteOption = "Detach";
  expect((await byHand(azure, "PUT", machine, body)).status).toBeLessThan(300);
  await clock.sleep(600_000);
  expect((await byHand(azure, "DELETE", machine)).status).toBeLessThan(300);
  await clock.sleep(600_000);
}

test("a machine that is made again gets its own disk back, and a new one gets a blank one", async () => {
  expect((await azure.run("mycluster --data-disk")).exit).toBe(0);
  await deleteButKeepDisk();
  const before = (await byHand(azure, "GET", disk)).body["properties"] as { uniqueId: string };
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster --num-nodes 4");
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("mycluster-coreos-1 gets its data disk back, with what is on it: mycluster-coreos-1-data was kept.");
  expect(storageOf("mycluster-coreos-1").dataDisks).toMatchObject([
    {
      lun: 0,
      createOption: "Attach",
      deleteOption: "Detach",
      managedDisk: { id: expect.stringMatching(/mycluster-coreos-1-data$/) },
    },
  ]);
  expect(storageOf("mycluster-coreos-3").dataDisks).toMatchObject([{ createOption: "Empty", diskSizeGB: 100 }]);
  expect((await byHand(azure, "GET", disk)).body).toMatchObject({
    managedBy: expect.stringMatching(/mycluster-coreos-1$/),
    properties: { uniqueId: before.uniqueId },
  });
  // Azure does not take it along: remove does
  const removed = await azure.run("remove mycluster 1 --yes");
  expect([removed.exit, (await byHand(azure, "GET", disk)).status], removed.stderr).toEqual([0, 404]);
});

const UNLISTED = [
  [503, "ServerBusy", 1],
  [403, "AuthorizationFailed", 3],
] as const;
test.each(some(UNLISTED, 1))(
  "a machine is not made anew without the disk that it is to keep: its list answered with %i %s",
  async (status, code, ends) => {
    expect((await azure.run("mycluster --num-nodes 3 --data-disk")).exit).toBe(0);
    expect((await azure.run("mycluster --data-disk=false")).exit).toBe(0);
    let isGone = false;
    const { exit, stderr } = await azure.run("replace mycluster 1 --keep-data-disk --yes", {
      azure: async (request) => {
        const { pathname } = new URL(request.url);
        isGone ||= request.method === "DELETE" && pathname.includes("/virtualMachines/");
        if (isGone && request.method === "GET" && pathname.endsWith("/disks"))
          return { status, headers: {}, body: JSON.stringify({ error: { code, message: "no list for you" } }) };
        return azure.simulation.handle(request);
      },
    });
    expect([exit, (await byHand(azure, "GET", machine)).status], stderr).toEqual([ends, 404]);
    const again = await azure.run("replace mycluster 1 --keep-data-disk --yes");
    expect(again.exit, again.stderr).toBe(0);
    expect(storageOf("mycluster-coreos-1").dataDisks).toMatchObject([{ createOption: "Attach" }]);
  },
);

test.each(["remove mycluster 1 --yes", "replace mycluster 1 --yes"])(
  "%s waits a little for a kept disk that Azure still shows on the machine that is gone",
  async (argv) => {
    expect((await azure.run("mycluster --num-nodes 4 --data-disk --etcd-members 1 --wait-for machines")).exit).toBe(0);
    await deleteButKeepDisk();
    expect((await azure.run("mycluster --wait-for machines")).exit).toBe(0);
    const before = (await byHand(azure, "GET", disk)).body as { managedBy: string; properties: { uniqueId: string } };
    let shownUntil: number | undefined;
    const { exit, stderr } = await azure.run(argv, {
      azure: async (request) => {
        const answer = await azure.simulation.handle(request);
        if (request.method !== "GET" || !request.url.includes(disk) || answer.status !== 200) return answer;
        const body = JSON.parse(answer.body ?? "") as typeof before;
        if (body.managedBy !== undefined) return answer;
        shownUntil ??= clock.now() + 6000;
        const { managedBy } = before;
        return clock.now() < shownUntil ? { ...answer, body: JSON.stringify({ ...body, managedBy }) } : answer;
      },
    });
    expect([exit, shownUntil === undefined], stderr).toEqual([0, false]);
    const after = (await byHand(azure, "GET", disk)).body as Partial<typeof before>;
    expect(after.properties?.uniqueId).not.toBe(before.properties.uniqueId);
  },
);

test("one that hangs on nothing is seen by status, and goes with its node, or after it", async () => {
  expect((await azure.run("mycluster --num-nodes 2")).exit).toBe(0);
  const { tags } = azure.puts().get("virtualMachines/mycluster-coreos-1");
  const properties = { creationData: { createOption: "Empty" }, diskSizeGB: 4 };
  const loose = async (marks: object): Promise<void> => {
    const put = await byHand(azure, "PUT", disk, { location: "westus", sku: { name: "Premium_LRS" }, tags: marks, properties });
    expect(put.status).toBeLessThan(300);
    await clock.sleep(60_000);
  };
  const drift = async (): Promise<object> => (await azure.json<StatusDocument>("status mycluster")).document.drift;
  const seen = (message: RegExp): object => [
    { kind: "loose-disk", node: 1, harm: false, message: expect.stringMatching(message) },
  ];
  await loose(tags);
  expect(await drift()).toMatchObject(seen(/coreos-1-data hangs on no machine.*`replace mycluster 1` gives it to a new one/));
  const removed = await azure.run("remove mycluster 1 --yes");
  expect(removed.exit, removed.stderr).toBe(0);
  expect(removed.stderr).toContain("disk mycluster-coreos-1-data  deleted");
  expect((await byHand(azure, "GET", disk)).status).toBe(404);
  await loose(tags);
  expect(await drift()).toMatchObject(seen(/is left of a node that the cluster does not have: `remove` takes it away/));
  expect((await azure.run("remove mycluster 1 --yes")).stderr).toContain("will be removed with its disks: mycluster-coreos-1.");
  expect(await drift()).toEqual([]);
  // somebody else's stays
  await loose({});
  expect((await azure.run("remove mycluster 1 --yes")).exit).toBe(2);
  expect((await byHand(azure, "GET", disk)).status).toBe(200);
});

test("a kept disk of Premium storage goes into no size without it", async () => {
  expect((await azure.run("mycluster --data-disk")).exit).toBe(0);
  await deleteButKeepDisk();
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster --vm-size Standard_D2_v5");
  expect({ exit, puts: azure.puts().size }, stderr).toEqual({ exit: 5, puts: 0 });
  expect(stderr.replaceAll(/\s+/g, " ")).toContain("kept on Premium_LRS, and machines of Standard_D2_v5 take no Premium storage");
});

test("a kept disk is cached and paid for by its own size, whatever is asked for now", async () => {
  expect((await azure.run("mycluster --data-disk --data-disk-size 8192")).exit).toBe(0);
  await deleteButKeepDisk();
  azure.exchanges.length = 0;
  const { cost } = (await azure.json<PlanDocument>("plan mycluster --data-disk-size 100")).document;
  expect([cost.complete, cost.items.find(({ what }) => what.startsWith("data"))?.what]).toEqual([
    true,
    "data disks of 8192 GiB (Premium_LRS)",
  ]);
  const { exit, stderr } = await azure.run("mycluster --data-disk-size 100");
  expect(exit, stderr).toBe(0);
  expect(storageOf("mycluster-coreos-1").dataDisks).toMatchObject([{ createOption: "Attach", caching: "None" }]);
});

test("a system disk that was left behind is named, and how to delete it: Azure makes no second one of its name", async () => {
  expect((await azure.run("mycluster")).exit).toBe(0);
  const body = structuredClone(azure.puts().get("virtualMachines/mycluster-coreos-1"));
  delete body.properties.osProfile;
  body.properties.storageProfile.osDisk.deleteOption = "Detach";
  await byHand(azure, "PUT", machine, body);
  await clock.sleep(600_000);
  await byHand(azure, "DELETE", machine);
  await clock.sleep(600_000);
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster");
  expect({ exit, puts: azure.puts().size }, stderr).toEqual({ exit: 5, puts: 0 });
  expect(stderr).toContain("az disk delete --resource-group mycluster --name mycluster-coreos-1-os");
});

/** Somebody's machine that takes the disk of node 1. */
async function hangOnOther(): Promise<void> {
  const other = structuredClone(azure.puts().get("virtualMachines/mycluster-coreos-0"));
  const nic = inGroup("mycluster", "Microsoft.Network/networkInterfaces", "other-nic");
  const subnet = azure.puts().get("networkInterfaces/mycluster-coreos-0-nic").properties.ipConfigurations[0].properties.subnet;
  await byHand(azure, "PUT", nic, {
    location: "westus",
    properties: { ipConfigurations: [{ name: "a", properties: { subnet } }] },
  });
  await clock.sleep(60_000);
  const id = (path: string): string => `/subscriptions/00000000-0000-0000-0000-000000000000${path}`;
  Object.assign(other.properties.storageProfile, {
    osDisk: { ...other.properties.storageProfile.osDisk, name: "other-os" },
    dataDisks: [{ lun: 0, createOption: "Attach", managedDisk: { id: id(disk) } }],
  });
  other.properties.networkProfile.networkInterfaces = [{ id: id(nic) }];
  other.tags = {};
  const holder = await byHand(azure, "PUT", inGroup("mycluster", "Microsoft.Compute/virtualMachines", "other"), other);
  expect(holder.status, JSON.stringify(holder.body)).toBeLessThan(300);
  await clock.sleep(600_000);
}

test("a disk that another machine holds is not taken from it", async () => {
  expect((await azure.run("mycluster --data-disk")).exit).toBe(0);
  await deleteButKeepDisk();
  await hangOnOther();
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("mycluster");
  expect({ exit, puts: azure.puts().size }, stderr).toEqual({ exit: 7, puts: 0 });
  expect(stderr).toContain("the disk mycluster-coreos-1-data is in use by other");
});

test("a data disk that somebody moved to another machine stays when its node goes, and remove says so before and after", async () => {
  expect((await azure.run("mycluster --data-disk --etcd-members 1")).exit).toBe(0);
  const { body } = (await byHand(azure, "GET", machine)) as { body: Body };
  delete body.properties.osProfile;
  body.properties.storageProfile.dataDisks = [];
  expect((await byHand(azure, "PUT", machine, body)).status).toBeLessThan(300);
  await clock.sleep(600_000);
  await hangOnOther();
  const { drift } = (await azure.json<StatusDocument>("status mycluster")).document;
  expect(drift).toContainEqual({
    kind: "loose-disk",
    node: 1,
    id: expect.stringMatching(/mycluster-coreos-1-data$/),
    harm: false,
    message: "the disk mycluster-coreos-1-data is on other, and not on its own machine: `remove` leaves it there",
  });
  const removed = await azure.json<RemoveDocument>("remove mycluster 1 --yes");
  expect(removed.stderr).toContain("The disk mycluster-coreos-1-data stays: the machine other has it.");
  expect(removed).toMatchObject({ exit: 0, document: { kept: [{ kind: "disk", why: "the machine other has it" }] } });
  expect((await byHand(azure, "GET", disk)).body).toMatchObject({ managedBy: expect.stringMatching(/\/other$/) });
  const again = await azure.run("remove mycluster 1 --yes");
  expect(again.exit).toBe(2);
  expect(again.stderr).toContain("the disk mycluster-coreos-1-data is left: the machine other has it");
});
