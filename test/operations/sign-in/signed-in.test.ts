/** As whom: by the token that a request got, else by what was given, else by the Azure CLI. */
import {
  type HttpClient,
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
} from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { expect, test } from "vitest";
import { connectAzure } from "../../../src/operations/connect.ts";
import { accountOf } from "../../../src/operations/sign-in/account.ts";
import { signIn, untilEnd } from "../../../src/operations/sign-in/sign-in.ts";
import type { Surroundings } from "../../../src/operations/run.ts";
import type { Lookups } from "../../../src/azure/lookups.ts";
import { createVirtualClock } from "../../../src/sim/clock.ts";

const tokenOf = (claims: object): string => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
const facts = { subscription: "s", cloud: "AzureUSGovernment", endpoint: undefined, expected: undefined, mayAsk: true } as const;
const around = () => ({ clock: createVirtualClock(0), hard: new AbortController().signal });
const lookups = { subscriptionName: () => Promise.resolve("Mine") } as unknown as Lookups;

async function named(getToken: TokenCredential["getToken"]) {
  const outside = { credential: { getToken } } as unknown as Surroundings;
  return signIn(outside, {}, {} as Parameters<typeof signIn>[2]);
}

test("the token of a request says who it is; the token is nowhere else", async () => {
  const credential = await named(() => Promise.resolve({ token: tokenOf({ upn: "jane@example.org" }), expiresOnTimestamp: 1 }));
  const account = accountOf(
    { ...facts, known: { others: [], signedIn: { kind: "user", name: "cli" } }, signedIn: () => credential.signedIn() },
    lookups,
    around(),
  );
  const told = account();
  await credential.getToken("scope");
  expect(await told).toEqual({
    subscription: { id: "s", name: "Mine" },
    signIn: { kind: "user", name: "jane@example.org" },
    at: "of AzureUSGovernment",
  });
  // a library signs in once for several runs: it is not wrapped again
  expect(await signIn({ credential } as unknown as Surroundings, {}, {} as Parameters<typeof signIn>[2])).toBe(credential);
});

test.each([
  [
    "certificate",
    { kind: "service principal", name: "app" },
    { kind: "user", name: "cli" },
    { kind: "service principal", name: "app" },
  ],
  ["CLI", undefined, { kind: "user", name: "cli" }, { kind: "user", name: "cli" }],
  ["nothing", undefined, undefined, { kind: "unknown" }],
] as const)("a token that does not say, or none: by the %s", async (_, expected, signedIn, told) => {
  const failing = await named(() => Promise.reject(new Error("no")));
  const opaque = await named(() => Promise.resolve({ token: "opaque", expiresOnTimestamp: 1 }));
  for (const credential of [failing, opaque]) {
    await credential.getToken("scope").catch(() => undefined);
    const known = { others: [], ...(signedIn === undefined ? {} : { signedIn }) };
    const account = accountOf({ ...facts, expected, known, signedIn: () => credential.signedIn() }, lookups, around());
    expect((await account()).signIn).toEqual(told);
  }
});

test("where no request ever gets a token it is not waited for without an end", async () => {
  const credential = await named(() => Promise.resolve(null));
  const account = accountOf({ ...facts, known: { others: [] }, signedIn: () => credential.signedIn() }, lookups, around());
  expect((await account()).signIn).toEqual({ kind: "unknown" });
});

test("a request that has no more time does not take the sign-in away from the others that wait for it", async () => {
  const { promise: token, resolve } = Promise.withResolvers<{ token: string; expiresOnTimestamp: number }>();
  const end = new AbortController();
  const credential = untilEnd({ getToken: () => token }, end.signal);
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: "arm" }));
  const httpClient: HttpClient = {
    sendRequest: (request) => Promise.resolve({ request, status: 200, headers: createHttpHeaders() }),
  };
  const send = (abortSignal: AbortSignal) =>
    pipeline.sendRequest(httpClient, createPipelineRequest({ url: "https://management.azure.com/", abortSignal }));
  const impatient = new AbortController();
  const both = [send(impatient.signal), send(end.signal)];
  impatient.abort(new Error("no more time"));
  resolve({ token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER });
  expect((await both[1])?.status).toBe(200);
  await both[0]?.catch(() => undefined);
});

test("no client of a run takes a request's own signal to the sign-in", async () => {
  const seen: unknown[] = [];
  const credential: TokenCredential = {
    getToken: (_, options) => {
      seen.push(options?.abortSignal);
      return Promise.reject(new Error("no"));
    },
  };
  const outside = { env: {}, random: (bytes: number) => new Uint8Array(bytes), credential } as unknown as Surroundings;
  const given = { subscription: "00000000-0000-4000-8000-000000000000", armEndpoint: "https://127.0.0.1:9" };
  const own = around();
  const way = await connectAzure(outside, given, { ...own, emit: () => undefined, traffic: { asked: 0, answered: 0 } });
  await expect(way.lookups.subscriptionName(given.subscription, new AbortController().signal)).rejects.toThrow();
  expect(seen).toEqual([own.hard]);
  expect(seen[0]).toBe(own.hard);
});

test("who ends the run waits for no sign-in", async () => {
  const end = new AbortController();
  const asked = untilEnd({ getToken: () => new Promise(() => undefined) }, end.signal).getToken("arm");
  end.abort(new Error("Ctrl-C"));
  await expect(asked).rejects.toThrow("Ctrl-C");
});
