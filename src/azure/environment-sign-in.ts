/**
 * What the environment holds to sign an application in with, under Azure's own names. The SDK takes tenant and client id for it from the
 * environment too; here they are those of the command line, so that a flag counts for a secret of the environment as well.
 * Nothing of it is said or kept: a message names variables only.
 */
import type { TokenCredential } from "@azure/identity";

type Env = Readonly<Record<string, string | undefined>>;
type Identity = typeof import("@azure/identity");
type Options = ConstructorParameters<Identity["ClientSecretCredential"]>[3];

export const CERTIFICATE_PATH = "AZURE_CLIENT_CERTIFICATE_PATH";
export const CERTIFICATE_PASSWORD = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
export const TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE";

export interface HeldCredential {
  /** The variable that holds it. */
  readonly variable: string;
  /** Of this application in this tenant; absent where the chain of the SDK takes both as it is told. */
  readonly credential?: (identity: Identity, tenant: string, clientId: string, options: Options) => TokenCredential;
}

/**
 * In the order of the SDK's EnvironmentCredential, and the federated token after it; undefined where there is none, or where
 * AZURE_TOKEN_CREDENTIALS leaves it out.
 * @param pem what is in the certificate's file; where it was not read the SDK reads it
 */
export function heldIn(env: Env, pem?: string): HeldCredential | undefined {
  const only = env["AZURE_TOKEN_CREDENTIALS"]?.trim().toLowerCase() || "prod";
  const [secret, path, user, password, token] = [
    "AZURE_CLIENT_SECRET",
    CERTIFICATE_PATH,
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    TOKEN_FILE,
  ].map((name) => env[name] || undefined);
  const more = moreOptions(env);
  if (only === "prod" || only === "environmentcredential") {
    if (secret !== undefined)
      return {
        variable: "AZURE_CLIENT_SECRET",
        credential: (identity, tenant, clientId, options) =>
          new identity.ClientSecretCredential(tenant, clientId, secret, { ...options, ...more }),
      };
    if (path !== undefined)
      return {
        variable: CERTIFICATE_PATH,
        credential: (identity, tenant, clientId, options) => {
          const phrase = env[CERTIFICATE_PASSWORD] || undefined;
          const locked = phrase === undefined ? {} : { certificatePassword: phrase };
          const all = { ...options, ...more };
          return pem === undefined
            ? new identity.ClientCertificateCredential(tenant, clientId, { certificatePath: path, ...locked }, all)
            : new identity.ClientCertificateCredential(tenant, clientId, { certificate: pem, ...locked }, all);
        },
      };
    if (user !== undefined && password !== undefined)
      return {
        variable: "AZURE_PASSWORD",
        credential: (identity, tenant, clientId, options) =>
          new identity.UsernamePasswordCredential(tenant, clientId, user, password, { ...options, ...more }),
      };
  }
  if (token !== undefined && (only === "prod" || only === "workloadidentitycredential")) return { variable: TOKEN_FILE };
  return undefined;
}

/** What is missing beside it: "AZURE_CLIENT_SECRET needs --client-id (or AZURE_CLIENT_ID) too". */
export function missingBeside(
  held: HeldCredential,
  { tenant, clientId }: { readonly tenant?: string | undefined; readonly clientId?: string | undefined },
): string | undefined {
  const missing = [
    ...(tenant === undefined ? ["--tenant (or AZURE_TENANT_ID)"] : []),
    ...(clientId === undefined ? ["--client-id (or AZURE_CLIENT_ID)"] : []),
  ];
  return missing.length === 0 ? undefined : `${held.variable} needs ${missing.join(" and ")} too`;
}

// --- internal ---

/** What the SDK's EnvironmentCredential reads beside it. */
function moreOptions(env: Env) {
  const tenants = env["AZURE_ADDITIONALLY_ALLOWED_TENANTS"];
  return {
    sendCertificateChain: /^(true|1)$/i.test(env["AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"] ?? ""),
    ...(tenants ? { additionallyAllowedTenants: tenants.split(";") } : {}),
  };
}
