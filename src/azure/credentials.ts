/** Who signs in: a service principal with the old azure-cert.pem, or Azure's default credential chain. */
import type { TokenCredential } from "@azure/identity";
import type { Cloud } from "./clouds.ts";

export interface SignIn {
  readonly cloud: Cloud;
  readonly tenant?: string;
  readonly clientId?: string;
  /** PEM text with private key and certificate, checked before; never logged. */
  readonly certificate?: string;
}

/** The credential. Nothing is asked of the network until a token is needed. */
export async function createCredential({ cloud, tenant, clientId, certificate }: SignIn): Promise<TokenCredential> {
  const { ClientCertificateCredential, DefaultAzureCredential } = await import("@azure/identity");
  if (certificate !== undefined && tenant !== undefined && clientId !== undefined)
    return new ClientCertificateCredential(tenant, clientId, { certificate }, { authorityHost: cloud.authority });
  return new DefaultAzureCredential({
    authorityHost: cloud.authority,
    ...(tenant === undefined ? {} : { tenantId: tenant }),
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
  });
}
