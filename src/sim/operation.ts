/**
 * Long-running operations as ARM shows them: a body with a status at the Azure-AsyncOperation URL, 202 and then the result
 * at the Location URL. An operation's end is decided when it starts; it takes effect when time has passed it.
 * Longer than most: the life of an operation, from start to effect, in one place.
 */
import { defined } from "../core/defined.ts";
import { ArmError } from "./arm-error.ts";
import type { ArmErrorBody } from "./arm-error.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import type { SimCloud, SimOperation } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import type { KindRules, KindOf, Timing } from "./kind.ts";
import { type JsonValue, object } from "./json.ts";
import { deleteMembers, vanish } from "./vanish.ts";

export interface Start {
  readonly verb: SimOperation["verb"];
  readonly namespace: string;
  readonly timing: Timing;
  readonly power?: string;
  readonly powerBefore?: string;
  readonly error?: ArmErrorBody;
}

/** Registers an operation on an entry; an earlier one that still runs is superseded. */
export function beginOperation(
  cloud: SimCloud,
  entry: StoredResource,
  { verb, namespace, timing, power, powerBefore, error }: Start,
): SimOperation {
  const earlier = entry.operation === undefined ? undefined : cloud.operations.get(entry.operation);
  if (earlier?.status === "InProgress") {
    earlier.status = "Canceled";
    earlier.ends = cloud.now();
    // Compute's words; that the earlier create ends so is from memory.
    earlier.error = { code: "OperationPreempted", message: "Operation execution has been preempted by a more recent operation." };
  }
  const [least, most] = timing.seconds ?? [0, 0];
  const now = cloud.now();
  const operation: SimOperation = {
    id: cloud.random.uuid(),
    verb,
    target: entry.key,
    started: now,
    ends: now + Math.round(cloud.random.between(least, most) * 1000 * cloud.pace),
    status: "InProgress",
    polls: 0,
    namespace,
    ...paced("retry", timing.retry, cloud.pace),
    ...paced("poll", timing.poll, cloud.pace),
    ...defined({ once: timing.once, power, powerBefore, error }),
  };
  cloud.operations.set(operation.id, operation);
  entry.operation = operation.id;
  return operation;
}

/** Whole seconds; none where the pace leaves nothing of them. */
function paced(name: "retry" | "poll", seconds: number | undefined, pace: number): Partial<Record<"retry" | "poll", number>> {
  const left = Math.round((seconds ?? 0) * pace);
  return left === 0 ? {} : { [name]: left };
}

/** The headers that announce it. Network and Compute put operations below `locations`; groups and storage elsewhere. */
export function operationHeaders(
  call: Call,
  entry: StoredResource,
  operation: SimOperation,
  timing: Timing,
): Record<string, string> {
  const version = call.query.get("api-version") ?? "";
  const base = `${call.origin}/subscriptions/${entry.subscription}`;
  const place = `${base}/providers/${operation.namespace}/locations/${entry.location}`;
  const async = `${place}/operations/${operation.id}?api-version=${version}`;
  const location =
    operation.namespace === "Microsoft.Resources"
      ? `${base}/operationresults/${operation.id}?api-version=${version}`
      : operation.namespace === "Microsoft.Storage"
        ? `${place}/asyncoperations/${operation.id}?monitor=true&api-version=${version}`
        : operation.namespace === "Microsoft.Compute"
          ? `${place}/operations/${operation.id}?monitor=true&api-version=${version}`
          : `${place}/operationResults/${operation.id}?api-version=${version}`;
  return {
    ...(timing.header === "async" || timing.header === "both" ? { "azure-asyncoperation": async } : {}),
    ...(timing.header === "location" || timing.header === "both" ? { location } : {}),
    ...(operation.retry === undefined ? {} : { "retry-after": String(operation.retry) }),
    ...(operation.namespace === "Microsoft.Compute" && timing.header !== "none" ? { "azure-asyncnotification": "Enabled" } : {}),
  };
}

/** A GET of either URL. `monitor` is the Location form: 202 until it has ended. */
export function pollOperation(
  cloud: SimCloud,
  call: Call,
  { id, monitor }: { readonly id: string; readonly monitor: boolean },
): SimAnswer {
  const operation = cloud.operations.get(id);
  if (operation === undefined) throw new ArmError(404, "OperationNotFound", `The operation '${id}' was not found.`);
  operation.polls += 1;
  const running = operation.status === "InProgress";
  const wait = running && operation.poll !== undefined && (operation.once !== true || operation.polls === 1);
  const headers: Record<string, string> = wait ? { "retry-after": String(operation.poll) } : {};
  if (monitor) return monitored(cloud, call, operation, headers);
  const status = operation.status;
  const error = running ? undefined : operation.error;
  if (operation.namespace !== "Microsoft.Compute") {
    return answer(200, { status, ...(error === undefined ? {} : { error: { details: [], ...error } }) }, headers);
  }
  return answer(
    200,
    {
      startTime: new Date(operation.started).toISOString(),
      ...(running ? {} : { endTime: new Date(operation.ends).toISOString() }),
      status,
      ...defined({ error }),
      name: operation.id,
    },
    headers,
  );
}

