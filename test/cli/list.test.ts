/** list over the simulated Azure. */
import { expect, test } from "vitest";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addGroup, byHand } from "./azure-hand.ts";
import { steady } from "./steady.ts";
import { type TestAzure, folderOfAnother, testAzure, ownAzure } from "./world.ts";

function newAzure(...options: Parameters<typeof testAzure>): TestAzure {
  const azure = ownAzure(...options);
  return azure;
}

test("no cluster: a sentence on stderr, nothing on stdout, exit code 0", async () => {
  const azure = newAzure();
  expect(await azure.run("list")).toEqual({
    exit: 0,
    stdout: "",
    stderr: expect.stringContaining(
      "No clusters of this tool in the subscription Simulated subscription (00000000-0000-0000-0000-000000000000).\n",
    ),
  });
  expect((await azure.json<unknown[]>("list")).document).toEqual([]);
});

test("a line for each cluster, whatever group it is in, and none for what others have", async () => {
  const azure = newAzure({ faults: [parseFault("machine-2:SkuNotAvailable")] });
  await addGroup(azure, "shared", { owner: "somebody" });
  await addGroup(azure, "begun", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "begun" });
  await azure.run("alpha --num-nodes 1 --wait-for machines --ttl 1h");
  await azure.run("beta --num-nodes 2 --wait-for machines --resource-group shared --location westeurope");
  await azure.run("gamma --num-nodes 3 --wait-for machines --availability-set gamma-as --ttl 1s");
  await azure.run("delta --num-nodes 1 --wait-for machines");
  await byHand(azure, "DELETE", "/resourceGroups/delta");
  const { exit, stdout, stderr } = await azure.run("list");
  expect(exit).toBe(0);
  expect(stderr).toBe("Subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in)\n");
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "NAME  GROUP  LOCATION  NODES  ADDRESS  AGE  EXPIRES  STATE
    alpha  alpha  westus  1  IP  TIME  in TIME  complete
    begun  begun  westus  0  -  -  -  half made
    beta  shared  westeurope  2  IP  TIME  -  complete
    delta  delta  westus  1  IP  TIME  -  being destroyed
    gamma  gamma  westus  2 of 3  IP  TIME  TIME ago  expired
    "
  `);
});

test("fewer machines than were asked for is incomplete", async () => {
  const azure = newAzure({ faults: [parseFault("machine-2:SkuNotAvailable")] });
  await azure.run("mycluster --num-nodes 3 --wait-for machines");
  expect((await azure.json<unknown[]>("list")).document).toMatchObject([
    { name: "mycluster", nodes: 2, wanted: 3, state: "incomplete" },
  ]);
});

test("machines that Azure is still making are there, and the cluster is not complete", async () => {
  const azure = newAzure();
  let during: unknown;
  await azure.run("mycluster --num-nodes 2 --wait-for machines", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PUT" && /virtualMachines\/mycluster-coreos-1\?/.test(request.url))
        during = (await azure.json<unknown[]>("list")).document;
      return answer;
    },
  });
  expect(during).toMatchObject([{ wanted: 2, state: "incomplete" }]);
  expect((await azure.json<unknown[]>("list")).document).toMatchObject([{ nodes: 2, wanted: 2, state: "complete" }]);
});

test("--json has the fields that scripts rely on", async () => {
  const azure = newAzure();
  await azure.run("mycluster --num-nodes 1 --wait-for machines --ttl 1h");
  const { document } = await azure.json<{ expires: string }[]>("list");
  expect(document).toMatchObject([
    {
      schema: "azure-coreos-cluster/list/1",
      name: "mycluster",
      resourceGroup: "mycluster",
      location: "westus",
      host: "mycluster.westus.cloudapp.azure.com",
      ip: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      nodes: 1,
      state: "complete",
    },
  ]);
  expect(document[0]?.expires).toMatch(/^2026-11-22T13:00:\d\d/);
});

test("of two clusters of one name in two groups both are listed", async () => {
  const azure = newAzure();
  await addGroup(azure, "a");
  await addGroup(azure, "b");
  await azure.run("mycluster --num-nodes 1 --wait-for machines --resource-group a");
  await azure.run("mycluster --num-nodes 1 --wait-for machines --resource-group b --location eastus", {
    dir: await folderOfAnother(),
  });
  const { document } = await azure.json<{ resourceGroup: string; location: string }[]>("list");
  expect(document.map((one) => [one.resourceGroup, one.location])).toEqual([
    ["a", "westus"],
    ["b", "eastus"],
  ]);
  // and a command that is told the name alone asks which
  expect(await azure.run("destroy mycluster --yes")).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("2 resource groups hold a cluster mycluster: a, b"),
  });
});
