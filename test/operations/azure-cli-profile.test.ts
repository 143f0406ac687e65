/** What the Azure CLI has selected, and what of it is a subscription that machines can be made in. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { knownSubscription, selectSubscription } from "../../src/operations/azure-cli-profile.ts";

const [PUBLIC, GOV, TENANT] = ["1", "4", "3"].map((digit) => `${digit.repeat(8)}-1111-1111-1111-${digit.repeat(12)}`) as [
  string,
  string,
  string,
];

const account = (more: object) => ({ id: PUBLIC, name: "mine", state: "Enabled", isDefault: true, tenantId: TENANT, ...more });
const GOVERNMENT = account({ id: GOV, name: "gov", environmentName: "AzureUSGovernment" });

/** The environment of somebody who has used the CLI. */
async function used(subscriptions: unknown, config = ""): Promise<{ AZURE_CONFIG_DIR: string }> {
  const folder = await mkdtemp(join(tmpdir(), "azure-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "azureProfile.json"), `\uFEFF${JSON.stringify({ subscriptions })}`);
  await writeFile(join(folder, "config"), config);
  return { AZURE_CONFIG_DIR: folder };
}

test("the profile is where the CLI keeps it", async () => {
  const { AZURE_CONFIG_DIR: home } = await used([]);
  await mkdir(join(home, ".azure"));
  await writeFile(join(home, ".azure", "azureProfile.json"), JSON.stringify({ subscriptions: [account({})] }));
  expect(await selectSubscription({ HOME: home }, {})).toMatchObject({ subscription: PUBLIC });
  expect(await selectSubscription({ USERPROFILE: home }, {})).toMatchObject({ subscription: PUBLIC });
  await expect(selectSubscription({ HOME: join(home, "nowhere") }, {})).rejects.toMatchObject({ code: "SubscriptionMissing" });
});

test("the cloud comes with its subscription", async () => {
  expect(await selectSubscription(await used([GOVERNMENT]), {})).toMatchObject({ subscription: GOV, cloud: "AzureUSGovernment" });
  expect(await selectSubscription(await used([account({})]), {})).toMatchObject({ subscription: PUBLIC, cloud: "AzureCloud" });
});

test("also with one that is given and that the CLI knows; --cloud beats it", async () => {
  const env = await used([account({}), { ...GOVERNMENT, isDefault: false }]);
  expect(await selectSubscription(env, { subscription: GOV.toUpperCase() })).toMatchObject({ cloud: "AzureUSGovernment" });
  expect(await selectSubscription(env, { subscription: GOV, cloud: "AzureCloud" })).toMatchObject({ cloud: "AzureCloud" });
  expect(await selectSubscription(env, { subscription: TENANT })).toMatchObject({ subscription: TENANT, cloud: "AzureCloud" });
});

test("of a default in each cloud the one of the active cloud is taken, or of --cloud", async () => {
  const both = [account({ environmentName: "AzureCloud" }), GOVERNMENT];
  expect(await selectSubscription(await used(both), {})).toMatchObject({ subscription: PUBLIC });
  const config = "[core]\nname = other\n[cloud]\nname = AzureUSGovernment\n[defaults]\nname = x\n";
  expect(await selectSubscription(await used(both, config), {})).toMatchObject({ subscription: GOV });
  expect(await selectSubscription(await used(both), { cloud: "AzureUSGovernment" })).toMatchObject({ subscription: GOV });
});

test("a subscription of another cloud than --cloud is not taken", async () => {
  await expect(selectSubscription(await used([GOVERNMENT]), { cloud: "AzureCloud" })).rejects.toMatchObject({
    code: "SubscriptionMissing",
    exit: 2,
    message: expect.stringContaining("AzureUSGovernment") as string,
  });
});

test.each([
  [{ id: TENANT, name: "N/A(tenant level account)" }, "is a tenant, and no subscription"],
  [{ id: TENANT.toUpperCase() }, "is a tenant, and no subscription"],
  [{ state: "Disabled" }, "is disabled"],
  [{ state: "Deleted" }, "is deleted"],
])("%j is no subscription to work in", async (more, why) => {
  await expect(selectSubscription(await used([account(more)]), {})).rejects.toMatchObject({
    code: "SubscriptionMissing",
    exit: 2,
    message: expect.stringContaining(why) as string,
    advice: expect.stringContaining("az account set") as string,
  });
});

test.each(["Enabled", "Warned", "PastDue"])("one in the state %s is", async (state) => {
  expect(await selectSubscription(await used([account({ state })]), {})).toMatchObject({ subscription: PUBLIC });
});

test("a cloud that is not known is asked for, unless another Resource Manager is given", async () => {
  const env = await used([account({ environmentName: "AzureStackHub" })]);
  await expect(selectSubscription(env, {})).rejects.toMatchObject({
    exit: 2,
    message: expect.stringContaining("AzureStackHub") as string,
  });
  expect(await selectSubscription(env, { armEndpoint: "https://arm.example" })).toMatchObject({ subscription: PUBLIC });
});

test.each([[[]], [undefined], [{}], [[null, 1, {}, { id: 5 }]], [[account({ isDefault: false })]]])(
  "a profile of %j selects nothing",
  async (subscriptions) => {
    await expect(selectSubscription(await used(subscriptions), {})).rejects.toMatchObject({
      code: "SubscriptionMissing",
      exit: 2,
    });
  },
);

const SECOND = "22222222-1111-1111-1111-222222222222";

test("the CLI says who signed in, and what else the same sign-in reaches", async () => {
  const user = { name: "jane\u001B]0;x@example.org", type: "user" };
  const env = await used([
    account({ user }),
    account({ id: SECOND, name: "second", isDefault: false }),
    account({ id: GOV, name: "another cloud", isDefault: false, environmentName: "AzureUSGovernment" }),
    account({ id: GOV, name: "another tenant", isDefault: false, tenantId: SECOND }),
    account({ id: GOV, name: "off", isDefault: false, state: "Disabled" }),
    account({ id: TENANT, name: "tenant level", isDefault: false }),
    account({ id: "../..", name: "no id", isDefault: false }),
  ]);
  const known = {
    id: PUBLIC,
    name: "mine",
    signedIn: { kind: "user", name: "jane^[]0;x@example.org" },
    others: [{ id: SECOND, name: "second" }],
  };
  expect((await selectSubscription(env, {})).known).toEqual(known);
  expect(knownSubscription(env, { subscription: PUBLIC.toUpperCase() })).toEqual(known);
  // another tenant is signed in to: nothing there is known to be reached
  expect((await selectSubscription(env, { tenant: GOV })).known.others).toEqual([]);
  expect(knownSubscription(env, { subscription: SECOND.replace("2", "9") })).toEqual({ others: [] });
  expect(knownSubscription(env, {})).toEqual({ others: [] });
});

test.each([
  [{ name: "11111111-2222-3333-4444-555555555555", type: "servicePrincipal" }, "service principal"],
  [{ name: "systemAssignedIdentity", type: "servicePrincipal", assignedIdentityInfo: "MSI" }, "managed identity"],
  [{ name: "jane@example.org" }, "user"],
  [{}, undefined],
  [null, undefined],
])("a user %j of the CLI is a %s", async (user, kind) => {
  expect((await selectSubscription(await used([account({ user })]), {})).known.signedIn?.kind).toBe(kind);
});

test.each<[string, string | Buffer, string]>([
  ["cut off", '{"subscriptions": [', "is damaged"],
  ["UTF-16", Buffer.from('\uFEFF{"subscriptions": []}', "utf16le"), "is UTF-16"],
])("a profile that is %s is called that, where a subscription is looked for in it", async (_, content, why) => {
  const env = await used([]);
  const file = join(env.AZURE_CONFIG_DIR, "azureProfile.json");
  await writeFile(file, content);
  await expect(selectSubscription(env, {})).rejects.toMatchObject({
    code: "SubscriptionMissing",
    message: expect.stringContaining(`${file} ${why}`) as string,
    advice: expect.stringContaining("az login") as string,
  });
  expect(await selectSubscription(env, { subscription: PUBLIC })).toMatchObject({ subscription: PUBLIC });
});
