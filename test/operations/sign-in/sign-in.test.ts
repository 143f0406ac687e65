/** Who may go to Azure: what is refused before anything is asked, and what of a cluster says that it is doomed or foreign. */
import { expect, test } from "vitest";
import { connectAzure } from "../../../src/operations/connect.ts";
import { expiryIn, isDoomed, isForeign } from "../../../src/operations/cluster/cluster.ts";
import type { FlagValues } from "../../../src/core/spec/flags.ts";
import type { Surroundings } from "../../../src/operations/run.ts";
import { realClock } from "../../../src/operations/real-clock.ts";

const outside = {
  env: { HOME: "/nowhere" },
  cwd: "/",
  clock: realClock,
  random: (bytes: number) => new Uint8Array(bytes),
} as unknown as Surroundings;
const around = {
  clock: realClock,
  emit: () => undefined,
  hard: new AbortController().signal,
  traffic: { asked: 0, answered: 0 },
};
const ID = "00000000-0000-4000-8000-000000000000";

test.each([
  [{ azureCert: "azure-cert.pem" }],
  [{ azureCert: "azure-cert.pem", tenant: ID }],
  [{ azureCert: "azure-cert.pem", clientId: ID }],
])("a certificate alone signs nobody in: %j", async (given) => {
  await expect(connectAzure(outside, { subscription: ID, ...given }, around)).rejects.toMatchObject({ code: "SignInIncomplete" });
});

const SECRET = { AZURE_CLIENT_SECRET: "x" };
test.each<[env: Record<string, string>, given: Partial<FlagValues>, message: string | undefined]>([
  [SECRET, { clientId: ID }, "AZURE_CLIENT_SECRET needs --tenant (or AZURE_TENANT_ID) too"],
  [SECRET, { tenant: ID }, "AZURE_CLIENT_SECRET needs --client-id (or AZURE_CLIENT_ID) too"],
  [{ AZURE_FEDERATED_TOKEN_FILE: "t" }, { clientId: ID }, "AZURE_FEDERATED_TOKEN_FILE needs --tenant (or AZURE_TENANT_ID) too"],
  [SECRET, { tenant: ID, clientId: ID }, undefined],
  // as the environment says it for all programs: Azure's chain goes on to who else is signed in
  [{ ...SECRET, AZURE_CLIENT_ID: ID.toUpperCase() }, { clientId: ID }, undefined],
  [SECRET, {}, undefined],
  [{}, { clientId: ID }, undefined],
  [{ AZURE_CLIENT_CERTIFICATE_PATH: "no" }, { tenant: ID, clientId: ID }, "AZURE_CLIENT_CERTIFICATE_PATH: cannot read /no"],
  [
    { AZURE_CLIENT_CERTIFICATE_PATH: "no", AZURE_CLIENT_CERTIFICATE_PASSWORD: "x" },
    { tenant: ID, clientId: ID },
    "AZURE_CLIENT_CERTIFICATE_PATH: cannot read no",
  ],
  [
    { AZURE_CLIENT_CERTIFICATE_PATH: import.meta.filename },
    { tenant: ID, clientId: ID },
    `${import.meta.filename} is no PEM file with a private key and a certificate.`,
  ],
  [{ ...SECRET, AZURE_CLIENT_CERTIFICATE_PATH: "no" }, { tenant: ID, clientId: ID }, undefined],
  [{ AZURE_FEDERATED_TOKEN_FILE: "no" }, { tenant: ID, clientId: ID }, "AZURE_FEDERATED_TOKEN_FILE: cannot read no"],
  [{ AZURE_FEDERATED_TOKEN_FILE: "dev/zero" }, { tenant: ID, clientId: ID }, "AZURE_FEDERATED_TOKEN_FILE: cannot read dev/zero"],
  [{ ...SECRET, AZURE_FEDERATED_TOKEN_FILE: "/dev/zero" }, { tenant: ID, clientId: ID }, undefined],
  [{ AZURE_FEDERATED_TOKEN_FILE: import.meta.filename }, { tenant: ID, clientId: ID }, undefined],
])("with %j in the environment, and %j given: %s", async (env, given, message) => {
  const way = connectAzure({ ...outside, env: { ...outside.env, ...env } }, { subscription: ID, ...given }, around);
  const refused = way.then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(await refused).toBe(message);
});

test("a certificate that is not there is refused by its path", async () => {
  const given = { subscription: ID, azureCert: "/nowhere/azure-cert.pem", tenant: ID, clientId: ID };
  await expect(connectAzure(outside, given, around)).rejects.toMatchObject({
    message: expect.stringContaining("/nowhere/azure-cert.pem"),
  });
});

test("a loopback ARM is asked without a sign-in, for nobody's subscription", async () => {
  const way = await connectAzure(outside, { armEndpoint: "http://127.0.0.1:9", azureCert: "x" }, around);
  expect(way.credential).toBeUndefined();
  expect(way.subscription).toBe("00000000-0000-0000-0000-000000000000");
  const named = await connectAzure(outside, { armEndpoint: "http://127.0.0.1:9", subscription: ID }, around);
  expect(named.subscription).toBe(ID);
});

test("chance for pauses is from 0 to 1, of four random bytes", async () => {
  const of = async (byte: number): Promise<number> => {
    const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(byte);
    return (await connectAzure({ ...outside, random }, { armEndpoint: "http://127.0.0.1:9" }, around)).tools.random();
  };
  expect(await of(0)).toBe(0);
  expect(await of(255)).toBeCloseTo(1, 6);
  expect(await of(255)).toBeLessThan(1);
  expect(await of(128)).toBeCloseTo(0.5, 2);
});

test.each([
  [undefined, false, false],
  [{ tags: {} }, true, false],
  [{ tags: {} }, false, true],
])("a group %j that is our own: %j is foreign: %j", (group, own, foreign) => {
  expect(isForeign({ group, own } as unknown as Parameters<typeof isForeign>[0])).toBe(foreign);
});

const mark = { "aoc-destroying": "2026-11-22T12:00:00Z" };
test.each([
  [undefined, false, [], false],
  [{ tags: {} }, true, [{}], false],
  [{ deleting: true, tags: {} }, false, [], true],
  [{ tags: mark }, true, [], true],
  // another cluster's, which is destroyed
  [{ tags: mark }, false, [{}], false],
  [undefined, false, [{ tags: {} }, { tags: mark }], true],
])("a group %j, its own: %j, with claims %j is doomed: %j", (group, own, claims, doomed) => {
  expect(isDoomed({ group, own, claims } as unknown as Parameters<typeof isDoomed>[0])).toBe(doomed);
});

test.each([
  [[], undefined],
  [[undefined, {}], undefined],
  [[{ "aoc-expires": "2026-11-22T12:00:00Z" }, { "aoc-expires": "2026-11-22T13:00:00Z" }], Date.UTC(2026, 10, 22, 13)],
  [[{ "aoc-expires": "tomorrow" }, { "aoc-expires": "2026-11-22T12:00:00Z" }], Date.UTC(2026, 10, 22, 12)],
  [[{ "aoc-expires": "2026-99-22T12:00:00Z" }], undefined],
])("the time of death in %j is %j", (tags, time) => {
  expect(expiryIn(tags)).toBe(time);
});
