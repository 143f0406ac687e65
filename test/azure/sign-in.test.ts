/** Who signs in, and to which subscription when nobody names one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLOUDS } from "../../src/azure/clouds.ts";
import { type SignIn, createCredential } from "../../src/azure/credentials.ts";
import { selectedSubscription } from "../../src/azure/selected-subscription.ts";

const cloud = CLOUDS.AzureCloud;
const certificate = "-----BEGIN CERTIFICATE-----";
const ID = "00000000-0000-4000-8000-000000000000";

test.each<[Omit<SignIn, "cloud">, string]>([
  [{ tenant: ID, clientId: ID, certificate }, "ClientCertificateCredential"],
  [{ tenant: ID, clientId: ID }, "DefaultAzureCredential"],
  [{ tenant: ID, certificate }, "DefaultAzureCredential"],
  [{ clientId: ID, certificate }, "DefaultAzureCredential"],
  [{}, "DefaultAzureCredential"],
])("%j signs in as %s", async (signIn, name) => {
  expect((await createCredential({ cloud, ...signIn })).constructor.name).toBe(name);
});

function home(profile: unknown, folder = ".azure"): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-home-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, folder));
  writeFileSync(
    join(dir, folder, "azureProfile.json"),
    typeof profile === "string" ? profile : `\uFEFF${JSON.stringify(profile)}`,
  );
  return dir;
}
const PROFILE = {
  subscriptions: [{ id: "other" }, { id: ID.toUpperCase(), isDefault: true }, { id: "third", isDefault: false }],
};

test("the subscription is the one that the Azure CLI has selected, wherever it keeps that", async () => {
  const dir = home(PROFILE);
  expect(await selectedSubscription({ HOME: dir })).toBe(ID);
  expect(await selectedSubscription({ USERPROFILE: dir })).toBe(ID);
  expect(await selectedSubscription({ HOME: "/nowhere", AZURE_CONFIG_DIR: join(home(PROFILE, "cli"), "cli") })).toBe(ID);
});

test.each([["nothing"], [{}], [{ subscriptions: [] }], [{ subscriptions: [{ id: ID }] }]])(
  "nobody is signed in with the CLI: %j",
  async (profile) => {
    expect(await selectedSubscription({ HOME: home(profile) })).toBeUndefined();
  },
);

test("without a profile there is none", async () => {
  expect(await selectedSubscription({ HOME: "/nowhere" })).toBeUndefined();
});
