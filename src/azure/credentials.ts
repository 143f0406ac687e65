/** Who signs in: a service principal with the old azure-cert.pem, or Azure's default credential chain. */
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { AzureError } from "../core/advice/azure-error.ts";
import { abortable } from "../engine/abortable.ts";
import type { Cloud } from "./clouds.ts";
import { failure } from "./failure.ts";
import { UNREAD_PROXY } from "./outward.ts";

export interface SignIn {
  readonly cloud: Cloud;
  readonly tenant?: string;
  readonly clientId?: string;
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
        return await credential.getToken(scopes, how);
      } catch (error) {
        throw way.trouble() ?? error;
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

/** That of the SDK. */
export async function chooseCredential(signIn: SignIn): Promise<TokenCredential> {
  const { cloud, tenant, clientId, certificate, httpClient } = signIn;
  const { ClientCertificateCredential, DefaultAzureCredential } = await import("@azure/identity");
  const options = { authorityHost: cloud.authority, httpClient, proxyOptions: UNREAD_PROXY };
  if (certificate !== undefined && tenant !== undefined && clientId !== undefined)
    return new ClientCertificateCredential(tenant, clientId, { certificate }, options);
  return new DefaultAzureCredential({
    ...options,
    ...(tenant === undefined ? {} : { tenantId: tenant }),
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
  });
}

// --- internal ---

/**
 * Remembers why Entra was not reached. The sign-in library says of that only that nobody is signed in, and may have tried other
 * ways after it: whoever has no network must not be told to sign in.
 */
function watched(client: HttpClient): { client: HttpClient; forget(): void; trouble(): AzureError | undefined } {
  let last: AzureError | undefined;
  return {
    forget: () => (last = undefined),
    trouble: () => last,
    client: {
      async sendRequest(request) {
        try {
          return await client.sendRequest(request);
        } catch (error) {
          const told = failure(error);
          // a machine's own identity is asked for on every machine, and is not there on most
          if (told instanceof AzureError && !isMachines(request.url)) last = told;
          throw error;
        }
      },
    },
  };
}

/** The metadata service of a virtual machine or a container: on its own link, over http. */
const isMachines = (address: string): boolean => new URL(address).protocol === "http:";
