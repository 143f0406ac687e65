/** Who signs in. */
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { CLOUDS } from "../../src/azure/clouds.ts";
import { type SignIn, chooseCredential } from "../../src/azure/credentials.ts";

const cloud = CLOUDS.AzureCloud;
const certificate = "-----BEGIN CERTIFICATE-----";
const ID = "00000000-0000-4000-8000-000000000000";

test.each<[Omit<SignIn, "cloud" | "httpClient">, string]>([
  [{ tenant: ID, clientId: ID, certificate }, "ClientCertificateCredential"],
  [{ tenant: ID, clientId: ID }, "DefaultAzureCredential"],
  [{ tenant: ID, certificate }, "DefaultAzureCredential"],
  [{ clientId: ID, certificate }, "DefaultAzureCredential"],
  [{}, "DefaultAzureCredential"],
])("%j signs in as %s", async (signIn, name) => {
  expect((await chooseCredential({ cloud, httpClient: createDefaultHttpClient(), ...signIn })).constructor.name).toBe(name);
});
