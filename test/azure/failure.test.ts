/** What ARM refuses and what the SDK throws, as errors with a code, an exit code and a time to wait: one row for each. */
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { describe, expect, test } from "vitest";
import { advised } from "../../src/core/advice/advice.ts";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { failure, operationFailure, refusedAnswer, requestLine } from "../../src/azure/failure.ts";

const REQUEST = {
  method: "PUT",
  url: "https://management.azure.com/subscriptions/s/resourcegroups/g/providers/p/x?api-version=1&sig=secret",
};
const LINE = "PUT /subscriptions/s/resourceGroups/g/providers/p/x";

const TENANT = "55555555-5555-4555-8555-555555555555";

/** A read of the group, or of what is below it. */
const of = (below: string): typeof REQUEST => ({
  method: "GET",
  url: `https://management.azure.com/subscriptions/s/resourcegroups/g/${below}?api-version=1`,
});

const refused = (status: number, body?: unknown, headers: Record<string, string> = {}, request = REQUEST): AzureError =>
  refusedAnswer(
    {
      status,
      bodyAsText: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
      headers: createHttpHeaders(headers),
    },
    request,
  );

test("a request is named by its path, without the query, and not at any length", () => {
  expect(requestLine(REQUEST)).toBe(LINE);
  const long = requestLine({ method: "GET", url: `https://x.example/${"a".repeat(500)}` });
  expect(long).toBe(`GET /${"a".repeat(399)}...`);
  expect(requestLine({ method: "GET", url: `https://x.example/${"a".repeat(399)}` })).toBe(`GET /${"a".repeat(399)}`);
});

describe("a refusal", () => {
  test.each([
    [400, { error: { code: "BadThing", message: "No." } }, "BadThing", "No.", 1],
    [401, { error: { code: "ExpiredAuthenticationToken", message: "Old." } }, "ExpiredAuthenticationToken", "Old.", 4],
    [403, { error: { code: "AuthorizationFailed", message: "Not you." } }, "AuthorizationFailed", "Not you.", 4],
    [404, undefined, "Http404", `Azure answered 404 to ${LINE}`, 1],
    [404, "  ", "Http404", `Azure answered 404 to ${LINE}`, 1],
    [500, "", "Http500", `Azure answered 500 to ${LINE}`, 1],
  ])("%i %j", (status, body, code, message, exit) => {
    const error = refused(status, body);
    expect(error).toMatchObject({ code, message, exit, status, request: LINE, source: "azure", operation: false });
    expect(error.retryAfterMs).toBeUndefined();
    // what is said about it is the table's
    expect(error.advice).toBeUndefined();
    expect(String(error.cause)).toBe(`${LINE}: ${status}`);
  });

  test.each([300, 302, 399])("a redirection is not Azure's: %i", (status) => {
    expect(refused(status)).toMatchObject({
      code: "UnreadableAnswer",
      status,
      message: expect.stringContaining(`${LINE}: ${status}`),
    });
  });

  const [DELETE, LIST] = [{ ...REQUEST, method: "DELETE" }, of("providers/Microsoft.Network/loadBalancers")];
  const HERE = { ...REQUEST, url: of("").url.replace(/https:..[^/]+/, "http://127.0.0.1:8080") };
  const GONE = { error: { code: "ResourceNotFound", message: "None." } };
  const OF_A_GATEWAY = { statusCode: 404, message: "Resource not found" };
  test.each([
    ["a page", of(""), 404, "<html>", "UnreadableAnswer", 404],
    ["a page, to a delete", DELETE, 404, "<html>", "UnreadableAnswer", 404],
    ["a gateway's words, to a delete", { ...of(""), method: "DELETE" }, 404, OF_A_GATEWAY, "UnreadableAnswer", 404],
    ["a gateway's words about a group", of(""), 404, OF_A_GATEWAY, "UnreadableAnswer", 404],
    [
      "a gateway's words about a resource",
      of("providers/Microsoft.Network/loadBalancers/x"),
      404,
      OF_A_GATEWAY,
      "UnreadableAnswer",
      404,
    ],
    ["nothing about a group", of(""), 404, "", "UnreadableAnswer", 404],
    ["nothing, from an emulator on this machine", HERE, 404, "", "Http404", 404],
    ["a gateway's words from this machine", HERE, 404, OF_A_GATEWAY, "UnreadableAnswer", 404],
    ["Azure's words about a group", of(""), 404, GONE, "ResourceNotFound", 404],
    ["Azure's words without an envelope", of(""), 404, { code: "NotFound", message: "None." }, "NotFound", 404],
    ["a list that an emulator does not know", LIST, 404, "", "Http404", 404],
    ["nothing, to a delete", DELETE, 404, "", "Http404", 404],
    ["a proxy's page", LIST, 403, "<html>", "UnreadableAnswer", undefined],
    ["a proxy's login", LIST, 401, "<html>", "UnreadableAnswer", undefined],
    ["a gateway's refusal", DELETE, 403, { message: "Forbidden" }, "UnreadableAnswer", undefined],
    ["nothing", LIST, 403, "", "Http403", 403],
    ["an object without a word", LIST, 401, {}, "Http401", 401],
    ["a page of another status", LIST, 405, "<html>", "Http405", 405],
  ])("whose answer it is, is seen: %s", (_, request, answer, body, code, status) => {
    const error = refused(answer, body, {}, request);
    expect(error).toMatchObject({ code, status });
    expect(error.message.includes("is not Azure Resource Manager's (")).toBe(code === "UnreadableAnswer");
  });

  test("details and the inner error are kept, in that order", () => {
    const error = refused(409, {
      error: {
        code: "Conflict",
        message: "No.",
        details: [{ code: "One", message: "1" }],
        innererror: { code: "Two", message: "2" },
      },
    });
    expect(error.details).toMatchObject([{ code: "One" }, { code: "Two" }]);
    expect(refused(409, { error: { code: "Conflict", message: "No." } }).details).toBeUndefined();
  });
});

