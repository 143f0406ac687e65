/** Management locks: a lock on a scope, or on anything below what is to be deleted, refuses the delete with 409. */
import { defined } from "../core/defined.ts";
import { ArmError, refuse } from "./arm-error.ts";
import { keyOf } from "./arm-id.ts";
import type { SimCloud } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import { dig, object } from "./json.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import { bodyOf } from "./request-checks.ts";

const LOCK = "Microsoft.Authorization/locks";

/** The part of a lock's id before the provider: what it locks. */
const scopeOf = (lock: StoredResource): string =>
  lock.key.slice(0, lock.key.indexOf("/providers/microsoft.authorization/locks/"));

function* locksFor(cloud: SimCloud, key: string, withBelow: boolean): Generator<StoredResource> {
  for (const lock of cloud.ofType(LOCK)) {
    const scope = scopeOf(lock);
    if (scope === key || key.startsWith(`${scope}/`) || (withBelow && scope.startsWith(`${key}/`))) yield lock;
  }
}

/** @throws ArmError 409 ScopeLocked */
export function checkLocks(cloud: SimCloud, id: string, action: "delete" | "write"): void {
  const found = [...locksFor(cloud, keyOf(id), action === "delete")].filter(
    (lock) => action === "delete" || String(dig(lock.resource, "properties", "level")).toLowerCase() === "readonly",
  );
  if (found.length === 0) return;
  const scopes = found.map((lock) => lock.id.slice(0, scopeOf(lock).length)).join(",");
  refuse(
    409,
    "ScopeLocked",
    `The scope '${id}' cannot perform ${action} operation because following scope(s) are locked: '${scopes}'. Please remove the lock and try again.`,
  );
}

export interface LockTarget {
  readonly scope: string;
  readonly name: string | undefined;
}

/** `{scope}/providers/Microsoft.Authorization/locks[/{name}]` */
export function answerLocks(cloud: SimCloud, call: Call, { scope, name }: LockTarget, subscription: string): SimAnswer {
  if (name === undefined) return answer(200, { value: [...locksFor(cloud, keyOf(scope), true)].map((lock) => lock.resource) });
  const id = `${scope}/providers/${LOCK}/${name}`;
  const before = cloud.get(id);
  if (call.method === "GET") {
    if (before === undefined) throw new ArmError(404, "LockNotFound", `The lock '${name}' could not be found.`);
    return answer(200, before.resource);
  }
  if (call.method === "DELETE") {
    cloud.remove(keyOf(id));
    return answer(before === undefined ? 204 : 200);
  }
  if (call.method !== "PUT") throw new ArmError(405, "MethodNotAllowed", `The method ${call.method} is not supported.`);
  const properties = object(object(bodyOf(call))["properties"]);
  const level = String(properties["level"]);
  if (level !== "CanNotDelete" && level !== "ReadOnly")
    refuse(400, "InvalidLockLevel", `The lock level '${level}' is not valid.`);
  const now = cloud.now();
  const resource = {
    id,
    name,
    type: LOCK,
    properties: { level, ...defined({ notes: properties["notes"] }) },
  };
  cloud.put({
    key: keyOf(id),
    id,
    name,
    type: LOCK,
    subscription,
    location: "global",
    resource,
    created: now,
    changed: now,
    hidden: {},
  });
  return answer(before === undefined ? 201 : 200, resource);
}
