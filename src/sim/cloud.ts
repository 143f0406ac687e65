/**
 * What exists: resources, and the operations that run on them. All of it is plain data that can be saved and read again.
 * The cloud keeps two indexes, who refers to whom and what is in a group, so that 1000 nodes stay cheap; it knows no rule
 * of any type and answers no request.
 * Longer than most: the shape of the saved state and the indexes over it belong in one place.
 */
import { keyOf, parentOf } from "./arm-id.ts";
import type { Trouble } from "./arm-error.ts";
import { clone, type JsonValue, listIn, references, textIn } from "./json.ts";
import type { Limits } from "./limits.ts";
import { createRandom, type Random } from "./random.ts";

export interface StoredResource {
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly subscription: string;
  /** Key of its resource group; undefined for groups themselves. */
  readonly group?: string;
  readonly location: string;
  /** As a GET answers it, but for what the kind's `view` adds. */
  resource: JsonValue;
  readonly created: number;
  changed: number;
  /** Id of the operation that runs on it. */
  operation?: string;
  /** What ARM keeps and never shows: digests, the power state, reservations. */
  hidden: JsonValue;
}

export interface SimOperation {
  readonly id: string;
  readonly verb: "put" | "delete" | "power" | "group";
  readonly target: string;
  readonly started: number;
  ends: number;
  /** Set from the start when the operation is to fail; shown when it has ended. */
  error?: Trouble;
  status: "InProgress" | "Succeeded" | "Failed" | "Canceled";
  polls: number;
  /** Retry-After of the first answer, of the polls; `once`: of the first poll only. Seconds. */
  readonly retry?: number;
  readonly poll?: number;
  readonly once?: boolean;
  /** The power state to reach, for verb "power". */
  readonly power?: string;
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

export interface SimCloud {
  readonly random: Random;
  readonly limits: Limits;
  /** An address that every public IP gets, in place of the documentation range. */
  readonly publicAddress: string | undefined;
  /** What every duration is multiplied by. */
  readonly pace: number;
  readonly operations: Map<string, SimOperation>;
  readonly counters: Record<string, number>;
  readonly buckets: Record<string, { tokens: number; at: number }>;
  now(): number;
  get(id: string): StoredResource | undefined;
  /** The entry itself, or the one that an embedded child (a subnet, a NAT rule) is a part of. */
  owner(id: string): { entry: StoredResource; child?: JsonValue } | undefined;
  /** Every entry of a type, in order of creation. */
  ofType(type: string): Iterable<StoredResource>;
  inGroup(groupKey: string): StoredResource[];
  all(): Iterable<StoredResource>;
  /** Entries whose body refers to this id. */
  users(id: string): StoredResource[];
  put(entry: StoredResource): void;
  /** To be called after an entry's body was changed in place. */
  touched(entry: StoredResource): void;
  remove(key: string): void;
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
}

export function createCloud({ now, limits, seed, state, publicAddress, pace }: CloudOptions): SimCloud {
  const entries = new Map<string, StoredResource>();
  const types = new Map<string, Map<string, StoredResource>>();
  const groups = new Map<string, Set<string>>();
  const usersOf = new Map<string, Set<string>>();
  const refersTo = new Map<string, Set<string>>();
  const random = createRandom(state?.random ?? seed);
  const operations = new Map<string, SimOperation>();
  const counters: Record<string, number> = { ...state?.counters };
  const buckets = clone(state?.buckets ?? {});

  function unlink(key: string): void {
    for (const target of refersTo.get(key) ?? []) usersOf.get(target)?.delete(key);
    refersTo.delete(key);
  }
  function link(entry: StoredResource): void {
    unlink(entry.key);
    const targets = new Set<string>();
    for (const id of references(entry.resource["properties"])) {
      const target = keyOf(id);
      // Ids of its own parts are no use by another.
      if (!target.startsWith(`${entry.key}/`)) targets.add(target);
    }
    refersTo.set(entry.key, targets);
    for (const target of targets) bucket(usersOf, target).add(entry.key);
  }
  function put(entry: StoredResource): void {
    entries.set(entry.key, entry);
    const type = keyOf(entry.type);
    const same = types.get(type) ?? new Map<string, StoredResource>();
    types.set(type, same.set(entry.key, entry));
    if (entry.group !== undefined) bucket(groups, entry.group).add(entry.key);
    link(entry);
  }
  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    types.get(keyOf(entry.type))?.delete(key);
    if (entry.group !== undefined) groups.get(entry.group)?.delete(key);
    unlink(key);
  }
  const present = (keys: Iterable<string>): StoredResource[] =>
    [...keys].map((key) => entries.get(key)).filter((entry) => entry !== undefined);

  for (const entry of state?.entries ?? []) put(clone(entry));
  for (const operation of state?.operations ?? []) operations.set(operation.id, clone(operation));

  return {
    random,
    limits,
    publicAddress,
    pace,
    operations,
    counters,
    buckets,
    now,
    get: (id) => entries.get(keyOf(id)),
    owner: (id) => {
      const entry = entries.get(keyOf(id));
      if (entry !== undefined) return { entry };
      const parent = entries.get(keyOf(parentOf(id)));
      const child = parent && childOf(parent.resource, id);
      return parent && child && { entry: parent, child };
    },
    ofType: (type) => types.get(keyOf(type))?.values() ?? [],
    inGroup: (groupKey) => present(groups.get(groupKey) ?? []),
    all: () => entries.values(),
    // Sorted, so that a cloud that was saved and loaded answers as the one it was.
    users: (id) => present([...(usersOf.get(keyOf(id)) ?? [])].sort()),
    put,
    touched: link,
    remove,
    count: (name) => (counters[name] = (counters[name] ?? 0) + 1),
    save: () => ({
      schema: 1,
      now: now(),
      random: random.state(),
      counters: { ...counters },
      entries: clone([...entries.values()]),
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

function bucket(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = new Set<string>();
  map.set(key, made);
  return made;
}
