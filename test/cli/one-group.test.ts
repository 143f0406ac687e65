/** Rights on one resource group and nothing beyond it: every command with --resource-group stays inside. */
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
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
  await azure.run("alpha --num-nodes 1 --wait-for machines --ttl 1s --resource-group mine");
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

/** Questions about a region, which the preflight asks and goes on without. */
const OF_A_REGION =
  /\/providers\/Microsoft\.(Compute|Network)$|\/skus$|\/locations\/[^/]+\/(usages|CheckDnsNameAvailability)$|\/locations\/[^/]+\/publishers\//i;

/** Every command that asks Azure, in an order in which a cluster lives: its exit code, and what of it is refused beyond the group. */
const LIFE = [
  ["plan alpha --num-nodes 1", 0, "region"],
  ["export alpha --num-nodes 1", 0, "region"],
  ["create alpha --num-nodes 1 --wait-for machines --ttl 1h", 0, "region"],
  ["create alpha --num-nodes 3 --wait-for machines", 0, "region"],
  ["create alpha --num-nodes 3 --wait-for machines", 0, "region"],
  ["status alpha", 0, "nothing"],
  ["list", 0, "nothing"],
  // no machine was booted
  ["ssh alpha", 1, "nothing"],
  ["run alpha -- uptime", 1, "nothing"],
  ["plan alpha --num-nodes 4", 0, "region"],
  ["remove alpha 2 --yes", 0, "nothing"],
  ["gc --yes", 0, "nothing"],
  ["destroy alpha --yes", 0, "nothing"],
  ["destroy alpha --yes", 0, "nothing"],
  ["status alpha", 1, "nothing"],
] as const;

/** Whatever else asks Azure, so that no command is left out. How it ends is its own matter. */
const OTHERS = COMMANDS.filter(
  ({ name, scopes }) => scopes.includes("azure") && !LIFE.some(([line]) => line.split(" ")[0] === name),
).map(({ name, takes }) => `${name} alpha${takes.includes("<node") ? " 1" : ""} --yes`);

const within = (line: string): string => line.replace(/( -- |$)/, " --resource-group mine$1");

test("a cluster's whole life goes on inside the group, and nothing beyond it is asked twice", async () => {
  const { azure, mine, refused } = await contributor();
  for (const [line, exit, beyond] of LIFE) {
    refused.length = 0;
    const result = await azure.run(within(line), mine);
    expect({ line, ...result }).toMatchObject({ line, exit });
    const strays = refused.filter((one) => beyond === "nothing" || !OF_A_REGION.test(one));
    expect({ line, strays }).toEqual({ line, strays: [] });
    expect(new Set(refused).size, refused.join("\n")).toBe(refused.length);
    expect(result.stderr.match(/Not checked/g)?.length ?? 0, result.stderr).toBe(refused.length === 0 ? 0 : 1);
  }
  const ofGroup = azure.exchanges.filter(({ url }) => /\/resourceGroups\/mine$/i.test(new URL(url).pathname));
  // the first is the owner's, who made it: it is neither made again nor changed nor deleted
  expect(ofGroup.filter(({ method }) => method !== "GET")).toHaveLength(1);
});

test.each(OTHERS)("%s asks for nothing beyond the group either", async (line) => {
  const { azure, mine, refused } = await contributor();
  await azure.run(within("create alpha --num-nodes 2 --wait-for machines"), mine);
  refused.length = 0;
  expect((await azure.run(within(line), mine)).exit).not.toBe(4);
  expect(refused.filter((one) => !OF_A_REGION.test(one))).toEqual([]);
  expect(new Set(refused).size, refused.join("\n")).toBe(refused.length);
});

test.each([
  "list",
  "gc --yes",
  "status alpha",
  "destroy alpha --yes",
  "remove alpha 1 --yes",
  "run alpha -- uptime",
  "ssh alpha",
])("%s without it says that only a named group can be looked at", async (line) => {
  const { azure, mine } = await contributor();
  // the group of the cluster's name may be forbidden, or not be there
  for (const how of [mine, { ...mine, azure: missing(mine) } as RunOptions]) {
    const { exit, stderr } = await azure.run(line, how);
    expect(exit).toBe(4);
    expect(stderr).toContain("--resource-group NAME");
    expect(stderr).toContain("00000000-0000-0000-0000-000000000000");
  }
});

test.each(["plan alpha", "alpha --num-nodes 1", "export alpha"])(
  "%s without it says so too, before anything is made",
  async (line) => {
    const { azure, mine, refused } = await contributor();
    const { exit, stderr } = await azure.run(line, mine);
    expect([exit, stderr]).toEqual([4, expect.stringContaining("--resource-group NAME")]);
    expect(refused.filter((one) => !one.startsWith("GET "))).toEqual([]);
  },
);

test("who may read the subscription, and not make a group, is told the way", async () => {
  const { azure, mine } = await contributor();
  const reader: RunOptions["azure"] = (request) =>
    request.method === "GET" ? azure.simulation.handle(request) : mine.azure!(request);
  const { exit, stderr } = await azure.run("alpha --num-nodes 1", { azure: reader });
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([
    4,
    expect.stringContaining("rights on one resource group only, name it: --resource-group NAME"),
  ]);
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
