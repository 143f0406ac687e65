/** Who signs in: a service principal with the old azure-cert.pem, or Azure's default credential chain. */
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { applicationOf } from "../core/account.ts";
import { AzureError } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import { abortable } from "../engine/abortable.ts";
import type { Cloud } from "./clouds.ts";
import { heldIn, missingBeside } from "./environment-sign-in.ts";
import { OUT_OF_ORDER, failure, noSignIn } from "./failure.ts";
import { UNREAD_PROXY } from "./outward.ts";

export interface SignIn {
  readonly cloud: Cloud;
  readonly tenant?: string;
  readonly clientId?: string;
  /** The client id is a wish of this command: the environment says another, or none. */
  readonly clientIdNamed?: boolean;
  /**
   * The subscription, where the Azure CLI knows it: asked for a token for it the CLI takes the account and the tenant that go with it, and
   * else those of the subscription that it has selected. It takes a tenant or this, and not both.
   */
  readonly cliSubscription?: string;
  /** What may hold a secret, a certificate or a token of the application. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is in the file that AZURE_CLIENT_CERTIFICATE_PATH names; where it was not read the SDK reads it. */
  readonly environmentCertificate?: string;
  /** PEM text with private key and certificate, checked before; never logged. */
  readonly certificate?: string;
  /** How Entra is asked. */
  readonly httpClient: HttpClient;
}

/** The credential. Nothing is asked of the network until a token is needed; who cannot reach it is told that, and not to sign in. */
export async function createCredential(signIn: SignIn): Promise<TokenCredential> {
  const way = watched(signIn.httpClient);
  const credential = await chooseCredential({ ...signIn, httpClient: way.client });
  return askedOnce({
    async getToken(scopes, how) {
      way.forget();
      try {
        const token = await credential.getToken(scopes, how);
        if (token !== null) refuseOther(signIn, token.token);
        return token;
      } catch (error) {
        throw way.trouble() ?? withItsSource(signIn, error);
      }
    },
  });
}

/**
 * One question for all who ask at the same time: the first reads of a run leave together, by three clients of the SDK, and for each the Azure
 * CLI would be started. Who gives up waiting ends nobody else's wait.
 */
export function askedOnce(credential: TokenCredential): TokenCredential {
  const going = new Map<string, ReturnType<TokenCredential["getToken"]>>();
  return {
    getToken(scopes, { abortSignal, ...how } = {}) {
      const key = JSON.stringify([scopes, how.claims, how.tenantId, how.enableCae]);
      const token = going.get(key) ?? credential.getToken(scopes, how).finally(() => going.delete(key));
      going.set(key, token);
      return abortSignal === undefined ? token : abortable(token, abortSignal as AbortSignal);
    },
  };
}

/** That of the SDK: the certificate that is given, what the environment holds of the application, or whom the chain finds. */
export async function chooseCredential(signIn: SignIn): Promise<TokenCredential> {
  const { cloud, tenant, clientId, certificate, cliSubscription, httpClient } = signIn;
  const identity = await import("@azure/identity");
  const options = { authorityHost: cloud.authority, httpClient, proxyOptions: UNREAD_PROXY };
  if (tenant !== undefined && clientId !== undefined) {
    if (certificate !== undefined) return new identity.ClientCertificateCredential(tenant, clientId, { certificate }, options);
    const held = heldIn(signIn.env, signIn.environmentCertificate)?.credential;
    if (held !== undefined) return held(identity, tenant, clientId, options);
  }
  try {
    return new identity.DefaultAzureCredential({
      ...options,
      ...(tenant !== undefined ? { tenantId: tenant } : cliSubscription === undefined ? {} : forTheCli(cliSubscription)),
      ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
    });
  } catch (error) {
    // AZURE_TOKEN_CREDENTIALS names nobody
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

// --- internal ---

/** An option of the AzureCliCredential, which the chain hands on to it without naming it. */
const forTheCli = (subscription: string): object => ({ subscription });

/** The chain goes on to whoever has signed in to this machine: who named an application must not work as somebody else. */
function refuseOther({ clientId, clientIdNamed }: SignIn, token: string): void {
  const other = applicationOf(token);
  if (clientIdNamed !== true || clientId === undefined || other === undefined || other.toLowerCase() === clientId) return;
  throw new ClusterError("SignInOther", `--client-id is ${clientId}, and what signs in here is another: ${other}`, {
    source: "azure",
    exit: EXIT.signIn,
    advice:
      "Set AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH, or AZURE_FEDERATED_TOKEN_FILE) of that application, or give --azure-cert; --tenant goes with each. " +
      "Without --client-id whoever is signed in here is taken.",
  });
}

/**
 * With the flag or the variable that signs in, since whom that names `az login` does not help. Or half of what signs in is there, or what
 * it names is no certificate: that is what is said.
 */
function withItsSource({ env, tenant, clientId, certificate }: SignIn, error: unknown): unknown {
  if (error instanceof ClusterError) return error;
  const held = certificate === undefined ? heldIn(env) : undefined;
  const failed = (message: string, advice?: string): ClusterError =>
    new ClusterError("SignInFailed", message, { source: "azure", exit: EXIT.signIn, advice, cause: error });
  if (held !== undefined && error instanceof Error && isOfAFile(error))
    return failed(
      `${held.variable}: ${error.message}`,
      `Set ${held.variable} to what signs in, or unset it and sign in with \`az login\`.`,
    );
  const told = failure(error);
  const by = certificate === undefined ? held?.variable : "--azure-cert";
  if (by === undefined || !(told instanceof ClusterError) || told.code !== "SignInFailed") return told;
  const missing = held && missingBeside(held, { tenant, clientId });
  return missing === undefined
    ? failed(`${told.message} (${by})`)
    : failed(`${told.message}: ${missing}`, `Give what is missing, or unset ${by} and sign in with \`az login\`.`);
}

/**
 * Remembers why Entra was not reached, or that it, or something in its place, was out of order. The sign-in library says of that only that
 * nobody is signed in, and may have tried other ways after it: whoever has no network must not be told to sign in.
 */
function watched(client: HttpClient): { client: HttpClient; forget(): void; trouble(): AzureError | undefined } {
  let last: AzureError | undefined;
  return {
    forget() {
      // of that the sign-in library is sure for a minute, and asks nobody
      if (last?.code !== OUT_OF_ORDER) last = undefined;
    },
    trouble: () => last,
    client: {
      async sendRequest(request) {
        // a machine's own identity is asked for on every machine, and is not there on most
        const ofMachine = isMachines(request.url);
        try {
          const answer = await client.sendRequest(request);
          if (!ofMachine) last = noSignIn(answer);
          return answer;
        } catch (error) {
          const told = failure(error);
          if (told instanceof AzureError && !ofMachine) last = told;
          throw error;
        }
      },
    },
  };
}

/** It cannot be read, or is no certificate: the library throws what came, without a name of its own. */
const isOfAFile = ({ name, ...more }: Error): boolean => name === "Error" || "syscall" in more;

/** The metadata service of a virtual machine or a container: on its own link, over http. */
const isMachines = (address: string): boolean => new URL(address).protocol === "http:";
