/** What was the cluster's when a command looked, and is somebody else's when its turn to be deleted comes. */
import { expect, test } from "vitest";
import type { PlainRequest } from "../../src/azure/pipeline.ts";
import { addForeign, addGroup, byHand, deletes, everything, inGroup } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const at = (type: string, name: string): string => inGroup("shared", `Microsoft.${type}`, `mycluster-${name}`);
const MACHINE = at("Compute/virtualMachines", "coreos-0");
const INTERFACE = at("Network/networkInterfaces", "coreos-0-nic");
const NETWORK = at("Network/virtualNetworks", "vnet");
const SET = at("Compute/availabilitySets", "as");

const CREATE = "mycluster --num-nodes 1 --resource-group shared --availability-set mycluster-as --wait-for machines";
const DESTROY = "destroy mycluster --resource-group shared --yes";

async function withCluster(): Promise<TestAzure> {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  const { exit, stderr } = await azure.run(CREATE);
  expect(exit, stderr).toBe(0);
  return azure;
}

const take = async (azure: TestAzure, path: string, tags: Record<string, string> = { owner: "somebody" }): Promise<void> => {
  const { status, body } = await byHand(azure, "GET", path);
  expect(status).toBe(200);
  expect((await byHand(azure, "PUT", path, { ...body, tags })).status).toBe(200);
};

const isAt = (path: string, method: string, request: PlainRequest): boolean =>
  request.method === method && new URL(request.url).pathname.toLowerCase().endsWith(path.toLowerCase());

/** A destroy during which somebody takes something over, once: before or after Azure answers a request. */
async function destroyed(azure: TestAzure, taken: string, moment: "before" | "after", when: (request: PlainRequest) => boolean) {
  let done = false;
  const found = await azure.run(DESTROY, {
    azure: async (request) => {
      const isNow = !done && when(request);
      done ||= isNow;
      if (isNow && moment === "before") await take(azure, taken);
      const answer = await azure.simulation.handle(request);
      if (isNow && moment === "after") await take(azure, taken);
      return answer;
    },
  });
  expect(done).toBe(true);
  const left = await byHand(azure, "GET", taken);
  expect([left.status, left.body["tags"]], found.stderr).toEqual([200, { owner: "somebody" }]);
  return found;
}

/** The last thing before the first deletion. */
const isMark = ({ method, body }: PlainRequest): boolean => method === "PATCH" && body?.includes("aoc-destroying") === true;

const sentFor = (azure: TestAzure, path: string): number =>
  deletes(azure).filter((one) => one.toLowerCase() === path.toLowerCase()).length;

test.each([
  ["a network", NETWORK],
  // Azure takes no condition for one
  ["an availability set", SET],
])("of what is taken over while a machine is being deleted no deletion is sent: %s", async (_, taken) => {
  const azure = await withCluster();
  const { exit, stderr } = await destroyed(azure, taken, "before", (request) => isAt(MACHINE, "DELETE", request));
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("skipped: its tags no longer say that it is mycluster's");
  expect(stderr).toContain("Nothing of mycluster is left.");
  expect(sentFor(azure, taken)).toBe(0);
  azure.close();
});

test("what is taken over between the look and the deletion is looked at again, and stays", async () => {
  const azure = await withCluster();
  const { exit, stderr } = await destroyed(azure, NETWORK, "before", (request) => isAt(NETWORK, "DELETE", request));
  expect(exit, stderr).toBe(0);
  expect(sentFor(azure, NETWORK)).toBe(1);
  azure.close();
});

test("a machine that would take along what is taken over stays, and what it stands on", async () => {
  const azure = await withCluster();
  const { exit, stderr } = await destroyed(azure, INTERFACE, "after", isMark);
  expect(exit, stderr).toBe(1);
  expect(stderr).toContain("(NotDestroyed)");
  expect(stderr).toContain("Azure would delete what is somebody else's with the machines:");
  // nothing stands on the key
  expect(deletes(azure).filter((one) => !one.includes("/sshPublicKeys/"))).toEqual([]);
  azure.close();
});

