/**
 * The resources of a cloud by id, by type, by group, and by whom they refer to, so that 1000 nodes stay cheap. Who changes an entry in
 * place says so (`touched`), or its references are found no more.
 */
import { keyOf } from "./arm-id.ts";
import { type JsonValue, references } from "./json.ts";

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

export interface CloudIndex {
  get(id: string): StoredResource | undefined;
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
}

export function createIndex(): CloudIndex {
  const entries = new Map<string, StoredResource>();
  const types = new Map<string, Map<string, StoredResource>>();
  const groups = new Map<string, Set<string>>();
  const usersOf = new Map<string, Set<string>>();
  const refersTo = new Map<string, Set<string>>();

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
  const present = (keys: Iterable<string>): StoredResource[] =>
    [...keys].map((key) => entries.get(key)).filter((entry) => entry !== undefined);

  return {
    get: (id) => entries.get(keyOf(id)),
    ofType: (type) => types.get(keyOf(type))?.values() ?? [],
    inGroup: (groupKey) => present(groups.get(groupKey) ?? []),
    all: () => entries.values(),
    // Sorted, so that a cloud that was saved and loaded answers as the one it was.
    users: (id) => present([...(usersOf.get(keyOf(id)) ?? [])].sort()),
    put(entry) {
      entries.set(entry.key, entry);
      const type = keyOf(entry.type);
      const same = types.get(type) ?? new Map<string, StoredResource>();
      types.set(type, same.set(entry.key, entry));
      if (entry.group !== undefined) bucket(groups, entry.group).add(entry.key);
      link(entry);
    },
    touched: link,
    remove(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.delete(key);
      types.get(keyOf(entry.type))?.delete(key);
      if (entry.group !== undefined) groups.get(entry.group)?.delete(key);
      unlink(key);
    },
  };
}

function bucket(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = new Set<string>();
  map.set(key, made);
  return made;
}
