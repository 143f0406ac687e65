/**
 * What hangs on a scope rather than in it: management locks, and what this sign-in may do there. The typed clients that the
 * tool installs have no such operations, so the generic read by id asks, and the answer is taken as it came.
 */
import type { Permission } from "../core/permissions.ts";
import type { Clients } from "./clients.ts";

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
      const { displayName } = await bodyAt(clients, `/subscriptions/${subscription}`, SUBSCRIPTIONS_VERSION, abortSignal);
      return typeof displayName === "string" && displayName !== "" ? displayName : undefined;
    },

    /** What the caller may do at a scope. */
    async permissions(scope: string, abortSignal: AbortSignal): Promise<Permission[]> {
      const found = await valuesAt(
        clients,
        `${scope}/providers/Microsoft.Authorization/permissions`,
        PERMISSIONS_VERSION,
        abortSignal,
      );
      return found.map((one) => {
        const { actions, notActions } = one as Nullable<{ actions: string[]; notActions: string[] }>;
        return { actions: actions ?? [], notActions: notActions ?? [] };
      });
    },
  };
}

// --- internal ---

/** The SDK's model of a resource drops what is none of one, so the body itself is read. */
async function valuesAt(clients: Clients, path: string, apiVersion: string, abortSignal: AbortSignal): Promise<unknown[]> {
  const { value } = await bodyAt(clients, path, apiVersion, abortSignal);
  return Array.isArray(value) ? value : [];
}

async function bodyAt(
  { resources }: Clients,
  path: string,
  apiVersion: string,
  abortSignal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  await resources.resources.getById(path.replace(/^\//, ""), apiVersion, {
    abortSignal,
    onResponse: (answer) => (text = answer.bodyAsText ?? ""),
  });
  return JSON.parse(text === "" ? "{}" : text) as Readonly<Record<string, unknown>>;
}
