/**
 * ARM paths as data. Names and types are compared without regard to case and shown as they were first given; the fixed
 * words (`resourceGroups`, `providers`) are shown in ARM's own case, whatever the client wrote.
 */
import { defined } from "../core/defined.ts";

export interface Address {
  readonly subscription: string;
  /** Absent for paths at the subscription's level. */
  readonly group?: string;
  /** "Microsoft.Network"; absent for a group or a subscription itself. */
  readonly namespace?: string;
  /** What follows the namespace: type, name, type, name... An odd count is a collection. */
  readonly rest: readonly string[];
  /** What follows a subscription or group without `providers`: "resources", "locations". */
  readonly tail: readonly string[];
}

/** Undefined for what does not start with `/subscriptions/`. */
export function parseAddress(path: string): Address | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const is = (at: number, word: string): boolean => parts[at]?.toLowerCase() === word;
  if (!is(0, "subscriptions") || parts[1] === undefined) return undefined;
  const subscription = parts[1];
  let at = 2;
  let group: string | undefined;
  if (is(at, "resourcegroups") && parts[at + 1] !== undefined) {
    group = parts[at + 1];
    at += 2;
  }
  const base = { subscription, ...defined({ group }) };
  const namespace = parts[at + 1];
  if (is(at, "providers") && namespace !== undefined) return { ...base, namespace, rest: parts.slice(at + 2), tail: [] };
  return { ...base, rest: [], tail: parts.slice(at) };
}

/** What ids are compared and stored by. */
export const keyOf = (id: string): string => id.toLowerCase();

export const groupIdOf = (subscription: string, group: string): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}`;

/** The id two segments up: of a subnet its network. */
export const parentOf = (id: string): string => id.split("/").slice(0, -2).join("/");

/** "West US" and "westus" are one place. */
export const armPlaceOf = (location: string): string => location.toLowerCase().replaceAll(" ", "");