test("a machine that is taken over stays, with what it holds and stands on", async () => {
  const azure = await withCluster();
  const { exit, stderr } = await destroyed(azure, MACHINE, "after", isMark);
  expect(exit, stderr).toBe(1);
  expect(stderr).toContain("(NotDestroyed)");
  expect(stderr).toContain("others use what is mycluster's:");
  expect(deletes(azure).filter((one) => !one.includes("/sshPublicKeys/"))).toEqual([]);
  azure.close();
});

test("a storage account that others have put something into since the look stays", async () => {
  const azure = await withCluster();
  const { tags } = (await byHand(azure, "GET", MACHINE)).body;
  const account = inGroup("shared", "Microsoft.Storage/storageAccounts", "ours1");
  const theirs = `${account}/blobServices/default/containers/theirs`;
  const body = { location: "westus", tags, kind: "StorageV2", sku: { name: "Standard_LRS" }, properties: {} };
  expect((await byHand(azure, "PUT", account, body)).status).toBeLessThan(300);
  const { exit, stderr } = await azure.run(DESTROY, {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (isMark(request)) expect((await byHand(azure, "PUT", theirs, {})).status).toBeLessThan(300);
      return answer;
    },
  });
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("skipped: it holds what the tool did not make: the container theirs");
  expect(sentFor(azure, account)).toBe(0);
  expect((await byHand(azure, "GET", theirs)).status).toBe(200);
  azure.close();
});

test("a destroy that is refused leaves the mark of another one alone", async () => {
  const azure = await withCluster();
  const MARK = "2026-11-22T12:00:00.000Z";
  let claim = "";
  const { exit, stderr } = await azure.run(DESTROY, {
    azure: async (request) => {
      const path = new URL(request.url).pathname.replace(/^\/subscriptions\/[^/]+/, "");
      // it is read by its name just before it is marked
      if (claim === "" && request.method === "GET" && /\/publicIPAddresses\/mycluster-ip-[^/]+$/i.test(path)) {
        claim = path;
        const { body } = await byHand(azure, "GET", path);
        const marked = { tags: { ...(body["tags"] as object), "aoc-destroying": MARK } };
        expect((await byHand(azure, "PATCH", path, marked)).status).toBe(200);
      }
      if (request.method !== "DELETE") return azure.simulation.handle(request);
      const error = { code: "AuthorizationFailed", message: "no" };
      return { status: 403, headers: { "content-type": "application/json" }, body: JSON.stringify({ error }) };
    },
  });
  expect(exit, stderr).toBe(4);
  expect((await byHand(azure, "GET", claim)).body["tags"]).toMatchObject({ "aoc-destroying": MARK });
  azure.close();
});

test.each<[string, (azure: TestAzure) => Promise<unknown>, string]>([
  ["holds something of others", (azure) => addForeign(azure, "mycluster"), "skipped: others have resources in it by now"],
  [
    "is somebody else's",
    (azure) => addGroup(azure, "mycluster", { owner: "somebody" }),
    "skipped: its tags no longer say that it is mycluster's",
  ],
])("a group that Azure has not deleted, and that %s by then, is not asked to go again", async (_, meanwhile, said) => {
  const azure = ownAzure();
  expect((await azure.run("mycluster --num-nodes 1 --wait-for machines")).exit).toBe(0);
  let asked = 0;
  const { exit, stderr } = await azure.run("destroy mycluster --yes", {
    azure: async (request) => {
      if (!isAt("/resourceGroups/mycluster", "DELETE", request)) return azure.simulation.handle(request);
      asked++;
      await meanwhile(azure);
      return { status: 200, headers: {} };
    },
  });
  expect(exit, stderr).toBe(0);
  expect(asked).toBe(1);
  expect(stderr).toContain(said);
  const left = everything(azure).filter((id) => id.includes("/resourceGroups/mycluster"));
  expect(left.filter((id) => !id.endsWith("/networkSecurityGroups/theirs"))).toEqual(["/resourceGroups/mycluster"]);
  azure.close();
});
