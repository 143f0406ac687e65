/** A model of the SDK as the engine sees it. */
import type { Live } from "../engine/provider.ts";

/** @param id as it was asked for; lists give the model's own */
export function toLive(id: string, model: unknown): Live {
  const { provisioningState, tags, location, properties, etag } = model as {
    etag?: string;
    provisioningState?: string;
    tags?: Record<string, string>;
    location?: string;
    properties?: { provisioningState?: string };
  };
  return {
    id,
    state: stateOf(provisioningState ?? properties?.provisioningState),
    tags: tags ?? {},
    location,
    model,
    ...(typeof etag === "string" && etag !== "" ? { etag } : {}),
  };
}

/** No provisioning state at all means done: availability sets have none. */
function stateOf(text: string | undefined): Live["state"] {
  switch (text?.toLowerCase()) {
    case undefined:
    case "succeeded":
      return "succeeded";
    case "failed":
    case "canceled":
      return "failed";
    case "deleting":
    case "deprovisioning":
      return "deleting";
    default:
      return "working";
  }
}
