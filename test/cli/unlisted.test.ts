/** Lists that Azure does not answer: what nobody can see is somebody's, and stays. */
import { expect, test } from "vitest";
import { addGroup, byHand, everything, inGroup } from "./azure-hand.ts";
import { some } from "../long.ts";
import { type TestAzure, ownAzure } from "./world.ts";

type Request = Parameters<TestAzure["simulation"]["handle"]>[0];

/** A cluster in a group of its own, and what somebody else has put there since. */
async function withGuest(type: string): Promise<{ azure: TestAzure; theirs: string }> {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run("mycluster --num-nodes 1 --wait-for machines");
  expect(exit, stderr).toBe(0);
  const theirs = inGroup("mycluster", type, "theirs");
  const network = { addressSpace: { addressPrefixes: ["10.9.0.0/16"] } };
  const { status } = await byHand(azure, "PUT", theirs, {
    location: "westus",
    ...(/Networks/.test(type) ? { properties: network } : {}),
  });
  expect(status).toBeLessThan(300);
  return { azure, theirs: theirs.toLowerCase() };
}

const refused = (status: number, code: string) => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ error: { code, message: "no such list" } }),
});

const without = (azure: TestAzure, list: RegExp, status: number, code: string) => (request: Request) =>
  request.method === "GET" && list.test(new URL(request.url).pathname)
    ? Promise.resolve(refused(status, code))
    : azure.simulation.handle(request);

const there = (azure: TestAzure): string[] => everything(azure).map((id) => id.toLowerCase());

const IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";

const UNTOLD = [
  [404, "ResourceGroupNotFound"],
  [404, "NotFound"],
  [400, "BadRequest"],
  [405, "MethodNotAllowed"],
  [501, "NotImplemented"],
] as const;
test.each(some(UNTOLD, 0, 3))("a group of which nobody tells what is in it is not deleted: %i %s", async (status, code) => {
  const { azure, theirs } = await withGuest(IDENTITY);
  const before = there(azure);
  const { exit, stderr } = await azure.run("destroy mycluster --yes", { azure: without(azure, /\/resources$/, status, code) });
  expect([exit, stderr]).toEqual([5, expect.stringContaining("Azure does not tell what is in the resource group mycluster")]);
  expect(there(azure)).toEqual(before);
  expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
  expect(there(azure)).toEqual(["/resourcegroups/mycluster", theirs]);
});

const WITHOUT_LIST = [
  ["Microsoft.Network/virtualNetworks", 404, "NotFound"],
  ["Microsoft.Network/virtualNetworks", 501, "NotImplemented"],
  ["Microsoft.Compute/proximityPlacementGroups", 400, "NoRegisteredProviderFound"],
] as const;
test.each(some(WITHOUT_LIST, 0, 2))(
  "what is of a kind that has no list is seen in the list of everything: %s, %i",
  async (type, status, code) => {
    const { azure, theirs } = await withGuest(type);
    const list = new RegExp(`/resourceGroups/[^/]+/providers/${type}$`, "i");
    const { exit, stderr } = await azure.run("destroy mycluster --yes", { azure: without(azure, list, status, code) });
    expect([exit, stderr]).toEqual([0, expect.stringContaining("for others have resources in it")]);
    expect(there(azure)).toEqual(["/resourcegroups/mycluster", theirs]);
  },
);

const OF_ACCOUNT = [
  ["mycluster", 403, "AuthorizationFailed"],
  ["mycluster", 404, "NotFound"],
  ["shared", 501, "NotImplemented"],
] as const;
test.each(some(OF_ACCOUNT, 0, 2))(
  "what is in the cluster's storage account in %s, and nobody tells, is not taken for nothing: %i",
  async (group, status, code) => {
    const azure = ownAzure();
    if (group === "shared") await addGroup(azure, group);
    const made = await azure.run(`mycluster --num-nodes 1 --wait-for machines --resource-group ${group}`);
    expect(made.exit, made.stderr).toBe(0);
    const { tags } = (await byHand(azure, "GET", inGroup(group, "Microsoft.Compute/virtualMachines", "mycluster-coreos-0"))).body;
    const account = inGroup(group, "Microsoft.Storage/storageAccounts", "ours1");
    const theirs = `${account}/blobServices/default/containers/theirs`;
    const body = { location: "westus", tags, kind: "StorageV2", sku: { name: "Standard_LRS" }, properties: {} };
    for (const [path, sent] of [
      [account, body],
      [theirs, {}],
    ] as const)
      expect((await byHand(azure, "PUT", path, sent)).status).toBeLessThan(300);
    const before = there(azure);
    const { exit, stderr } = await azure.run("destroy mycluster --yes", { azure: without(azure, /\/containers$/, status, code) });
    expect([exit, stderr]).toEqual([5, expect.stringContaining("Azure does not tell what is in the storage account ours1")]);
    expect(stderr).toContain(`az storage container-rm list --resource-group ${group} --storage-account ours1`);
    expect(there(azure)).toEqual(before);
    expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
    expect(there(azure)).toEqual([`/resourcegroups/${group}`, account, theirs].map((id) => id.toLowerCase()));
  },
);
