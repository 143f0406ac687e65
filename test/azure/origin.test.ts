/** What an answer names is asked only where Azure Resource Manager itself is: nobody else sees a token, or is believed. */
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { expect, test } from "vitest";
import { createClients } from "../../src/azure/clients.ts";
import { CLOUDS, endpointOf, isBlob } from "../../src/azure/clouds.ts";
import { isOwn, shownAddress } from "../../src/azure/origin.ts";
import { createLookups } from "../../src/azure/lookups.ts";
import { createProvider } from "../../src/azure/provider.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { upTo } from "./resources.ts";
import { SUBSCRIPTION, signal } from "./simulated.ts";

const PUBLIC = "https://management.azure.com";
const LOOPBACK = "http://127.0.0.1:8080";

test.each([
  [PUBLIC, "https://management.azure.com/subscriptions/s"],
  [PUBLIC, "https://Management.Azure.com:443/subscriptions/s"],
  [PUBLIC, "https://westus.management.azure.com/x"],
  [PUBLIC, "https://lb-eastus2euap.management.azure.com/x"],
  ["https://westus.management.azure.com", "https://management.azure.com/x"],
  [CLOUDS.AzureUSGovernment.endpoint, "https://usgovvirginia.management.usgovcloudapi.net/x"],
  [CLOUDS.AzureChinaCloud.endpoint, "https://chinanorth3.management.chinacloudapi.cn/x"],
  ["https://arm.example:8443/base", "https://ARM.example:8443/other"],
  [LOOPBACK, "http://127.0.0.1:8080/x"],
  [LOOPBACK, "http://localhost:8080/x"],
  ["http://localhost:8080", "http://127.0.0.1:8080/x"],
  ["http://[::1]:8080", "http://[0:0::1]:8080/x"],
])("of %s is %s", (endpoint, url) => expect(isOwn(url, endpoint)).toBe(true));

test.each([
  [PUBLIC, "http://management.azure.com/x", "not over http"],
  [PUBLIC, "https://management.azure.com:8443/x", "another port"],
  [PUBLIC, "https://management.azure.com./x", "another name, with a dot at its end"],
  [PUBLIC, "https://management.azure.com.evil.example/x", "a name that only begins so"],
  [PUBLIC, "https://evilmanagement.azure.com/x", "a name that only ends so"],
  [PUBLIC, "https://a.b.management.azure.com/x", "two labels below"],
  [PUBLIC, "https://.management.azure.com/x", "no label below"],
  [PUBLIC, "https://management.azure.com@evil.example/x", "a user that looks like a host"],
  [PUBLIC, "https://me:word@management.azure.com/x", "a user and a password"],
  [PUBLIC, "https://management.аzure.com/x", "a Cyrillic letter"],
  [PUBLIC, "https://management.azure.com%2eevil.example/x", "an escaped dot"],
  [PUBLIC, "https://management.usgovcloudapi.net/x", "another cloud"],
  [PUBLIC, "https://account.blob.core.windows.net/x", "storage"],
  [PUBLIC, "//management.azure.com/x", "no URL"],
  [PUBLIC, "file:///etc/passwd", "a file"],
  [PUBLIC, "data:application/json,{}", "data"],
  ["https://arm.example", "https://westus.arm.example/x", "regions are Azure's own clouds'"],
  [LOOPBACK, "http://127.0.0.1:8081/x", "another port"],
  [LOOPBACK, "http://localhost:8081/x", "another name, and another port"],
  [LOOPBACK, "http://127.0.0.2:8080/x", "another address"],
  [LOOPBACK, "http://[::1]:8080/x", "another address"],
  [LOOPBACK, "http://localhost.evil.example:8080/x", "a name that only begins so"],
  [LOOPBACK, "https://localhost:8080/x", "https where http was said"],
  [LOOPBACK, "http://127.0.0.1/x", "the usual port"],
  [LOOPBACK, "https://127.0.0.1:8080/x", "https where http was said"],
  [LOOPBACK, "https://management.azure.com/x", "Azure itself: nobody has signed in"],
])("of %s is not %s: %s", (endpoint, url) => expect(isOwn(url, endpoint)).toBe(false));

test("what is shown of an address has no user, no password and no query", () => {
  expect(shownAddress("https://me:word@evil.example/path?sig=secret#there")).toBe("https://evil.example/path");
  expect(shownAddress("nonsense")).toBe("something that is no URL");
  expect(shownAddress(`https://evil.example/${"x".repeat(5000)}`).length).toBeLessThan(400);
});

test("a region's own endpoint is asked with the token of its cloud", () => {
  expect(endpointOf(CLOUDS.AzureCloud, "https://westus.management.azure.com/").scope).toBe(CLOUDS.AzureCloud.scope);
  expect(endpointOf(CLOUDS.AzureCloud, "https://arm.example").scope).toBe("https://arm.example/.default");
});

