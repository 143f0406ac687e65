/** What Azure does not show to who asks is not taken for nothing: the group that may hold it stays. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseFault } from "../../src/sim/fault-script.ts";
import { byHand, everything, inGroup } from "./azure-hand.ts";
import { type RunOptions, type TestAzure, ownAzure } from "./world.ts";

const IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";
const THEIRS = inGroup("abc", IDENTITY, "theirs");
const GROUP = "/resourceGroups/abc";

const addTheirs = (azure: TestAzure): Promise<{ status: number }> => byHand(azure, "PUT", THEIRS, { location: "westus" });

/** A cluster in a group of its own, made by who may do all that `limits` say. */
async function withCluster(options: NonNullable<Parameters<typeof ownAzure>[0]> = {}, flags = ""): Promise<TestAzure> {
  const azure = ownAzure(options);
  const { exit, stderr } = await azure.run(`abc --num-nodes 1 --wait-for machines ${flags}`);
  expect(exit, stderr).toBe(0);
  return azure;
}

const role = JSON.parse(readFileSync(new URL("../../docs/role.json", import.meta.url), "utf8")) as { Actions: string[] };

/** Rights to read that leave others' identities out, as a role of single reads does. */
const BLIND = [
  ["single reads", { actions: role.Actions.filter((one) => !/^\*|ManagedIdentity/.test(one)) }],
  ["all but one service's", { notActions: ["Microsoft.ManagedIdentity/*"] }],
] as const;

test.each(BLIND)(
  "what others have in the group and the caller may not see stays, and so does the group: %s",
  async (_, limits) => {
    const azure = await withCluster({ limits });
    await addTheirs(azure);
    const { exit, stderr } = await azure.run("destroy abc --yes");
    expect([exit, stderr]).toEqual([0, expect.stringContaining("this sign-in may not read everything in it (the right */read)")]);
    expect(stderr).toContain("`az group delete --name abc`");
    expect(stderr).toContain("Nothing of abc is left.");
    expect(everything(azure)).toEqual([GROUP, THEIRS]);
    expect((await byHand(azure, "GET", GROUP)).body["tags"]).toEqual({});
  },
);

test("gc and a rollback leave such a group as well, and a rollback says why", async () => {
  const [, limits] = BLIND[0];
  const azure = await withCluster({ limits }, "--ttl 1m");
  await addTheirs(azure);
  await azure.pass(120_000);
  const { exit, stderr } = await azure.run("gc --yes");
  expect([exit, stderr]).toEqual([0, expect.stringContaining("may not read everything in it")]);
  expect(everything(azure)).toEqual([GROUP, THEIRS]);

  const failing = ownAzure({ limits, faults: [parseFault("loadBalancers:RequestDisallowedByPolicy")] });
  const undone = await failing.run("abc --num-nodes 1 --wait-for machines --rollback");
  expect([undone.exit, undone.stderr]).toEqual([4, expect.stringContaining("ContentsUnknown: the resource group abc stays")]);
  expect(everything(failing)).toEqual([GROUP]);
});

test("a create for which there is no room says why it does not begin anew elsewhere: its group stays", async () => {
  const [, limits] = BLIND[0];
  const azure = ownAzure({ limits, faults: [parseFault("network:RegionDoesNotAllowProvisioningx1")] });
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines --location westus,eastus");
  expect([exit, stderr]).toEqual([1, expect.stringContaining("the resource group abc stays: this sign-in may not read")]);
  expect(everything(azure)).toEqual([GROUP]);
});

const answering =
  (azure: TestAzure, path: RegExp, status: number, body: object): NonNullable<RunOptions["azure"]> =>
  (request) =>
    request.method === "GET" && path.test(request.url)
      ? Promise.resolve({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
      : azure.simulation.handle(request);

test.each([
  ["nobody may ask for", 403, { error: { code: "AuthorizationFailed", message: "no" } }, false],
  ["nobody has", 200, { value: [] }, false],
  ["there are none of", 404, { error: { code: "NotFound", message: "no" } }, true],
])("rights that %s: %i", async (_, status, body, whole) => {
  const azure = await withCluster();
  const { exit, stderr } = await azure.run("destroy abc --yes", { azure: answering(azure, /\/permissions\?/, status, body) });
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual(whole ? [] : [GROUP]);
});

test("an emulator on this machine that tells of no rights has nothing of anybody's", async () => {
  const azure = await withCluster({ rehearsal: false });
  const { exit, stderr } = await azure.run("destroy abc --yes --arm-endpoint http://127.0.0.1:1", {
    azure: answering(azure, /\/permissions\?/, 200, { value: [] }),
  });
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual([]);
});

test.each([
  ["for longer than lists are behind", 3_600_000, [GROUP, THEIRS]],
  ["which is young", 0, []],
])("a list of everything that is empty does not have a machine %s", async (_, age, left) => {
  const azure = await withCluster();
  await azure.pass(age);
  if (age > 0) await addTheirs(azure);
  const { exit, stderr } = await azure.run("destroy abc --yes", {
    azure: answering(azure, /abc\/resources\?/i, 200, { value: [] }),
  });
  expect(exit, stderr).toBe(0);
  if (age > 0) expect(stderr).toContain("Azure's list of what is in it is not whole");
  expect(everything(azure)).toEqual(left);
});

test("what others put into the group while it is marked stays, and so does the group", async () => {
  const azure = await withCluster();
  let put: Promise<unknown> | undefined;
  const { exit, stderr } = await azure.run("destroy abc --yes", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "PATCH") await (put ??= addTheirs(azure));
      return answer;
    },
  });
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual([GROUP, THEIRS]);
});
