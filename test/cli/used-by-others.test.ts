/** A cluster that another one uses: named before anything is deleted, since Azure would delete only a part of it. */
import { expect, test } from "vitest";
import { addGroup, byHand, deletes, everything, inGroup } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000";

async function ok(azure: TestAzure, argv: string): Promise<void> {
  const { exit, stderr } = await azure.run(argv);
  if (exit !== 0) throw new Error(`${argv}: ${stderr}`);
}

function fresh(): TestAzure {
  const azure = ownAzure();
  return azure;
}

/** Two clusters, the second one in the first one's network. */
async function baseAndUser(more = ""): Promise<TestAzure> {
  const azure = fresh();
  await ok(azure, `base --num-nodes 1 --wait-for machines ${more}`);
  await ok(azure, `usenet --num-nodes 2 --virtual-network-name base-vnet --vnet-resource-group base --wait-for machines ${more}`);
  return azure;
}

const unmarked = async (azure: TestAzure, group: string): Promise<void> =>
  expect((await byHand(azure, "GET", `/resourceGroups/${group}`)).body["tags"] ?? {}).not.toHaveProperty("aoc-destroying");

test("another cluster in its network: nothing is deleted, the other one is named, and in the right order both go", async () => {
  const azure = await baseAndUser();
  const before = everything(azure);
  const { exit, stderr } = await azure.run("destroy base --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain(
    "virtual network, by the cluster usenet in the resource group usenet (interface of usenet-coreos-0, interface of usenet-coreos-1)",
  );
  expect(stderr).toContain(
    "Nothing was deleted. Destroy the other cluster first, if it is to go as well: `azure-coreos-cluster destroy usenet`.",
  );
  expect(everything(azure)).toEqual(before);
  expect(deletes(azure)).toEqual([]);
  await unmarked(azure, "base");
  await ok(azure, "destroy usenet --yes");
  await ok(azure, "destroy base --yes");
  expect(everything(azure)).toEqual([]);
});

test("an application gateway in its network: nothing is deleted, and it is named", async () => {
  const azure = fresh();
  await ok(azure, "base --num-nodes 1 --wait-for machines");
  const gateway = `${SUBSCRIPTION}/resourceGroups/web/providers/Microsoft.Network/applicationGateways/front`;
  const { exit, stderr } = await azure.run("destroy base --yes", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method !== "GET" || !/\/virtualNetworks/i.test(request.url)) return answer;
      const part = `"applicationGatewayIPConfigurations":[{"id":"${gateway}/gatewayIPConfigurations/ip"}]`;
      return { ...answer, body: (answer.body ?? "").replaceAll('"addressPrefix":', `${part},"addressPrefix":`) };
    },
  });
  expect(exit, stderr).toBe(5);
  expect(stderr).toContain("front");
  expect(deletes(azure)).toEqual([]);
});

test("--json says it as an error document", async () => {
  const azure = await baseAndUser();
  expect(await azure.json("destroy base --yes")).toMatchObject({ exit: 5, document: { error: { code: "UsedByOthers" } } });
});

test("gc, with both past their time, destroys the user first and then what it used", async () => {
  const azure = await baseAndUser("--ttl 1s");
  const { exit, stderr } = await azure.run("gc --yes");
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual([]);
});

