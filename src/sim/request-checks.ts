/**
 * What ARM checks of every request whatever its type: the api-version, the body, the group, the parent, the location, tags,
 * etags, and whether another operation is still at work.
 */
import { ArmError, refuse } from "./arm-error.ts";
import { groupIdOf, armPlaceOf, keyOf } from "./arm-id.ts";
import { isLocationAt, locationsAt } from "./catalogue/locations.ts";
import type { SimCloud } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import { type JsonValue, object, textIn } from "./json.ts";
import type { KindRules } from "./kind.ts";
import type { Call } from "./message.ts";

const VERSION = /^\d{4}-\d{2}-\d{2}(-preview)?$/;

/** The body as an object. @throws ArmError 400 InvalidRequestContent */
export function bodyOf(call: Call): JsonValue {
  try {
    return object(JSON.parse(call.body ?? ""));
  } catch (error) {
    return refuse(
      400,
      "InvalidRequestContent",
      `The request content was invalid and could not be deserialized: '${String(error)}'.`,
    );
  }
}

/** @throws ArmError 400 MissingApiVersionParameter, InvalidApiVersionParameter */
export function checkVersion(call: Call): void {
  const version = call.query.get("api-version");
  if (version === undefined || version === "") {
    refuse(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
  }
  if (!VERSION.test(version)) refuse(400, "InvalidApiVersionParameter", `The api-version '${version}' is invalid.`);
}

/** @throws ArmError 404 ResourceGroupNotFound */
export function groupEntry(cloud: SimCloud, subscription: string, group: string): StoredResource {
  return (
    cloud.get(groupIdOf(subscription, group)) ??
    refuse(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`)
  );
}

/** @throws ArmError 409 ResourceGroupBeingDeleted for a group that is on its way out */
export function checkStays(group: StoredResource): void {
  if (object(group.resource["properties"])["provisioningState"] !== "Deleting") return;
  refuse(
    409,
    "ResourceGroupBeingDeleted",
    `The resource group '${group.name}' is in deprovisioning state and cannot perform this operation.`,
  );
}

/**
 * Where a body says that it is to be.
 * @param unavailable refuses a place that is none, in the words of the kind
 * @throws ArmError 400 LocationRequired, and what `unavailable` throws
 */
export function locationIn(
  { origin }: Pick<Call, "origin">,
  body: JsonValue,
  unavailable: (given: string, places: string) => never,
): string {
  const given = textIn(body["location"]);
  if (given === undefined) return refuse(400, "LocationRequired", "The location property is required for this definition.");
  const location = armPlaceOf(given);
  const places = locationsAt(origin).map(({ name }) => name);
  return isLocationAt(origin, location) ? location : unavailable(given, places.join(","));
}

export function checkParent(cloud: SimCloud, id: string, kind: KindRules): void {
  if (kind.type.split("/").length <= 2) return;
  const parts = id.split("/");
  // blobServices/default is always there with its account.
  const parent = parts.slice(0, parts.indexOf("providers") + 4).join("/");
  if (cloud.get(parent) === undefined) {
    const name = parts[parts.indexOf("providers") + 3];
    refuse(
      404,
      "ParentResourceNotFound",
      `Can not perform requested operation on nested resource. Parent resource '${name}' not found.`,
    );
  }
}

export interface LocationQuestion {
  readonly kind: KindRules;
  readonly id: string;
  readonly name: string;
  readonly body: JsonValue;
  /** The resource group. */
  readonly owner: StoredResource;
  readonly before: StoredResource | undefined;
  readonly origin: string;
}

export function locate({ kind, id, name, body, owner, before, origin }: LocationQuestion): string {
  if (!kind.located) return owner.location;
  const location = locationIn({ origin }, body, (given, places) =>
    refuse(
      400,
      "LocationNotAvailableForResourceType",
      `The provided location '${given}' is not available for resource type '${kind.type}'. List of available regions for the resource type is '${places}'.`,
    ),
  );
  if (before !== undefined && before.location !== location) {
    refuse(
      409,
      "InvalidResourceLocation",
      `The resource '${name}' already exists in location '${before.location}' in resource group '${id.split("/")[4]}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  }
  return location;
}

/** Names are one whatever their case, and some beginnings are Azure's own. @param longest of a storage account's names 128 */
export function checkTags(body: JsonValue, longest = 512): void {
  const tags = Object.entries(object(body["tags"]));
  if (tags.length > 50) refuse(400, "TooManyTags", `The number of tags ${tags.length} is larger than the limit of 50.`);
  if (new Set(tags.map(([name]) => keyOf(name))).size < tags.length)
    refuse(400, "DuplicateTagNames", "Tag names are not sensitive to case, and one of them is there twice.");
  for (const [name, value] of tags) {
    if (/^(microsoft|azure|windows)/i.test(name))
      refuse(400, "ReservedTagName", `The tag name '${name}' has a reserved prefix: microsoft, azure or windows.`);
    if (name.length > longest || /[<>%&\\?/]/.test(name))
      refuse(400, "InvalidTagNameCharacters", `The tag name '${name}' is not valid.`);
    if (typeof value !== "string" || value.length > 256) {
      refuse(400, "InvalidTagValueLength", `The value of the tag '${name}' exceeds the maximum length of 256 characters.`);
    }
  }
}

/**
 * If-Match and If-None-Match. What has no etag (availability sets, keys, groups) takes no notice of either.
 * @param resource what is there: a resource, or a part of one
 * @throws ArmError 412 PreconditionFailed, PreconditionFailedEtagMismatch
 */
export function checkMatch(
  call: Call,
  resource: JsonValue | undefined,
  { etagged = true }: { readonly etagged?: boolean } = {},
): void {
  const none = call.headers.get("if-none-match");
  const match = call.headers.get("if-match");
  const etag = textIn(resource?.["etag"]);
  if (!etagged || (resource !== undefined && etag === undefined)) return;
  if (none === "*" && resource !== undefined) {
    refuse(
      412,
      "PreconditionFailed",
      "The condition '*' in the If-None-Match header was not satisfied: the resource already exists.",
    );
  }
  if (match === undefined || (match === "*" && resource !== undefined)) return;
  if (match === "*" || etag === undefined || !match.split(/,\s*/).includes(etag)) {
    refuse(
      412,
      "PreconditionFailedEtagMismatch",
      `The etag '${match}' in the If-Match header does not match the resource's etag '${etag ?? ""}'.`,
    );
  }
}

export function checkBusy(kind: KindRules, before: StoredResource | undefined, id: string): void {
  if (before?.operation === undefined) return;
  if (kind.etag) {
    const message = `Operation on ${id} was refused because another operation is in progress. The operation can be retried in 10 seconds.`;
    throw new ArmError(429, "RetryableError", "A retryable error occurred.", {
      details: [{ code: "RetryableErrorDueToAnotherOperation", message }],
    });
  }
  refuse(
    409,
    "Conflict",
    "The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.",
  );
}
