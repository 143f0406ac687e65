/**
 * What hangs on a scope rather than in it: management locks, and what this sign-in may do there. The typed clients that the
 * tool installs have no such operations, so these addresses are read as they are, and the answers are taken as they came.
 */
import { isLoopback } from "../core/loopback.ts";
import type { Permission } from "../core/permissions.ts";
import type { Clients } from "./clients.ts";
import { all } from "./reading.ts";

export interface Lock {
  readonly id: string;
  readonly name: string;
  /** "CanNotDelete" or "ReadOnly": either forbids to delete. */
  readonly level: string;
  /** What it locks: the part of its id before the provider. */
  readonly scope: string;
}

/** As it came: what is absent may also be null. */
type Nullable<T> = { readonly [K in keyof T]?: T[K] | null };

const LOCKS_VERSION = "2016-09-01";
const SUBSCRIPTIONS_VERSION = "2022-12-01";
const PERMISSIONS_VERSION = "2022-04-01";

export function scopeReads(clients: Clients) {
  return {
    /** Locks on a scope, below it, and (from memory, not from a recording) those inherited from above. `scope` is an id. */
    async locks(scope: string, abortSignal: AbortSignal): Promise<Lock[]> {
      const found = await valuesAt(clients, `${scope}/providers/Microsoft.Authorization/locks`, LOCKS_VERSION, abortSignal);
      return found.map((one) => {
        const { id, name, properties } = one as Nullable<{ id: string; name: string; properties: { level?: string | null } }>;
        return {
          id: id ?? "",
          name: name ?? "",
          level: properties?.level ?? "",
          scope: (id ?? "").replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i, ""),
        };
      });
    },

    /** What people call the subscription. */
    async subscriptionName(subscription: string, abortSignal: AbortSignal): Promise<string | undefined> {
      const { displayName } = await clients.read(
        addressOf(clients, `/subscriptions/${subscription}`, SUBSCRIPTIONS_VERSION),
        abortSignal,
      );
      return typeof displayName === "string" && displayName !== "" ? displayName : undefined;
    },

    /** What the caller may do at a scope. Who may ask Azure has some right; an emulator on this machine that tells of none knows no rights. */
    async permissions(scope: string, abortSignal: AbortSignal): Promise<Permission[]> {
      const found = await valuesAt(
        clients,
        `${scope}/providers/Microsoft.Authorization/permissions`,
        PERMISSIONS_VERSION,
        abortSignal,
      );
      if (found.length === 0 && isLoopback(clients.endpoint)) return [{ actions: ["*"], notActions: [] }];
      return found.map((one) => {
        const { actions, notActions } = one as Nullable<{ actions: string[]; notActions: string[] }>;
        return { actions: actions ?? [], notActions: notActions ?? [] };
      });
    },
  };
}

// --- internal ---

/** To the last page: a lock, or a right, that stands on the second is one, too. */
const valuesAt = (clients: Clients, path: string, apiVersion: string, abortSignal: AbortSignal): Promise<unknown[]> =>
  all({ byPage: () => pagesFrom(clients, addressOf(clients, path, apiVersion), abortSignal) }, abortSignal);

async function* pagesFrom({ read }: Clients, first: string, abortSignal: AbortSignal) {
  for (let next = first; next !== "";) {
    const { value, nextLink } = await read(next, abortSignal);
    next = typeof nextLink === "string" ? nextLink : "";
    yield Object.assign(Array.isArray(value) ? ([...value] as unknown[]) : [], { continuationToken: next });
  }
}

const addressOf = ({ endpoint }: Clients, path: string, apiVersion: string): string =>
  new URL(`${endpoint.replace(/\/+$/, "")}${path}?api-version=${apiVersion}`).href;
