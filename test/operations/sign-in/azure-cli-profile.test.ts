/** What the Azure CLI has selected, and what of it is a subscription that machines can be made in. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLOUDS } from "../../../src/azure/clouds.ts";
import { cloudOfAuthority } from "../../../src/core/spec/cloud.ts";
import type { CliPlace } from "../../../src/operations/sign-in/azure-cli-files.ts";
import { knownSubscription, selectSubscription } from "../../../src/operations/sign-in/azure-cli-profile.ts";

const [PUBLIC, GOV, TENANT] = ["1", "4", "3"].map((digit) => `${digit.repeat(8)}-1111-1111-1111-${digit.repeat(12)}`) as [
  string,
  string,
  string,
];

const account = (more: object) => ({ id: PUBLIC, name: "mine", state: "Enabled", isDefault: true, tenantId: TENANT, ...more });
const GOVERNMENT = account({ id: GOV, name: "gov", environmentName: "AzureUSGovernment" });

/** The environment of somebody who has used the CLI. */
async function used(subscriptions: unknown, config = "", more = {}): Promise<CliPlace & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "azure-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "azureProfile.json"), `\uFEFF${JSON.stringify({ subscriptions })}`);
  await writeFile(join(folder, "config"), config);
  return { cwd: "/", env: { AZURE_CONFIG_DIR: folder, ...more }, folder };
}