test.each([
  [{ "retry-after": "17" }, 17_000],
  [{ "retry-after": " 0 " }, 0],
  [{ "retry-after": "7200" }, 3_600_000],
  [{ "retry-after": "17", "retry-after-ms": "250" }, 250],
  [{ "x-ms-retry-after-ms": "400" }, 400],
  [{ "x-ms-retry-after-ms": "7200000" }, 3_600_000],
  [{ "retry-after-ms": "", "retry-after": "3" }, 3000],
  [{ "retry-after-ms": "soon", "retry-after": "3" }, 3000],
  [{ "retry-after-ms": "-5", "retry-after": "3" }, 3000],
  [{ date: "Sun, 22 Nov 2026 12:00:00 GMT", "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" }, 30_000],
  [{ date: "Sun, 22 Nov 2026 12:00:00 GMT", "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, 0],
  [{ date: "Sun, 22 Nov 2026 12:00:00 GMT", "retry-after": "Sun, 29 Nov 2026 12:00:00 GMT" }, 3_600_000],
  [{ "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{}, undefined],
])("how long Azure asks to wait: %j is %j ms", (headers, ms) => {
  expect(refused(429, undefined, headers as Record<string, string>).retryAfterMs).toBe(ms);
});

test("an operation that ended badly says its own words, and without any how it ended", () => {
  expect(operationFailure({ code: "AllocationFailed", message: "Full." }, "Failed")).toMatchObject({
    code: "AllocationFailed",
    message: "Full.",
    operation: true,
  });
  expect(operationFailure(undefined, "Canceled")).toMatchObject({
    code: "OperationCanceled",
    message: "the operation ended as Canceled",
    operation: true,
  });
});

test.each([
  [
    { code: "InvalidAuthenticationTokenTenant", message: `It must match the tenant 'https://sts.windows.net/${TENANT}/'.` },
    new RegExp(`^\`azure-coreos-cluster mine --tenant ${TENANT}\``),
  ],
  [{ code: "ExpiredAuthenticationToken", message: "Old." }, /^Signed in as yourself: `az login` again/],
  [{ code: "SomethingNew", message: "Not so." }, /^Signed in as yourself: `az login` again/],
  [undefined, /^Signed in as yourself: `az login` again/],
])("a 401 of Azure's has the table's advice: %j", (error, advice) => {
  const known = advised(refused(401, error === undefined ? undefined : { error }), { name: "mine" });
  expect(known).toMatchObject({ exit: 4, advice: expect.stringMatching(advice) });
});

describe("what was thrown", () => {
  const named = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name }, more);

  test.each([
    ["an error of ours", new ClusterError("X", "x")],
    ["an error without a code", new TypeError("ours")],
    ["what is no error", "text"],
  ])("%s stays what it is", (_, thrown) => {
    expect(failure(thrown)).toBe(thrown);
  });

  test.each([
    ["CredentialUnavailableError", "nothing here\nand more", "nothing here"],
    [
      "AuthenticationError",
      "x\nAADSTS700016: no such application. Trace ID: 1 Correlation ID: 2\ny",
      "AADSTS700016: no such application.",
    ],
    ["ChainedTokenCredential", "one\ntwo", "nobody is signed in to Azure here"],
    ["AggregateAuthenticationError", "one\ntwo", "nobody is signed in to Azure here"],
    [
      "AggregateAuthenticationError",
      "one\nCredentialUnavailableError: ERROR: The command failed with an unexpected error.\nERROR: [Errno 13] Permission denied: '/h/x'\ntwo",
      "the sign-in on this machine failed: [Errno 13] Permission denied: '/h/x'",
    ],
    ["CredentialUnavailableError", "ChainedTokenCredential failed", "nobody is signed in to Azure here"],
  ])("%s: %j is a sign-in that failed, with exit code 4", (name, message, said) => {
    const thrown = named(name, message);
    expect(failure(thrown)).toMatchObject({
      code: "SignInFailed",
      message: said,
      exit: 4,
      source: "azure",
      cause: thrown,
      advice: undefined,
    });
  });

  test.each([
    [
      "a socket's error",
      named("Error", "connect ECONNREFUSED 1.2.3.4:443\nat x", { code: "ECONNREFUSED" }),
      "ECONNREFUSED",
      "connect ECONNREFUSED 1.2.3.4:443",
      undefined,
    ],
    ["the SDK's error", named("RestError", "odd", { statusCode: 418 }), "RequestFailed", "odd", 418],
    [
      "the SDK's error with a code",
      named("RestError", "odd", { code: "REQUEST_SEND_ERROR" }),
      "REQUEST_SEND_ERROR",
      "odd",
      undefined,
    ],
  ])("%s is Azure's, with its code", (_, thrown, code, message, status) => {
    const error = failure(thrown);
    expect(error).toBeInstanceOf(AzureError);
    expect(error).toMatchObject({ code, message, source: "azure", exit: 1, cause: thrown });
    expect((error as AzureError).status).toBe(status);
  });

  test("what does not speak HTTP is not Azure", () => {
    expect(failure(named("Error", "Parse Error\nx", { code: "HPE_INVALID_CONSTANT" }))).toMatchObject({
      code: "UnreadableAnswer",
      message: expect.stringMatching(/Parse Error/),
    });
  });
});

test.each([
  [
    "[Errno 13] Permission denied: '/home/x y/.azure/msal_token_cache.json'",
    /`sudo chown -R "\$\(id -un\)" '\/home\/x y\/.azure'`/,
  ],
  ["Decryption failed: [WinError -2146893813]. PersistenceDecryptionError", /`az account clear`, then `az login`/],
  ["Subscription 'x' not found. Check the spelling and casing and try again.", /az cloud set --name CLOUD/],
  ["AADSTS700082: The refresh token has expired due to inactivity.", /^Type `az login`/],
  ["AADSTS50076: you must use multi-factor authentication.", /^Sign in again: `az login --tenant TENANT`/],
  ["Timeout waiting for token from portal.", /^Type `az login`/],
])("what the Azure CLI says of its own sign-in is told, and what helps: %s", (message, advice) => {
  const thrown = Object.assign(new Error(`ChainedTokenCredential failed.\nCredentialUnavailableError: ERROR: ${message}`), {
    name: "AggregateAuthenticationError",
  });
  expect(advised(failure(thrown) as ClusterError).advice).toMatch(advice);
});

test.each([
  ["HTTPSConnectionPool(host='login.example', port=443): Max retries exceeded", "ETIMEDOUT", "login.example"],
  ["ProxyError(host='login.example')", "ProxyUnreachable", "login.example"],
  ["certificate verify failed: CERTIFICATE_VERIFY_FAILED", "SELF_SIGNED_CERT_IN_CHAIN", "the sign-in service"],
  ["[Errno -2] Name or service not known", "ENOTFOUND", "the sign-in service"],
  ["[Errno 111] Connection refused", "ECONNREFUSED", "the sign-in service"],
])("what the Azure CLI could not reach is named: %s", (message, code, host) => {
  const thrown = Object.assign(new Error(`ERROR: ${message}`), { name: "CredentialUnavailableError" });
  expect(failure(thrown)).toMatchObject({
    code,
    message: `the Azure CLI could not reach ${host} (${code})`,
    cause: thrown,
  });
});

test("a finer wait of 0 is one", () => {
  expect(refused(429, undefined, { "retry-after-ms": "0", "retry-after": "9" }).retryAfterMs).toBe(0);
});
