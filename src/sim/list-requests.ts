/** Lists: of one type in a group or subscription, and of everything, a page at a time with `nextLink`. */
import { allows } from "../core/permissions.ts";
import type { SimCloud } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import { keyOf } from "./arm-id.ts";
import type { KindRules } from "./kind.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import { groupEntry } from "./request-checks.ts";
import { type Desk, shownResource } from "./resource-requests.ts";
import { taggedAs } from "./tag-filter.ts";

/** One page; `$skiptoken` is where it starts. */
export function paged(cloud: SimCloud, call: Call, all: readonly unknown[]): SimAnswer {
  const size = Math.min(Number(call.query.get("$top") ?? cloud.limits.pageSize), cloud.limits.pageSize);
  const from = Number(call.query.get("$skiptoken") ?? 0);
  const more = from + size < all.length;
  const query = new URLSearchParams([...call.query].filter(([name]) => name !== "$skiptoken"));
  query.set("$skiptoken", String(from + size));
  return answer(200, {
    value: all.slice(from, from + size),
    ...(more ? { nextLink: `${call.origin}${encodeURI(call.path)}?${query.toString()}` } : {}),
  });
}

export interface Scope {
  readonly subscription: string;
  readonly group: string | undefined;
}

/** Entries in a scope. @throws ArmError 404 ResourceGroupNotFound */
function entriesIn({ cloud, lagMs }: Desk, { subscription, group }: Scope): StoredResource[] {
  const entries =
    group === undefined
      ? [...cloud.all()].filter((entry) => entry.group !== undefined && keyOf(entry.subscription) === keyOf(subscription))
      : cloud.inGroup(groupEntry(cloud, subscription, group).key);
  return lagMs === 0 ? entries : entries.filter((entry) => isListed(cloud, entry, lagMs));
}

/** A list that is behind does not have what is younger. */
export const isListed = (cloud: SimCloud, entry: StoredResource, lagMs: number): boolean => cloud.now() - entry.created >= lagMs;

export function listKind(desk: Desk, kind: KindRules, scope: Scope, below?: string): SimAnswer {
  const { cloud, call } = desk;
  const entries = entriesIn(desk, scope).filter(
    (entry) => entry.type === kind.type && (below === undefined || entry.key.startsWith(below)),
  );
  return paged(
    cloud,
    call,
    entries.map((entry) => shownResource(kind, cloud, entry)),
  );
}

/** `/resources` of a group or a subscription: the short form of everything at top level that the caller may read; nothing says that there is more. */
export function listResources(desk: Desk, scope: Scope): SimAnswer {
  const { cloud, call } = desk;
  const wanted = taggedAs(call.query.get("$filter"));
  const expand = call.query.get("$expand") ?? "";
  const entries = entriesIn(desk, scope).filter(
    (entry) => entry.type.split("/").length === 2 && wanted(entry) && allows([cloud.limits], `${entry.type}/read`),
  );
  return paged(
    cloud,
    call,
    entries.map(({ resource, created, changed, id, name, type, location }) => ({
      id,
      name,
      type,
      location,
      ...Object.fromEntries(
        ["tags", "sku", "kind", "zones", "plan", "managedBy"]
          .filter((key) => resource[key] !== undefined)
          .map((key) => [key, resource[key]]),
      ),
      ...(expand.includes("createdTime") ? { createdTime: new Date(created).toISOString() } : {}),
      ...(expand.includes("changedTime") ? { changedTime: new Date(changed).toISOString() } : {}),
      ...(expand.includes("provisioningState")
        ? {
            provisioningState:
              (resource["properties"] as Record<string, unknown> | undefined)?.["provisioningState"] ?? "Succeeded",
          }
        : {}),
    })),
  );
}