test("gc, with only the used one past its time, leaves it and says why", async () => {
  const azure = fresh();
  await ok(azure, "base --num-nodes 1 --ttl 1s --wait-for machines");
  await ok(azure, "usenet --num-nodes 1 --virtual-network-name base-vnet --vnet-resource-group base --wait-for machines");
  const before = everything(azure);
  const { exit, stderr } = await azure.run("gc --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain("base: others use what is base's");
  expect(everything(azure)).toEqual(before);
});

test("two clusters in one group, one in the other's network", async () => {
  const azure = fresh();
  await addGroup(azure, "shared");
  await ok(azure, "base --resource-group shared --num-nodes 1 --availability-set base-as --wait-for machines");
  await ok(
    azure,
    "usenet --resource-group shared --num-nodes 1 --availability-set usenet-as --virtual-network-name base-vnet --wait-for machines",
  );
  const before = everything(azure);
  const { exit, stderr } = await azure.run("destroy base --yes --resource-group shared");
  expect([exit, everything(azure)]).toEqual([5, before]);
  expect(stderr).toContain("`azure-coreos-cluster destroy usenet --resource-group shared`");
  await ok(azure, "destroy usenet --yes --resource-group shared");
  await ok(azure, "destroy base --yes --resource-group shared");
});

const NIC = (more: object): object => ({
  location: "westus",
  tags: { owner: "somebody" },
  properties: {
    ipConfigurations: [
      {
        name: "a",
        properties: {
          subnet: { id: `${SUBSCRIPTION}${inGroup("base", "Microsoft.Network/virtualNetworks", "base-vnet")}/subnets/nodes` },
          ...more,
        },
      },
    ],
  },
});

test("somebody else's interface in its network is named by its id, and detaching it is enough", async () => {
  const azure = fresh();
  await ok(azure, "base --num-nodes 1 --wait-for machines");
  await addGroup(azure, "theirs");
  const nic = inGroup("theirs", "Microsoft.Network/networkInterfaces", "n");
  expect((await byHand(azure, "PUT", nic, NIC({}))).status).toBe(201);
  const { exit, stderr } = await azure.run("destroy base --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain(`virtual network, by ${SUBSCRIPTION}${nic}`);
  expect(stderr).toContain("Delete what uses it, or detach it");
  expect(stderr).not.toContain("Destroy the other");
  await byHand(azure, "DELETE", nic);
  await azure.run("list");
  await ok(azure, "destroy base --yes");
});

test("an interface elsewhere behind its load balancer, and one with its security group", async () => {
  const azure = fresh();
  await ok(azure, "base --num-nodes 1 --wait-for machines");
  await addGroup(azure, "theirs");
  const pool = `${SUBSCRIPTION}${inGroup("base", "Microsoft.Network/loadBalancers", "base-lb")}/backendAddressPools/nodes`;
  const nic = await byHand(
    azure,
    "PUT",
    inGroup("theirs", "Microsoft.Network/networkInterfaces", "n"),
    NIC({ loadBalancerBackendAddressPools: [{ id: pool }] }),
  );
  expect(nic.status, JSON.stringify(nic.body)).toBe(201);
  const { exit, stderr } = await azure.run("destroy base --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain("load balancer, by");
});

test("who uses it and may not be read is named all the same", async () => {
  const azure = await baseAndUser();
  const { exit, stderr } = await azure.run("destroy base --yes", {
    azure: (request) =>
      request.method === "GET" && /resourcegroups\/usenet\//i.test(request.url)
        ? Promise.resolve({ status: 403, headers: {}, body: '{"error":{"code":"AuthorizationFailed","message":"no"}}' })
        : azure.simulation.handle(request),
  });
  expect(exit).toBe(5);
  expect(stderr).toContain("resourceGroups/usenet/providers/Microsoft.Network/networkInterfaces/usenet-coreos-0-nic");
});

test("one that begins to use it after the look: what is left is named, with exit code 1, and never 'nothing is left'", async () => {
  const azure = fresh();
  await ok(azure, "base --num-nodes 1 --wait-for machines");
  await addGroup(azure, "theirs");
  let put = false;
  const { exit, stderr } = await azure.run("destroy base --yes --timeout 2h", {
    azure: async (request) => {
      if (request.method === "DELETE" && !put) {
        put = true;
        await byHand(azure, "PUT", inGroup("theirs", "Microsoft.Network/networkInterfaces", "n"), NIC({}));
      }
      return azure.simulation.handle(request);
    },
  });
  expect(exit).toBe(1);
  expect(stderr).toContain("2 resources of base are left");
  expect(stderr).toContain("virtualNetworks/base-vnet");
  expect(stderr).toContain("resourceGroups/theirs/providers/Microsoft.Network/networkInterfaces/n");
  expect(stderr).not.toContain('{"error"');
  expect(stderr).not.toContain("Nothing of base is left");
});
