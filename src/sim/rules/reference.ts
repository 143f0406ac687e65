/**
 * References between network resources: what is named must exist, in the same region, and be usable. Azure says the first
 * two with one sentence (400 InvalidResourceReference) and the third with 429 RetryableError.
 */
import { ArmError, refuse } from "../arm-error.ts";
import { keyOf } from "../arm-id.ts";
import type { StoredResource } from "../cloud-index.ts";
import { dig, type JsonValue } from "../json.ts";
import type { Change } from "../kind.ts";

export interface FoundReference {
  readonly entry: StoredResource;
  /** The embedded part, when the id names one: a subnet, a NAT rule. */
  readonly child?: JsonValue;
}

/** @throws ArmError 400 InvalidResourceReference, 429 RetryableError / ReferencedResourceNotProvisioned */
export function resolve(change: Change, id: string, type: string): FoundReference {
  const found = change.cloud.owner(id);
  const rightType = typeOf(id) === keyOf(type);
  if (found === undefined || !rightType || found.entry.location !== change.location) {
    return refuse(
      400,
      "InvalidResourceReference",
      `Resource ${id} referenced by resource ${change.id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    );
  }
  const state = dig(found.entry.resource, "properties", "provisioningState");
  if (state === "Updating" || state === "Deleting") {
    const message = `Cannot proceed with operation because resource ${id} used by resource ${change.id} is not in Succeeded state. Resource is in ${state} state.`;
    throw new ArmError(429, "RetryableError", "A retryable error occurred.", {
      details: [{ code: "ReferencedResourceNotProvisioned", message }],
    });
  }
  return found;
}

/** "microsoft.network/virtualnetworks/subnets" of an id, lower case. */
function typeOf(id: string): string {
  const parts = keyOf(id).split("/");
  const at = parts.lastIndexOf("providers");
  return [parts[at + 1], ...parts.slice(at + 2).filter((_, index) => index % 2 === 0)].join("/");
}
