/**
 * Management locks that somebody has set on the group, above it, or on what is in it, held against what a command is about to do. Everything
 * in a locked scope is locked with it (https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources).
 */
import type { Lock } from "../../azure/scope.ts";
import { isAbsence } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { ask } from "../ask.ts";
import type { Run } from "../run.ts";

export interface Changes {
  /** Id of the group. */
  readonly scope: string;
  /** Ids of what is to be deleted. */
  readonly deletes: readonly string[];
  /** Ids of what is to be changed, or started or deallocated: only a read-only lock forbids that. */
  readonly writes?: readonly string[];
  /** The whole group goes, and everything in it. */
  readonly whole?: boolean;
}

/** An ARM that knows no locks, or no such group yet, has none. */
export async function locksOn(run: Pick<Run, "tools" | "lookups" | "ahead">, scope: string): Promise<readonly Lock[]> {
  try {
    return await ask(run, "locks", scope.toLowerCase());
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** @param nothing what has not been done so far, as a sentence @throws ClusterError ScopeLocked (exit 5) */
export function refuseLocks(locks: readonly Lock[], changes: Changes, nothing: string): void {
  const forbidding = locks.filter((lock) => forbids(lock, changes));
  if (forbidding.length === 0) return;
  const one = forbidding.length === 1;
  throw new ClusterError(
    "ScopeLocked",
    `${one ? "a lock forbids" : `${forbidding.length} locks forbid`} it: ${named(forbidding)}`,
    {
      source: "azure",
      exit: EXIT.preflight,
      advice: `${nothing} Remove the ${one ? "lock" : "locks"}, if it is yours to do so, and run the same command again: \`az lock delete --ids ${forbidding.map(({ id }) => shellWord(id)).join(" ")}\`.`,
      link: "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
    },
  );
}

/** It locks the whole group. */
export const isOnAll = (lock: Lock, scope: string): boolean => isWithin(scope.toLowerCase(), placeOf(lock));

export const named = (locks: readonly Lock[]): string =>
  locks.map(({ name, level, scope }) => `${name} (${level}) on ${scope}`).join(", ");

// --- internal ---

const placeOf = ({ scope }: Lock): string => scope.toLowerCase();

const isWithin = (id: string, scope: string): boolean => `${id}/`.startsWith(`${scope}/`);

function forbids(lock: Lock, { scope, deletes, writes = [], whole = false }: Changes): boolean {
  const at = placeOf(lock);
  const isReadOnly = lock.level.toLowerCase() === "readonly";
  const gone = deletes.map((id) => id.toLowerCase());
  if (isOnAll(lock, scope) && (isReadOnly || whole || gone.length > 0)) return true;
  if (whole && isWithin(at, scope.toLowerCase())) return true;
  if (gone.some((id) => isWithin(at, id) || isWithin(id, at))) return true;
  return isReadOnly && writes.some((id) => isWithin(id.toLowerCase(), at));
}