function monitored(cloud: SimCloud, call: Call, operation: SimOperation, headers: Record<string, string>): SimAnswer {
  if (operation.status === "InProgress")
    return answer(202, undefined, { ...headers, location: call.origin + call.path + queryOf(call) });
  if (operation.error !== undefined)
    return answer(409, operation.verb === "group" ? capitals(operation.error) : { error: operation.error });
  const entry = cloud.get(operation.target);
  if (operation.verb === "put" && entry !== undefined) return answer(200, entry.resource);
  // Recorded: Network's operationResults of a delete end in 204, a group's in 200.
  return answer(operation.verb === "delete" && operation.namespace === "Microsoft.Network" ? 204 : 200);
}

/** Recorded: the end of a group's deletion is the one envelope in capitals, its details without a code and each quoting a service. */
const capitals = ({ code, message, target, details }: ArmErrorBody): JsonValue => ({
  Error: {
    Code: code,
    Target: target ?? null,
    Message: message,
    Details: (details ?? []).map((one) => ({
      Code: null,
      Target: one.target ?? null,
      Message: one.message,
      Details: null,
      AdditionalInfo: null,
    })),
    AdditionalInfo: null,
  },
});

const queryOf = (call: Call): string => `?${[...call.query].map(([name, value]) => `${name}=${value}`).join("&")}`;

/** Lets everything take effect that has ended by now, in the order in which it ended. */
export function settle(cloud: SimCloud, kindOf: KindOf, running: Set<string>): void {
  const now = cloud.now();
  const due: SimOperation[] = [];
  for (const id of running) {
    const operation = cloud.operations.get(id);
    if (operation === undefined || operation.status !== "InProgress") running.delete(id);
    else if (operation.ends <= now) due.push(operation);
  }
  due.sort((a, b) => a.ends - b.ends || a.started - b.started);
  for (const operation of due) {
    running.delete(operation.id);
    if (operation.status === "InProgress") finish(cloud, kindOf, operation);
  }
}

function finish(cloud: SimCloud, kindOf: KindOf, operation: SimOperation): void {
  const entry = cloud.get(operation.target);
  if (entry !== undefined && operation.verb === "group" && operation.error === undefined) {
    const blocked = deleteMembers(cloud, kindOf, entry);
    if (blocked !== undefined) operation.error = blocked;
  }
  operation.status = operation.error === undefined ? "Succeeded" : "Failed";
  if (entry === undefined) return;
  const kind = kindOf(entry.type);
  if (entry.operation === operation.id) delete entry.operation;
  entry.changed = operation.ends;
  // "The provisioning state of the resource group will be rolled back."
  if (operation.verb === "group" && operation.status === "Failed") return setState(entry, kind, "Succeeded");
  if (operation.status === "Failed") {
    setState(entry, kind, "Failed");
    kind?.failed?.(cloud, entry, operation);
  } else if (operation.verb === "group" || operation.verb === "delete") {
    vanish(cloud, kindOf, entry);
    return;
  } else {
    setState(entry, kind, "Succeeded");
    kind?.settled?.(cloud, entry, operation);
  }
  if (kind?.etag === true) freshTag(cloud, entry);
  cloud.touched(entry);
}

/** Network shows the state in every part as well, and the etag too. */
export function setState(entry: StoredResource, kind: KindRules | undefined, state: string): void {
  if (kind?.stateful === false) return;
  const properties = object(entry.resource["properties"]);
  properties["provisioningState"] = state;
  entry.resource["properties"] = properties;
  if (kind?.etag !== true) return;
  for (const part of partsOf(properties)) object(part["properties"])["provisioningState"] = state;
}

export function freshTag(cloud: SimCloud, entry: StoredResource): void {
  const etag = `W/"${cloud.random.uuid()}"`;
  entry.resource["etag"] = etag;
  for (const part of partsOf(object(entry.resource["properties"]))) part["etag"] = etag;
}

function* partsOf(properties: Record<string, unknown>): Generator<Record<string, unknown>> {
  for (const value of Object.values(properties)) {
    if (!Array.isArray(value)) continue;
    for (const part of value) if (typeof object(part)["etag"] === "string") yield object(part);
  }
}