const ELSEWHERE = "https://evil.example/steal?api-version=2026-01-01";
const { one: network } = upTo("network");

/** Clients that sign in, and every request that leaves. */
async function signedIn(answer: (url: string) => { status: number; headers?: Record<string, string>; body?: unknown }) {
  const sent: { url: string; token: string | undefined }[] = [];
  const credential: TokenCredential = {
    getToken: () => Promise.resolve({ token: "secret-token", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
  };
  const clients = await createClients({
    subscription: SUBSCRIPTION,
    endpoint: endpointOf(CLOUDS.AzureCloud, undefined),
    credential,
    clock: createVirtualClock(0),
    httpClient: {
      sendRequest(request) {
        sent.push({ url: request.url, token: request.headers.get("authorization") });
        const { status, headers = {}, body } = answer(request.url);
        const bodyAsText = body === undefined ? "" : JSON.stringify(body);
        return Promise.resolve({ request, status, headers: createHttpHeaders(headers), bodyAsText });
      },
    },
  });
  return { sent, provider: createProvider(clients), lookups: createLookups(clients) };
}

test.each([
  ["azure-asyncoperation", ELSEWHERE],
  ["azure-asyncoperation", "http://management.azure.com/subscriptions/s/operations/o"],
  ["location", ELSEWHERE],
  ["operation-location", ELSEWHERE],
  ["azure-asyncoperation", "https://management.azure.com@evil.example/x"],
])("an operation whose %s is %s is asked nothing", async (name, url) => {
  const on = await signedIn(() => ({
    status: 201,
    headers: { [name]: url },
    body: { id: network.id, properties: { provisioningState: "Updating" } },
  }));
  const operation = await on.provider.put(network, { signal });
  await expect(operation.poll(signal)).rejects.toMatchObject({
    code: "UnreadableAnswer",
    status: undefined,
    message: expect.stringContaining("where nothing was sent"),
  });
  expect(on.sent.map((one) => [new URL(one.url).host, one.token])).toEqual([["management.azure.com", "Bearer secret-token"]]);
});

test("a regional host of the same cloud is asked, with the token", async () => {
  const region = "https://westus.management.azure.com";
  const on = await signedIn((url) =>
    url.startsWith(region)
      ? { status: 200, body: { status: "Succeeded" } }
      : {
          status: 201,
          headers: { "azure-asyncoperation": `${region}/subscriptions/s/operations/o?api-version=1` },
          body: {
            id: network.id,
            properties: { provisioningState: url.includes("?") && on.sent.length > 1 ? "Succeeded" : "Updating" },
          },
        },
  );
  const operation = await on.provider.put(network, { signal });
  await operation.poll(signal).catch(() => undefined);
  expect(on.sent.slice(0, 2).map((one) => [new URL(one.url).host, one.token])).toEqual([
    ["management.azure.com", "Bearer secret-token"],
    ["westus.management.azure.com", "Bearer secret-token"],
  ]);
});

test("the next page of a list is asked for at home only", async () => {
  const on = await signedIn(() => ({ status: 200, body: { value: [], nextLink: ELSEWHERE } }));
  await expect(on.lookups.machines(signal)).rejects.toMatchObject({ code: "UnreadableAnswer" });
  expect(on.sent.length).toBe(1);
});

test.each([301, 302, 303, 307, 308])("a redirection with %i is followed nowhere, not even at home", async (status) => {
  for (const location of [ELSEWHERE, "https://management.azure.com/subscriptions/s", "/subscriptions/s"]) {
    const on = await signedIn(() => ({ status, headers: { location } }));
    await expect(on.lookups.machines(signal)).rejects.toMatchObject({ code: "UnreadableAnswer", status });
    expect(on.sent.length).toBe(1);
  }
});

test.each([
  [PUBLIC, "https://md-abc.blob.core.windows.net/bootdiagnostics/vm.log?sig=x", true],
  [PUBLIC, "https://md-abc.z12.blob.storage.azure.net/bootdiagnostics/vm.log?sig=x", true],
  [CLOUDS.AzureChinaCloud.endpoint, "https://md-abc.blob.core.chinacloudapi.cn/x", true],
  [LOOPBACK, "http://127.0.0.1:10000/account/x", true],
  [PUBLIC, "http://md-abc.blob.core.windows.net/x", false],
  [PUBLIC, "https://md-abc.blob.core.windows.net:8443/x", false],
  [PUBLIC, "https://me:word@md-abc.blob.core.windows.net/x", false],
  [PUBLIC, "https://md-abc.blob.core.chinacloudapi.cn/x", false],
  [PUBLIC, "https://blob.core.windows.net.evil.example/x", false],
  [PUBLIC, "http://169.254.169.254/metadata/identity", false],
  [PUBLIC, "file:///etc/passwd", false],
  [LOOPBACK, "https://evil.example/x", false],
])("of %s, %s is a blob: %s", (endpoint, url, expected) => expect(isBlob(url, endpoint)).toBe(expected));