test("the profile is where the CLI keeps it", async () => {
  const { folder: home } = await used([]);
  await mkdir(join(home, ".azure"));
  await writeFile(join(home, ".azure", "azureProfile.json"), JSON.stringify({ subscriptions: [account({})] }));
  const env = (named: Record<string, string>): CliPlace => ({ cwd: home, env: named });
  for (const named of [{ HOME: home }, { USERPROFILE: home }, { HOME: "", USERPROFILE: home }, { AZURE_CONFIG_DIR: ".azure" }])
    expect(await selectSubscription(env(named), {})).toMatchObject({ subscription: PUBLIC });
  expect(await selectSubscription(env({ HOME: home, AZURE_CONFIG_DIR: "~/.azure" }), {})).toMatchObject({ subscription: PUBLIC });
  // the folder that one stands in is nobody's home
  for (const named of [{ HOME: join(home, "nowhere") }, { HOME: "" }, {}])
    await expect(selectSubscription(env(named), {})).rejects.toMatchObject({
      code: "SubscriptionMissing",
      message: "which Azure subscription?",
    });
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

test.each<[string, object, string]>([
  ["[cloud]\nname = AzureUSGovernment\n", {}, "`az cloud set --name AzureCloud`"],
  ["", { AZURE_CLOUD_NAME: "AzureUSGovernment" }, "`export AZURE_CLOUD_NAME=AzureCloud`"],
])("the default of another cloud than the CLI is in is not taken without a word: %j %j", async (config, env, way) => {
  const where = await used([account({ environmentName: "AzureCloud" })], config, env);
  await expect(selectSubscription(where, {})).rejects.toMatchObject({
    exit: 2,
    message: expect.stringContaining("which subscription of AzureUSGovernment?") as string,
    advice: expect.stringContaining(way) as string,
  });
});

test.each([
  ["azurecloud", PUBLIC],
  ["AzurePublicCloud", PUBLIC],
  // the CLI warns, and goes to its default
  ["AzureNoSuchCloud", PUBLIC],
  ["azureusgovernment", GOV],
  ["AzureUSGovernmentCloud", GOV],
  ["stackhub", TENANT],
])("the CLI's cloud named %s, in its variable or in its config", async (name, subscription) => {
  const accounts = [
    account({ environmentName: "azurecloud" }),
    GOVERNMENT,
    account({ id: TENANT, tenantId: GOV, environmentName: "StackHub" }),
  ];
  for (const where of [await used(accounts, "", { AZURE_CLOUD_NAME: name }), await used(accounts, `[cloud]\nname = ${name}\n`)])
    expect(await selectSubscription(where, { armEndpoint: "https://arm.example" })).toMatchObject({ subscription });
});

test("the default of another cloud than one that somebody registered with the CLI is not taken", async () => {
  const where = await used([account({})], "", { AZURE_CLOUD_NAME: "StackHub" });
  await writeFile(join(where.folder, "clouds.config"), "[StackHub]\nprofile = latest\n");
  await expect(selectSubscription(where, {})).rejects.toMatchObject({
    message: expect.stringContaining("which subscription of StackHub?") as string,
  });
});

test("where one signs in tells the cloud", () => {
  for (const [name, { authority }] of Object.entries(CLOUDS)) expect(cloudOfAuthority(`${authority}/`)).toBe(name);
  expect(cloudOfAuthority("login.microsoftonline.us")).toBe("AzureUSGovernment");
  expect(cloudOfAuthority("https://login.microsoftonline.us.example.org")).toBeUndefined();
  expect(cloudOfAuthority("https://")).toBeUndefined();
});

test("the cloud of AZURE_AUTHORITY_HOST is held against what the CLI knows", async () => {
  const env = { AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us/" };
  const where = await used([account({})], "", env);
  const given = { cloud: "AzureUSGovernment" } as const;
  await expect(selectSubscription(where, { ...given, subscription: PUBLIC })).rejects.toMatchObject({
    exit: 2,
    message: expect.stringContaining(
      `AZURE_AUTHORITY_HOST says AzureUSGovernment, and the subscription mine (${PUBLIC})`,
    ) as string,
  });
  await expect(selectSubscription(where, given)).rejects.toMatchObject({
    exit: 2,
    advice: expect.stringContaining("`unset AZURE_AUTHORITY_HOST`") as string,
  });
  expect(await selectSubscription(where, { ...given, subscription: GOV })).toMatchObject({ cloud: "AzureUSGovernment" });
  // --cloud was typed
  expect(await selectSubscription(where, { cloud: "AzureChinaCloud", subscription: PUBLIC })).toMatchObject({
    cloud: "AzureChinaCloud",
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

test("a profile that is a folder, or cannot be read, is named", async () => {
  const where = await used([account({})]);
  const file = join(where.folder, "azureProfile.json");
  await rm(file);
  await mkdir(file);
  await expect(selectSubscription(where, {})).rejects.toMatchObject({
    code: "SubscriptionMissing",
    message: expect.stringContaining(`${file} is no file`) as string,
  });
  await rm(file, { recursive: true });
  await symlink(file, file);
  await expect(selectSubscription(where, {})).rejects.toMatchObject({
    message: expect.stringContaining(`${file} cannot be read (ELOOP)`) as string,
  });
});

test("a profile that is another user's is named, with what gives it back", async () => {
  const where = await used([account({})]);
  await chmod(join(where.folder, "azureProfile.json"), 0);
  // root may read everything
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(selectSubscription(where, {})).rejects.toMatchObject({
      message: expect.stringContaining("is not yours to read") as string,
      advice: expect.stringContaining(`sudo chown -R "$(id -un)" ${where.folder}`) as string,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test.each<[string, string | Buffer, string]>([
  ["cut off", '{"subscriptions": [', "is damaged"],
  ["UTF-16", Buffer.from('\uFEFF{"subscriptions": []}', "utf16le"), "is UTF-16"],
])("a profile that is %s is called that, where a subscription is looked for in it", async (_, content, why) => {
  const env = await used([]);
  const file = join(env.folder, "azureProfile.json");
  await writeFile(file, content);
  await expect(selectSubscription(env, {})).rejects.toMatchObject({
    code: "SubscriptionMissing",
    message: expect.stringContaining(`${file} ${why}`) as string,
    advice: expect.stringContaining("az login") as string,
  });
  expect(await selectSubscription(env, { subscription: PUBLIC })).toMatchObject({ subscription: PUBLIC });
});
