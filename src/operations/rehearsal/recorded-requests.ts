/**
 * What the real provider and the real SDK would send for a plan, with nobody at the other end: an export is then exactly the wire's
 * JSON, with the API versions that the SDK uses. No request leaves the process.
 */
import { defined } from "../../core/defined.ts";
import { createClients } from "../../azure/clients.ts";
import { type PlainRequest, type PlainResponse, httpClientOf } from "../../azure/pipeline.ts";
import { createProvider } from "../../azure/provider.ts";
import { ClusterError } from "../../core/errors.ts";
import { type Json, type JsonObject, type WireResource, isObject, parseId } from "../../core/export/wire.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { stamped } from "../../engine/decide.ts";
import type { Run } from "../run.ts";

/** In the order of the plan. User-data is taken out of the bodies. */
export async function recordedRequests(
  { subscription, clock, tools }: Run,
  resources: readonly AnyResource[],
): Promise<WireResource[]> {
  let sent: PlainRequest | undefined;
  const handle = (request: PlainRequest): Promise<PlainResponse> => {
    sent = request;
    const body = JSON.parse(request.body ?? "{}") as { properties?: object };
    const id = decodeURIComponent(new URL(request.url).pathname);
    const made = { ...body, id, properties: { ...body.properties, provisioningState: "Succeeded" } };
    return Promise.resolve({ status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(made) });
  };
  // no scope: nobody signs in here
  const connection = {
    subscription,
    endpoint: { url: "https://management.azure.com" },
    clock,
    httpClient: await httpClientOf(handle),
  };
  const provider = createProvider(await createClients(connection));
  const recorded: WireResource[] = [];
  for (const resource of resources) {
    await provider.put(stamped(resource), { signal: tools.signal });
    if (sent?.method !== "PUT") throw new ClusterError("NothingSent", `nothing was sent for ${resource.id}`, { source: "bug" });
    recorded.push(asWire(resource, sent));
    sent = undefined;
  }
  return recorded;
}

// --- internal ---

function asWire({ id, dependsOn }: AnyResource, request: PlainRequest): WireResource {
  const url = new URL(request.url);
  const type = parseId(decodeURIComponent(url.pathname))?.type ?? "Microsoft.Resources/resourceGroups";
  const { body, userData } = withoutUserData(JSON.parse(request.body ?? "{}") as JsonObject);
  return {
    id,
    type,
    apiVersion: url.searchParams.get("api-version") ?? "",
    body,
    dependsOn,
    ...defined({ userData }),
  };
}

/** A machine that exists has none in the plan: an empty one would be another. */
function withoutUserData(body: JsonObject): { body: JsonObject; userData?: string } {
  const { properties } = body;
  const osProfile: Json | undefined = isObject(properties) ? properties["osProfile"] : undefined;
  if (!isObject(properties) || !isObject(osProfile)) return { body };
  const { customData, ...rest } = osProfile;
  const stripped = { ...body, properties: { ...properties, osProfile: rest } };
  return typeof customData === "string" && customData !== "" ? { body: stripped, userData: customData } : { body: stripped };
}
