/** Who signs in. */
import { createDefaultHttpClient, createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { CLOUDS } from "../../src/azure/clouds.ts";
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
