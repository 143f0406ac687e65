/** The SDK's clients, made once, all through one pipeline and one set of sockets. Loaded when first asked for. */
import type { ComputeManagementClient } from "@azure/arm-compute";
import type { NetworkManagementClient } from "@azure/arm-network";
import type { ResourceManagementClient } from "@azure/arm-resources";
import type { StorageManagementClient } from "@azure/arm-storage";
import type { HttpClient, Pipeline, PipelinePolicy } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Clock } from "../core/clock.ts";
import type { ArmEndpoint } from "./clouds.ts";
import { UNREAD_PROXY } from "./outward.ts";
import { type Hear, limitsHeard } from "./limits-heard.ts";
import { ownHosts } from "./origin.ts";
import { type Heard, type OperationErrors, answers, loopbackSignIn, wholeBeforeWrites, writesTold } from "./pipeline.ts";
import { timeHeard } from "./time-heard.ts";

export interface ArmConnection {
  readonly subscription: string;
  readonly endpoint: ArmEndpoint;
  /** Absent where nobody signs in: a loopback ARM, the simulation. */
  readonly credential?: TokenCredential;
  /** Where requests go: out of the process (outward.ts, bounded.ts), or to the simulation. */
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  /** Hears what answers tell of limits. */
  readonly hear?: Hear;
  /** Hears what time answers tell. */
  readonly hearTime?: (at: number) => void;
  /** Ends before the first write; see wholeBeforeWrites. */
  readonly loadRest?: () => Promise<void>;
  /** Told of every write, before it is sent. */
  readonly wrote?: () => void;
}

export interface Clients {
  readonly compute: ComputeManagementClient;
  readonly network: NetworkManagementClient;
  readonly resources: ResourceManagementClient;
  readonly storage: StorageManagementClient;
  readonly operationErrors: OperationErrors;
  readonly endpoint: string;
  /** The body of what is at an address, through the pipeline of all other requests: for what the typed operations drop. */
  readonly read: (url: string, abortSignal: AbortSignal) => Promise<Readonly<Record<string, unknown>>>;
}

export async function createClients(connection: ArmConnection): Promise<Clients> {
  const [
    { ComputeManagementClient },
    { NetworkManagementClient },
    { ResourceManagementClient },
    { StorageManagementClient },
    { createPipelineRequest },
  ] = await Promise.all([
    import("@azure/arm-compute"),
    import("@azure/arm-network"),
    import("@azure/arm-resources"),
    import("@azure/arm-storage"),
    import("@azure/core-rest-pipeline"),
  ]);
  const operationErrors: OperationErrors = new Map();
  const heard: Heard = { azure: false, strange: 0 };
  const { endpoint, credential, httpClient } = connection;
  const open = endpoint.scope === undefined;
  const options = {
    endpoint: endpoint.url,
    ...(open ? { allowInsecureConnection: true } : { credentials: { scopes: [endpoint.scope] } }),
    httpClient,
    proxyOptions: UNREAD_PROXY,
    retryOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: "azure-coreos-cluster" },
  };
  // The SDK takes an undefined credential as "do not sign in"; its types do not say so.
  const who = (open ? undefined : credential) as TokenCredential;
  const clients = {
    compute: new ComputeManagementClient(who, connection.subscription, options),
    network: new NetworkManagementClient(who, connection.subscription, options),
    resources: new ResourceManagementClient(who, connection.subscription, options),
    storage: new StorageManagementClient(who, connection.subscription, options),
  };
  const reading = answers(connection.clock, operationErrors, heard);
  for (const { pipeline } of Object.values(clients)) usePolicies(pipeline, connection, reading);
  const read: Clients["read"] = async (url, abortSignal) => {
    const request = createPipelineRequest({ url, abortSignal, allowInsecureConnection: open });
    const { bodyAsText } = await clients.resources.pipeline.sendRequest(httpClient, request);
    return JSON.parse(bodyAsText || "{}") as Readonly<Record<string, unknown>>;
  };
  return { ...clients, operationErrors, endpoint: endpoint.url, read };
}

// --- internal ---

/** @param reading the policy that makes errors of answers, one for all clients */
function usePolicies(pipeline: Pipeline, connection: ArmConnection, reading: PipelinePolicy): void {
  // Outside of the sign-in: what it throws is explained too, and it still sees a 401 that asks for a fresh token.
  pipeline.addPolicy(reading, {
    beforePolicies: ["bearerTokenAuthenticationPolicy"],
  });
  if (connection.hear !== undefined) pipeline.addPolicy(limitsHeard(connection.hear), { afterPhase: "Retry" });
  if (connection.hearTime !== undefined) pipeline.addPolicy(timeHeard(connection.hearTime), { afterPhase: "Retry" });
  pipeline.addPolicy(ownHosts(connection.endpoint.url), { beforePolicies: ["answers"] });
  if (connection.loadRest !== undefined)
    pipeline.addPolicy(wholeBeforeWrites(connection.loadRest), { beforePolicies: ["ownHosts"] });
  if (connection.wrote !== undefined) pipeline.addPolicy(writesTold(connection.wrote), { beforePolicies: ["ownHosts"] });
  // Resource Manager redirects nobody, and the SDK follows behind the rule of who may be asked
  pipeline.removePolicy({ name: "redirectPolicy" });
  // bounded.ts unpacks, for it counts
  pipeline.removePolicy({ name: "decompressResponsePolicy" });
  // nobody traces, and it takes every address apart for it
  pipeline.removePolicy({ name: "tracingPolicy" });
  // the way out knows the proxy, and what is asked without it
  pipeline.removePolicy({ name: "proxyPolicy" });
  if (connection.endpoint.scope === undefined) pipeline.addPolicy(loopbackSignIn);
}
