/** Who signs in. */
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { CLOUDS } from "../../src/azure/clouds.ts";
import { type SignIn, askedOnce, chooseCredential } from "../../src/azure/credentials.ts";

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

test("all who ask at once for the same get one answer; whoever gives up is alone in it, and later it is asked again", async () => {
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<{ token: string; expiresOnTimestamp: number }>();
  const credential = askedOnce({
    getToken: (scopes) => {
      asked.push(String(scopes));
      return promise;
    },
  });
  const impatient = new AbortController();
  const all = [
    credential.getToken("arm"),
    credential.getToken("arm", { abortSignal: impatient.signal }),
    credential.getToken("arm"),
  ];
  const other = credential.getToken("storage");
  const given = expect(all[1]).rejects.toThrow("enough");
  impatient.abort(new Error("enough"));
  await given;
  resolve({ token: "t", expiresOnTimestamp: 0 });
  expect((await Promise.all([all[0], all[2], other])).map((one) => one?.token)).toEqual(["t", "t", "t"]);
  await credential.getToken("arm");
  expect(asked).toEqual(["arm", "storage", "arm"]);
});

test("what the one answer is refused with reaches all, and nobody is left unheard", async () => {
  const credential = askedOnce({ getToken: () => Promise.reject(new Error("no")) });
  const both = [credential.getToken("arm"), credential.getToken("arm")];
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
