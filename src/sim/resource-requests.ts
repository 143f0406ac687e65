/**
 * GET, PUT, PATCH, DELETE and lists of any resource whose kind is in the rules table. What is special about a type is in
 * its Kind; what is the same for all of ARM is here: scopes, locations, names, etags, locks, operations, paging.
 * Longer than most: the four verbs share the target that the address gives.
 */
import { defined } from "../core/defined.ts";
import { refuse, type ArmErrorBody } from "./arm-error.ts";
import { type Address, groupIdOf, keyOf } from "./arm-id.ts";
import type { SimCloud } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import type { Change, KindRules, KindOf, Timing } from "./kind.ts";
import { clone, type JsonValue, object, pick } from "./json.ts";
import { checkLocks } from "./locks.ts";
import { checkMembers } from "./members.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import { freshTag, operationHeaders, setState, beginOperation } from "./operation.ts";
import { vanish } from "./vanish.ts";
import { bodyOf, checkBusy, checkMatch, checkParent, checkStays, checkTags, groupEntry, locate } from "./request-checks.ts";

export interface Desk {
  readonly cloud: SimCloud;
  readonly call: Call;
  readonly kindOf: KindOf;
  /** Ids of operations that run. */
  readonly running: Set<string>;
  /** When a fault says so: the operation that this request starts is to fail with this. */
  readonly doom: ArmErrorBody | undefined;
  /** How far lists are behind. */
  readonly lagMs: number;
}

const MACHINES = "Microsoft.Compute/virtualMachines";

export interface RequestTarget {
  readonly kind: KindRules;
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly subscription: string;
}

/** Type and full id from an address with whole type/name pairs; undefined when the type is in no table. */
export function targetOf({ cloud, kindOf }: Desk, address: Address): RequestTarget | undefined {
  const { namespace, rest, subscription, group } = address;
  if (namespace === undefined || group === undefined || rest.length === 0) return undefined;
  const kind = kindOf(`${namespace}/${rest.filter((_, index) => index % 2 === 0).join("/")}`);
  if (kind === undefined) return undefined;
  const [ns, ...types] = kind.type.split("/") as [string, ...string[]];
  const names = rest.filter((_, index) => index % 2 === 1);
  const known = cloud.get(groupIdOf(subscription, group));
  const base = known?.id ?? groupIdOf(subscription, group);
  const id = `${base}/providers/${ns}/${types.map((type, index) => `${type}/${names[index] ?? ""}`).join("/")}`;
  return { kind, id: cloud.get(id)?.id ?? id, name: names.at(-1) ?? "", group: keyOf(base), subscription };
}

export const shownResource = (kind: KindRules | undefined, cloud: SimCloud, entry: StoredResource): JsonValue => {
  if (kind?.view === undefined) return entry.resource;
  const copy = clone(entry.resource);
  kind.view(cloud, entry, copy);
  return copy;
};

