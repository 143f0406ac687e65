/**
 * What exists: resources, and the operations that run on them. All of it is plain data that can be saved and read again.
 * It knows no rule of any type and answers no request.
 */
import { keyOf, parentOf } from "./arm-id.ts";
import type { ArmErrorBody } from "./arm-error.ts";
import { type CloudIndex, createIndex, type StoredResource } from "./cloud-index.ts";
import { clone, type JsonValue, listIn, textIn } from "./json.ts";
import type { Limits } from "./limits.ts";
import { createRandom, type Random } from "./random.ts";

export interface SimOperation {
  readonly id: string;
  readonly verb: "put" | "delete" | "power" | "group";
  readonly target: string;
  readonly started: number;
  ends: number;
  /** Set from the start when the operation is to fail; shown when it has ended. */
  error?: ArmErrorBody;
  status: "InProgress" | "Succeeded" | "Failed" | "Canceled";
  polls: number;
  /** Retry-After of the first answer, of the polls; `once`: of the first poll only. Seconds. */
  readonly retry?: number;
  readonly poll?: number;
  readonly once?: boolean;
  /** The power state to reach, for verb "power". */
  readonly power?: string;
  /** The one that it has again when that fails. */
  readonly powerBefore?: string;
  /** Compute's operation bodies say more than Network's. */
  readonly namespace: string;
}

export interface CloudState {
  readonly schema: 1;
  readonly now: number;
  readonly random: number;
  readonly counters: Record<string, number>;
  readonly entries: readonly StoredResource[];
  readonly operations: readonly SimOperation[];
  readonly buckets: Record<string, { tokens: number; at: number }>;
}

export interface SimCloud extends CloudIndex {
  readonly random: Random;
  readonly limits: Limits;
  /** An address that every public IP gets, in place of the documentation range. */
  readonly publicAddress: string | undefined;
  /** What every duration is multiplied by. */
  readonly pace: number;
  /** Seconds that a creation takes where they are not those of its kind, by resource type. */
  readonly seconds: Readonly<Record<string, readonly [number, number]>>;
  readonly operations: Map<string, SimOperation>;
  readonly counters: Record<string, number>;
  readonly buckets: Record<string, { tokens: number; at: number }>;
  now(): number;
  /** The entry itself, or the one that an embedded child (a subnet, a NAT rule) is a part of. */
  owner(id: string): { entry: StoredResource; child?: JsonValue } | undefined;
  count(name: string): number;
  save(): CloudState;
}

export interface CloudOptions {
  readonly now: () => number;
  readonly limits: Limits;
  readonly seed: number;
  readonly state: CloudState | undefined;
  readonly publicAddress: string | undefined;
  readonly pace: number;
  readonly seconds: SimCloud["seconds"];
}

export function createCloud({ now, limits, seed, state, publicAddress, pace, seconds }: CloudOptions): SimCloud {
  const index = createIndex();
  const random = createRandom(state?.random ?? seed);
  const operations = new Map<string, SimOperation>();
  const counters: Record<string, number> = { ...state?.counters };
  const buckets = clone(state?.buckets ?? {});
  for (const entry of state?.entries ?? []) index.put(clone(entry));
  for (const operation of state?.operations ?? []) operations.set(operation.id, clone(operation));

  return {
    ...index,
    random,
    limits,
    publicAddress,
    pace,
    seconds,
    operations,
    counters,
    buckets,
    now,
    owner: (id) => {
      const entry = index.get(id);
      if (entry !== undefined) return { entry };
      const parent = index.get(parentOf(id));
      const child = parent && childOf(parent.resource, id);
      return parent && child && { entry: parent, child };
    },
    count: (name) => (counters[name] = (counters[name] ?? 0) + 1),
    save: () => ({
      schema: 1,
      now: now(),
      random: random.state(),
      counters: { ...counters },
      entries: clone([...index.all()]),
      operations: clone([...operations.values()]),
      buckets: clone(buckets),
    }),
  };
}

/** A part of a resource by its full id: `.../virtualNetworks/v/subnets/s`. */
function childOf(resource: JsonValue, id: string): JsonValue | undefined {
  const collection = id.split("/").at(-2)?.toLowerCase();
  const properties = resource["properties"];
  if (typeof properties !== "object" || properties === null) return undefined;
  for (const [name, value] of Object.entries(properties)) {
    if (name.toLowerCase() !== collection) continue;
    return listIn(value).find((part) => textIn(part["id"])?.toLowerCase() === keyOf(id));
  }
  return undefined;
}
