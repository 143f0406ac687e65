/** Who signs in. */
import { createDefaultHttpClient, createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { CLOUDS } from "../../src/azure/clouds.ts";
import { advised, retryClass } from "../../src/core/advice/advice.ts";
import type { ClusterError } from "../../src/core/errors.ts";
import { renderError } from "../../src/report/error.ts";
import { type SignIn, askedOnce, chooseCredential, createCredential } from "../../src/azure/credentials.ts";

const cloud = CLOUDS.AzureCloud;
const certificate = "-----BEGIN CERTIFICATE-----";
const ID = "00000000-0000-4000-8000-000000000000";

const OTHER = "99999999-2222-3333-4444-555555555555";
const both = { tenant: ID, clientId: ID };
const SECRET = { AZURE_CLIENT_SECRET: "x" };
const FEDERATED = { AZURE_FEDERATED_TOKEN_FILE: "/nowhere/token" };

test.each<[Partial<SignIn>, string]>([
  [{ ...both, certificate }, "ClientCertificateCredential"],
  [{ ...both, certificate, env: SECRET }, "ClientCertificateCredential"],
  [{ ...both }, "DefaultAzureCredential"],
  [{ tenant: ID, certificate }, "DefaultAzureCredential"],
  [{ clientId: ID, certificate }, "DefaultAzureCredential"],
  [{}, "DefaultAzureCredential"],
  [{ ...both, env: SECRET }, "ClientSecretCredential"],
  [{ ...both, env: { ...SECRET, AZURE_CLIENT_CERTIFICATE_PATH: "x.pem" } }, "ClientSecretCredential"],
  [{ ...both, env: { AZURE_CLIENT_SECRET: "", AZURE_CLIENT_CERTIFICATE_PATH: "x.pem" } }, "ClientCertificateCredential"],
  [{ ...both, env: { AZURE_USERNAME: "u", AZURE_PASSWORD: "p" } }, "UsernamePasswordCredential"],
  [{ ...both, env: { AZURE_USERNAME: "u" } }, "DefaultAzureCredential"],
  // the chain of the SDK takes tenant and client id for that as it is told
  [{ ...both, env: FEDERATED }, "DefaultAzureCredential"],
  [{ clientId: ID, env: SECRET }, "DefaultAzureCredential"],
  [{ ...both, env: { ...SECRET, AZURE_TOKEN_CREDENTIALS: "dev" } }, "DefaultAzureCredential"],
  [{ ...both, env: { ...SECRET, AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" } }, "ClientSecretCredential"],
])("%j signs in as %s", async (signIn, name) => {
  const whole = { cloud, httpClient: createDefaultHttpClient(), env: {}, ...signIn };
  // of the chain AZURE_TOKEN_CREDENTIALS of the process decides, which a test leaves alone
  expect((await chooseCredential(whole)).constructor.name).toBe(name);
});

/** Entra for one tenant: what it is asked for, and a token of the application that asks. */
function entra(application?: string) {
  const asked: { path: string; form: URLSearchParams }[] = [];
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      const { origin, pathname } = new URL(request.url);
      const form = new URLSearchParams(typeof request.body === "string" ? request.body : "");
      const tenant = pathname.split("/")[1];
      if (form.has("client_id")) asked.push({ path: pathname, form });
      const claims = { appid: application ?? form.get("client_id") };
      const answer = form.has("client_id")
        ? {
            token_type: "Bearer",
            expires_in: 3600,
            access_token: `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`,
          }
        : {
            tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
            metadata: [],
            issuer: `${origin}/${tenant}/v2.0`,
            authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
            token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
          };
      const headers = createHttpHeaders({ "content-type": "application/json" });
      return { request, status: 200, headers, bodyAsText: JSON.stringify(answer) };
    },
  };
  return { asked, httpClient };
}

const SCOPE = "https://management.azure.com/.default";

test("a secret of the environment signs in the application and goes to the tenant that were named", async () => {
  const { asked, httpClient } = entra();
  const env = { ...SECRET, AZURE_TENANT_ID: "11111111-0000-4000-8000-000000000000", AZURE_CLIENT_ID: ID };
  const credential = await createCredential({ cloud, httpClient, env, tenant: ID, clientId: OTHER, clientIdNamed: true });
  await credential.getToken(SCOPE);
  expect(asked.map(({ path, form }) => [path, form.get("client_id"), form.get("client_secret")])).toEqual([
    [`/${ID}/oauth2/v2.0/token`, OTHER, "x"],
  ]);
});

test.each([
  [true, "SignInOther"],
  [false, undefined],
])(
  "an application that was named for this command (%s) is the one that signs in, or nobody does",
  async (clientIdNamed, code) => {
    const { httpClient } = entra(ID);
    const credential = await createCredential({ cloud, httpClient, env: SECRET, tenant: ID, clientId: OTHER, clientIdNamed });
    const got = credential.getToken(SCOPE).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );
    expect(await got).toBe(code);
  },
);

test.each([
  ["/nowhere/x.pem", "AZURE_CLIENT_CERTIFICATE_PATH: ENOENT"],
  ["package.json", "AZURE_CLIENT_CERTIFICATE_PATH: The file at the specified path does not contain a PEM-encoded certificate"],
])("a certificate of the environment that is none is named by its variable: %s", async (path, message) => {
  const env = { AZURE_CLIENT_CERTIFICATE_PATH: path };
  const credential = await createCredential({ cloud, httpClient: entra().httpClient, env, ...both });
  await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
    code: "SignInFailed",
    message: expect.stringContaining(message),
  });
});

