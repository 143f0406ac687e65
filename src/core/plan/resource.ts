/**
 * A resource of the plan: what to ask of Azure, as data. Ids are chosen by us and known before anything exists, so a body
 * refers to others by id and the plan needs no looked-up values.
 */
import type { Bodies, Kind } from "./bodies.ts";
import { KINDS } from "./kinds.ts";

export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  /** The full ARM id. ARM keeps its case, and ignores it: compare in lower case. */
  readonly id: string;
  /** What a person calls it: "machine mycluster-coreos-0". */
  readonly label: string;
  /** Ids that must be usable before this one is asked for; in the plan, or already in Azure. */
  readonly dependsOn: readonly string[];
  readonly body: Bodies[K];
  /** For kinds that belong to one node. */
  readonly node?: number;
  /** Of a security group the rules of which a flag of this run says who may come in: such a one is opened whatever others made of it. */
  readonly asked?: readonly string[];
}

/** A resource of one kind, seen as the union that the plan is an array of. */
export type AnyResource = { [K in Kind]: Resource<K> }[Kind];

/** Where ids start: `/subscriptions/S/resourceGroups/G`. */
export const groupId = (subscription: string, group: string): string => `/subscriptions/${subscription}/resourceGroups/${group}`;

/** The id of a resource below a group. A container is named `account/container`. */
export function resourceId(group: string, kind: Exclude<Kind, "resourceGroup">, name: string): string {
  if (kind === "blobContainer") {
    const [account, container] = name.split("/");
    return `${group}/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default/containers/${container}`;
  }
  return `${group}/providers/${KINDS[kind].type}/${name}`;
}

/** The last segment of an id. */
export const nameOf = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

/** The resource group's name inside an id; undefined for what is no ARM id. */
export const groupOf = (id: string): string | undefined => /\/resourceGroups\/([^/]+)/i.exec(id)?.[1];
