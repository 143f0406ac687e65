/**
 * Resource groups: create, read, list by tag, change tags, delete with everything in them.
 * Longer than most: all verbs of one resource.
 */
import { defined } from "../core/defined.ts";
import { refuse } from "./arm-error.ts";
import { groupIdOf, keyOf } from "./arm-id.ts";
import type { StoredResource } from "./cloud-index.ts";
import { clone, type JsonValue, object } from "./json.ts";
import type { Timing } from "./kind.ts";
import { isListed, paged } from "./list-requests.ts";
import { checkLocks } from "./locks.ts";
import { checkMembers } from "./members.ts";
import { answer, type SimAnswer } from "./message.ts";
import { operationHeaders, beginOperation } from "./operation.ts";
import { bodyOf, checkStays, checkTags, groupEntry, locationIn } from "./request-checks.ts";
import { type Desk } from "./resource-requests.ts";
import { taggedAs } from "./tag-filter.ts";

const GROUPS = "Microsoft.Resources/resourceGroups";

const MEMBERS = "id name type location tags managedBy properties{provisioningState}";

/** Recorded: Location only, 202 until 200, Retry-After 15; from 45 seconds on. */
const REMOVE: Timing = { status: 202, header: "location", seconds: [40, 60], retry: 15, poll: 15 };
const REMOVE_EMPTY: Timing = { ...REMOVE, seconds: [10, 16] };
const FORCED: Timing = { ...REMOVE, seconds: [25, 40] };

export function answerGroup(desk: Desk, subscription: string, name: string): SimAnswer {
  const { cloud, call } = desk;
  switch (call.method) {
    case "HEAD":
      return answer(cloud.get(groupIdOf(subscription, name)) === undefined ? 404 : 204);
    case "GET":
      return answer(200, groupEntry(cloud, subscription, name).resource);
    case "PUT":
      return putGroup(desk, subscription, name);
    case "PATCH":
      return patchGroup(desk, subscription, name);
    case "DELETE":
      return deleteGroup(desk, subscription, name);
    default:
      return refuse(405, "MethodNotAllowed", `The method ${call.method} is not supported on resource groups.`);
  }
}

export function listGroups({ cloud, call, lagMs }: Desk, subscription: string): SimAnswer {
  const wanted = taggedAs(call.query.get("$filter"));
  const groups = [...cloud.ofType(GROUPS)].filter(
    (group) => keyOf(group.subscription) === keyOf(subscription) && wanted(group) && isListed(cloud, group, lagMs),
  );
  return paged(
    cloud,
    call,
    groups.map((group) => group.resource),
  );
}

function putGroup({ cloud, call, doom }: Desk, subscription: string, name: string): SimAnswer {
  checkGroupName(name);
  if (doom !== undefined) refuse(409, doom.code, doom.message);
  const body = bodyOf(call);
  checkMembers(MEMBERS, body);
  checkTags(body);
  const location = locationIn(call, body, (given, places) =>
    refuse(
      400,
      "LocationNotAvailableForResourceGroup",
      `The provided location '${given}' is not available for resource group. List of available regions is '${places}'.`,
    ),
  );
  const id = groupIdOf(subscription, name);
  const before = cloud.get(id);
  if (before !== undefined) {
    checkStays(before);
    checkSamePlace(before, location);
    checkLocks(cloud, id, "write");
  }
  const now = cloud.now();
  const resource: JsonValue = {
    id: before?.id ?? id,
    name: before?.name ?? name,
    type: GROUPS,
    location,
    // A PUT replaces: tags that are not sent are gone.
    ...(body["tags"] === undefined ? {} : { tags: clone(body["tags"]) }),
    ...defined({ managedBy: body["managedBy"] }),
    properties: { provisioningState: "Succeeded" },
  };
  cloud.put({
    key: keyOf(id),
    id: before?.id ?? id,
    type: GROUPS,
    name: before?.name ?? name,
    subscription,
    location,
    resource,
    created: before?.created ?? now,
    changed: now,
    hidden: {},
  });
  return answer(before === undefined ? 201 : 200, resource);
}

function checkGroupName(name: string): void {
  if (/^[\p{L}\p{N}_().-]{1,90}$/u.test(name) && !name.endsWith(".")) return;
  refuse(400, "InvalidResourceGroup", `The provided resource group name '${name}' has these invalid characters or is too long.`);
}

function checkSamePlace(before: StoredResource, location: string): void {
  if (before.location === location) return;
  refuse(
    409,
    "InvalidResourceGroupLocation",
    `Invalid resource group location '${location}'. The Resource group already exists in location '${before.location}'.`,
  );
}

function patchGroup({ cloud, call }: Desk, subscription: string, name: string): SimAnswer {
  const entry = groupEntry(cloud, subscription, name);
  checkLocks(cloud, entry.id, "write");
  const body = bodyOf(call);
  checkTags(body);
  if (body["tags"] !== undefined) entry.resource["tags"] = clone(object(body["tags"]));
  entry.changed = cloud.now();
  return answer(200, entry.resource);
}

function deleteGroup({ cloud, call, running, doom }: Desk, subscription: string, name: string): SimAnswer {
  const entry = groupEntry(cloud, subscription, name);
  const forced = call.query.get("forcedeletiontypes");
  for (const type of forced?.split(",") ?? []) {
    // Only these two are supported (SDK, resourceGroups.delete).
    if (!["microsoft.compute/virtualmachines", "microsoft.compute/virtualmachinescalesets"].includes(type.trim().toLowerCase())) {
      refuse(400, "InvalidForceDeletionTypes", `The force deletion type '${type}' is not supported.`);
    }
  }
  checkLocks(cloud, entry.id, "delete");
  const earlier = entry.operation === undefined ? undefined : cloud.operations.get(entry.operation);
  const members = cloud.inGroup(entry.key);
  const timing = members.length === 0 ? REMOVE_EMPTY : forced === undefined ? REMOVE : FORCED;
  const operation =
    earlier?.status === "InProgress"
      ? earlier
      : beginOperation(cloud, entry, {
          verb: "group",
          namespace: "Microsoft.Resources",
          timing,
          ...defined({ error: doom }),
        });
  running.add(operation.id);
  entry.resource["properties"] = { provisioningState: "Deleting" };
  return answer(202, undefined, operationHeaders(call, entry, operation, timing));
}