test.each([
  ["", {}, "--subscription SUB"],
  [", unless a tenant is given: it takes one of the two", { tenant: "T" }, "--tenant T"],
])("the Azure CLI is asked for a token for the subscription that it knows%s", async (_, more, asked) => {
  const folder = await mkdtemp(join(tmpdir(), "az-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const answer = '{"accessToken":"\'"$*"\'","expires_on":4102444800}';
  await writeFile(join(folder, "az"), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  vi.stubEnv("PATH", folder);
  vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential");
  onTestFinished(() => void vi.unstubAllEnvs());
  const credential = await createCredential({ cloud, httpClient: entra().httpClient, env: {}, cliSubscription: "SUB", ...more });
  expect((await credential.getToken(SCOPE))?.token).toMatch(
    new RegExp(`^account get-access-token .*--resource https://management.azure.com ${asked}$`),
  );
});

/** Entra, or what stands in its place, answers so for a token. */
const answering = (status: number, body: unknown, headers: Record<string, string> = {}): HttpClient => ({
  sendRequest: async (request) =>
    request.method === "POST"
      ? {
          request,
          status,
          headers: createHttpHeaders(headers),
          bodyAsText: typeof body === "string" ? body : JSON.stringify(body),
        }
      : entra().httpClient.sendRequest(request),
});

/** What a person is told of a sign-in that failed so, at the first request or a later one. */
async function told(httpClient: HttpClient, signIn: Partial<SignIn>, before = 0): Promise<ClusterError> {
  const credential = await createCredential({ cloud, httpClient, env: {}, ...both, ...signIn });
  const refused = (): Promise<unknown> => Promise.resolve(credential.getToken(SCOPE)).catch((error: unknown) => error);
  for (let times = before; times > 0; times--) await refused();
  const thrown = await refused();
  return advised(thrown as ClusterError, { name: "mine" });
}

const refusal = (number: number, message: string) => ({
  error: "invalid_client",
  error_description: `AADSTS${number}: ${message} Trace ID: 0`,
  error_codes: [number],
});

test.each<[string, Partial<SignIn>, ReturnType<typeof refusal>, RegExp, RegExp]>([
  [
    "an expired secret",
    { env: SECRET },
    refusal(7000222, `The provided client secret keys for app '${ID}' are expired.`),
    /^The client secret is wrong or has expired/,
    new RegExp(`az ad app credential reset --id ${ID} --append.*Set AZURE_CLIENT_SECRET`),
  ],
  [
    "no such application",
    { env: SECRET },
    refusal(700016, `Application with identifier '${ID}' was not found in the directory 'Contoso'.`),
    /no such application/,
    /`azure-coreos-cluster mine --tenant TENANT --client-id CLIENT_ID`/,
  ],
  [
    "an application that is switched off",
    { env: SECRET },
    refusal(7000112, `Application '${ID}'(x) is disabled.`),
    /switched off/,
    new RegExp(`az ad sp update --id ${ID} --set accountEnabled=true`),
  ],
  [
    "a policy against an application",
    { env: SECRET },
    refusal(53003, "Access has been blocked by Conditional Access policies."),
    /does not let this application/,
    /^(?!.*az login).*Sign-in logs/,
  ],
  [
    "a number that no row knows",
    { env: SECRET },
    refusal(1, "No."),
    /no valid sign-in/,
    /^Check --tenant, --client-id and AZURE_CLIENT_SECRET.*`unset AZURE_CLIENT_SECRET`/,
  ],
])("%s is told with what helps, whoever signs in by the environment", async (_, signIn, body, message, advice) => {
  const error = await told(answering(401, body), signIn);
  expect(error).toMatchObject({ code: "SignInFailed", exit: 4, source: "azure" });
  expect([error.message, error.advice]).toEqual([expect.stringMatching(message), expect.stringMatching(advice)]);
  // Entra's own words stand below
  const words = body.error_description.replace(" Trace ID: 0", "");
  expect(renderError(error, { color: false })).toContain(`\n${words} (AZURE_CLIENT_SECRET)\n`);
});

test.each<[string, number, unknown, string, boolean]>([
  ["503 and a page", 503, "<html>Service unavailable</html>", "SignInUnavailable", true],
  ["429", 429, { error: "temporarily_unavailable", error_description: "AADSTS50196: loop" }, "SignInUnavailable", true],
  ["a fault that passes, said with 400", 400, { error: "server_error", error_description: "x" }, "SignInUnavailable", true],
  ["a page in its place", 200, "<html>captive portal</html>", "UnreadableAnswer", false],
  ["a page that refuses", 403, "<html>blocked</html>", "UnreadableAnswer", false],
  ["a redirection", 302, "", "UnreadableAnswer", false],
])("Entra out of order, or something in its place, is no sign-in that failed: %s", async (_, status, body, code, again) => {
  // the SDK asks more than once, and waits as it is told in between
  const client = answering(status, body, { "retry-after-ms": "0" });
  const error = await told(client, { env: SECRET });
  expect(await told(client, { env: SECRET }, 1)).toMatchObject({ code });
  expect(error).toMatchObject({ code, exit: 1 });
  expect(error.advice).not.toContain("az login");
  expect(retryClass(status, code)).toBe(again ? "transient" : "no");
});

test("what was out of order and then refuses, refuses", async () => {
  let asked = 0;
  const busy = answering(503, "", { "retry-after-ms": "0" });
  const refuses = answering(401, refusal(7000215, "Invalid client secret provided."));
  const httpClient: HttpClient = {
    sendRequest: (request) => (request.method === "POST" && asked++ === 0 ? busy : refuses).sendRequest(request),
  };
  expect((await told(httpClient, { env: SECRET })).message).toMatch(/secret is wrong/);
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
