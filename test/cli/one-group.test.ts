/** Rights on one resource group and nothing beyond it: every command with --resource-group stays inside. */
import { expect, test } from "vitest";
import { addGroup } from "./azure-hand.ts";
import { type RunOptions, type TestAzure, ownAzure } from "./world.ts";

/** An Azure that refuses whatever is not below the group. */
async function contributor(): Promise<{ azure: TestAzure; mine: RunOptions; refused: string[] }> {
  const azure = ownAzure();
  await addGroup(azure, "mine");
  const refused: string[] = [];
  // whoever may begin an operation may ask how it goes on
  const inside = /\/resourceGroups\/mine(?:[/?]|$)|\/operation(?:s|results)?\//i;
  return {
    azure,
    refused,
    mine: {
      azure: (request) => {
        if (inside.test(request.url)) return azure.simulation.handle(request);
        refused.push(`${request.method} ${new URL(request.url).pathname}`);
        const error = { code: "AuthorizationFailed", message: "The client does not have authorization over scope 'X'." };
        return Promise.resolve({
          status: 403,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ error }),
        });
      },
    },
  };
}

test("list and gc ask for nothing beyond --resource-group", async () => {
  const { azure, mine, refused } = await contributor();
  await azure.run("alpha --num-nodes 1 --wait-for machines --ttl 1m --resource-group mine");
  const { stdout, exit } = await azure.run("list --resource-group mine", mine);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^alpha +mine +westus +1 /m);
  expect((await azure.run("list --resource-group elsewhere", mine)).exit).toBe(4);
  refused.length = 0;
  expect((await azure.run("gc --resource-group mine --yes", mine)).exit).toBe(0);
  expect(refused).toEqual([]);
  expect((await azure.json("list --resource-group mine", mine)).document).toEqual([]);
});

test("list of a group that is not there lists nothing", async () => {
  const { azure } = await contributor();
  expect((await azure.json("list --resource-group none")).document).toEqual([]);
});

test("a cluster's whole life goes on inside the group", async () => {
  const { azure, mine } = await contributor();
  const life = [
    "alpha --num-nodes 1 --wait-for machines",
    "alpha --num-nodes 3 --wait-for machines",
    "status alpha",
    "plan alpha --num-nodes 4",
    "remove alpha 2 --yes",
    "destroy alpha --yes",
  ];
  for (const line of life) {
    const { exit, stderr } = await azure.run(`${line} --resource-group mine`, mine);
    expect({ line, exit, stderr }).toMatchObject({ line, exit: 0 });
  }
});

test.each(["list", "gc --yes", "status alpha"])("%s without it says that only a named group can be looked at", async (line) => {
  const { azure, mine } = await contributor();
  const named = line === "status alpha" ? ({ ...mine, azure: missing(mine) } as RunOptions) : mine;
  const { exit, stderr } = await azure.run(line, named);
  expect(exit).toBe(4);
  expect(stderr).toContain("give --resource-group NAME");
});

/** The group of the cluster's name is not there, rather than forbidden. */
const missing =
  ({ azure }: RunOptions): NonNullable<RunOptions["azure"]> =>
  (request) =>
    /\/resourceGroups\/alpha[/?]/i.test(request.url)
      ? Promise.resolve({
          status: 404,
          headers: { "content-type": "application/json" },
          body: '{"error":{"code":"ResourceGroupNotFound","message":"Resource group \'alpha\' could not be found."}}',
        })
      : azure!(request);