export function readResource({ cloud, call }: Desk, { kind, id, name, group, subscription }: RequestTarget): SimAnswer {
  const owner = groupEntry(cloud, subscription, group.split("/").at(-1) ?? "");
  const entry = cloud.get(id);
  if (entry === undefined) {
    if (call.method === "HEAD") return answer(404);
    return refuse(
      404,
      "ResourceNotFound",
      `The Resource '${kind.type}/${name}' under resource group '${owner.name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    );
  }
  if (call.method === "HEAD") return answer(204);
  const body = shownResource(kind, cloud, entry);
  return answer(200, body, typeof body["etag"] === "string" ? { etag: body["etag"] } : {});
}

export interface WriteOptions {
  /** The conditions of the request are about this resource, and not about a part of it. */
  readonly match?: boolean;
}

export function writeResource(desk: Desk, target: RequestTarget, body: JsonValue, options: WriteOptions = {}): SimAnswer {
  const { cloud, doom } = desk;
  const { kind } = target;
  const change = changeOf(desk, target, body, options);
  kind.check?.(change);
  const timing =
    change.before === undefined
      ? createTiming(cloud, kind)
      : typeof kind.update === "function"
        ? kind.update(change)
        : kind.update;
  // A script wants this to fail, and there is no operation that could.
  if (doom !== undefined && timing.header === "none") refuse(409, doom.code, doom.message);
  const entry = entryOf(kind, change);
  if (kind.etag) freshTag(cloud, entry);
  cloud.put(entry);
  const operates = timing.header !== "none";
  const runs = timing.state !== undefined || timing.empty === true || doom !== undefined;
  setState(entry, kind, runs ? (timing.state ?? "Updating") : "Succeeded");
  kind.accepted?.(cloud, entry, change);
  const headers = operates ? beginWrite(desk, kind, entry, timing, runs) : {};
  if (!runs || !operates) kind.settled?.(cloud, entry, { verb: "put" });
  cloud.touched(entry);
  return timing.empty === true
    ? answer(202, undefined, headers)
    : answer(timing.status, shownResource(kind, cloud, entry), headers);
}

/** As the kind has it, but as long as the profile says; what is done at once stays so. */
function createTiming({ seconds }: SimCloud, { type, create }: KindRules): Timing {
  const given = seconds[type];
  return given === undefined || create.seconds === undefined ? create : { ...create, seconds: given };
}

/** What is the same for every kind is looked at first, in ARM's order. */
function changeOf(desk: Desk, target: RequestTarget, body: JsonValue, { match = true }: WriteOptions): Change {
  const { cloud, call } = desk;
  const { kind, id, name, group, subscription } = target;
  const owner = groupEntry(cloud, subscription, group.split("/").at(-1) ?? "");
  checkStays(owner);
  checkLocks(cloud, id, "write");
  checkParent(cloud, id, kind);
  const before = cloud.get(id);
  if (!kind.name.test(name)) {
    refuse(
      400,
      kind.nameCode ?? "InvalidResourceName",
      `Resource name ${name} is invalid. The name of a ${kind.type} must match ${kind.name.source}.`,
    );
  }
  checkMembers(kind.members, body);
  const location = locate({ kind, id, name, body, owner, before, origin: call.origin });
  checkTags(body, tagNameLimit(kind));
  if (match) checkMatch(call, before?.resource, { etagged: kind.etag || kind.type === MACHINES });
  checkBusy(kind, before, id);
  return { cloud, id, name, group, subscription, location, before, body, properties: object(body["properties"]) };
}

const tagNameLimit = ({ type }: KindRules): number => (type === "Microsoft.Storage/storageAccounts" ? 128 : 512);

/** As it is kept: what was sent, and what its kind fills in. */
function entryOf(kind: KindRules, change: Change): StoredResource {
  const { cloud, id, name, group, subscription, location, before, body } = change;
  const now = cloud.now();
  // What is not sent stays.
  const tags = body["tags"] === undefined ? before?.resource["tags"] : body["tags"];
  const resource: JsonValue = {
    name,
    id,
    type: kind.type,
    ...(kind.located ? { location } : {}),
    ...defined({ tags }),
    ...pick(body, ["sku", "kind", "zones", "plan", "identity"]),
    ...(kind.shape?.(change) ?? { properties: clone(change.properties) }),
  };
  return {
    key: keyOf(id),
    id,
    type: kind.type,
    name,
    subscription,
    group,
    location,
    resource,
    created: before?.created ?? now,
    changed: now,
    hidden: before?.hidden ?? {},
    ...defined({ operation: before?.operation }),
  };
}

/** The operation of a write. @returns the headers that lead to it */
function beginWrite(
  { cloud, call, running, doom }: Desk,
  kind: KindRules,
  entry: StoredResource,
  timing: Timing,
  runs: boolean,
): Record<string, string> {
  const namespace = kind.type.split("/")[0] ?? "";
  const error = defined({ error: doom });
  const operation = beginOperation(cloud, entry, { verb: "put", namespace, timing, ...error });
  const headers = operationHeaders(call, entry, operation, timing);
  if (runs) running.add(operation.id);
  else {
    // Recorded: a new interface or balancer is done at once, and its operation says so.
    operation.status = "Succeeded";
    delete entry.operation;
  }
  return headers;
}

/** Tags only: the one thing that every type lets you change in place. */
export function patchResource(desk: Desk, target: RequestTarget): SimAnswer {
  const { cloud, call } = desk;
  const entry =
    cloud.get(target.id) ?? refuse(404, "ResourceNotFound", `The Resource '${target.kind.type}/${target.name}' was not found.`);
  checkLocks(cloud, target.id, "write");
  checkMatch(call, entry.resource);
  const body = bodyOf(call);
  const others = Object.keys(body).filter((name) => name !== "tags");
  if (others.length > 0)
    refuse(400, "PatchNotSimulated", `The simulation changes tags by PATCH, and nothing else: ${others.join(", ")}.`);
  checkTags(body, tagNameLimit(target.kind));
  entry.resource["tags"] = clone(object(body["tags"]));
  entry.changed = cloud.now();
  if (target.kind.etag) freshTag(cloud, entry);
  else if (entry.resource["etag"] !== undefined) entry.resource["etag"] = `"${cloud.random.hex(8)}"`;
  return answer(200, shownResource(target.kind, cloud, entry));
}

export function deleteResource(desk: Desk, target: RequestTarget): SimAnswer {
  const { cloud, call, kindOf, running, doom } = desk;
  const { kind, id, group, subscription } = target;
  groupEntry(cloud, subscription, group.split("/").at(-1) ?? "");
  const entry = cloud.get(id);
  if (entry === undefined) return answer(204);
  checkLocks(cloud, id, "delete");
  checkMatch(call, entry.resource);
  kind.inUse?.(cloud, entry);
  const timing = kind.remove;
  if (timing.header === "none") {
    vanish(cloud, kindOf, entry);
    return answer(timing.status);
  }
  const earlier = entry.operation === undefined ? undefined : cloud.operations.get(entry.operation);
  const again = earlier?.verb === "delete" && earlier.status === "InProgress" ? earlier : undefined;
  if (again === undefined && kind.etag && earlier?.status === "InProgress") checkBusy(kind, entry, id);
  const namespace = kind.type.split("/")[0] ?? "";
  const operation = again ?? beginOperation(cloud, entry, { verb: "delete", namespace, timing, ...defined({ error: doom }) });
  running.add(operation.id);
  setState(entry, kind, "Deleting");
  return answer(timing.status, undefined, operationHeaders(call, entry, operation, timing));
}
