/**
 * A body of ours put over what is there, member by member: what the plan says counts, and what it says nothing of stays. Members that only
 * Azure writes stay in it, too: the SDK sends none of them. Pure.
 */
import { canonical } from "../fingerprint.ts";

export type Body = Readonly<Record<string, unknown>>;

export interface NamedPart {
  readonly name?: string;
}

/** @param alone members that are the plan's where it leaves them out, too: they would contradict what it says instead */
export function over<T extends object>(live: T | undefined, ours: T, alone: readonly string[] = []): T {
  const there = Object.entries(live ?? {}).filter(([name]) => !alone.includes(name));
  const wanted = Object.entries(ours).filter(([, value]) => value !== undefined);
  const merged = wanted.map(([name, value]) => [name, both((live as Body | undefined)?.[name], value)] as const);
  return { ...Object.fromEntries(there), ...Object.fromEntries(merged) } as T;
}

/** The plan's parts over those of their names, and the live ones that have another name and are not the tool's. */
export function joinedParts<T extends NamedPart>(
  wanted: readonly T[] = [],
  live: readonly T[] = [],
  { made = () => false, alone = [] }: { readonly made?: (part: T) => boolean; readonly alone?: readonly string[] } = {},
): T[] {
  const there = new Map(live.map((part) => [part.name?.toLowerCase(), part]));
  const names = new Set(wanted.map(({ name }) => name?.toLowerCase()));
  return [
    ...wanted.map((part) => over(there.get(part.name?.toLowerCase()), part, alone)),
    ...live.filter((part) => !names.has(part.name?.toLowerCase()) && !made(part)),
  ];
}

/** Whether all that is to be sent is there already. Azure spells names and words as it likes, and orders lists of its own. */
export function isContained(sent: unknown, live: unknown): boolean {
  if (sent === undefined) return true;
  if (Array.isArray(sent)) {
    const there: readonly unknown[] = Array.isArray(live) ? live : [];
    const named = new Map(there.map((one) => [nameIn(one), one]));
    return (
      sent.length === there.length &&
      sent.every((one) =>
        nameIn(one) === undefined ? there.some((other) => isContained(one, other)) : isContained(one, named.get(nameIn(one))),
      )
    );
  }
  if (!isObject(sent)) return said(sent) === said(live);
  if (!isObject(live)) return false;
  // what a reference leads to is not looked into: Azure shows more of it, or less
  if (isReference(sent) && isReference(live)) return said(sent["id"]) === said(live["id"]);
  return Object.entries(sent).every(([name, value]) => isContained(value, live[name]));
}

// --- internal ---

function both(live: unknown, ours: unknown): unknown {
  if (Array.isArray(ours) && Array.isArray(live) && ours.length > 0 && [...ours, ...live].every(isReference)) {
    const ids = new Set(ours.map(({ id }: Body) => said(id)));
    return [...ours, ...live.filter(({ id }: Body) => !ids.has(said(id)))];
  }
  return isObject(ours) && isObject(live) && !isReference(ours) ? over(live, ours) : ours;
}

const isObject = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);

const isReference = (value: unknown): value is Body =>
  isObject(value) && typeof value["id"] === "string" && value["name"] === undefined;

const nameIn = (value: unknown): string | undefined =>
  isObject(value) && typeof value["name"] === "string" ? value["name"].toLowerCase() : undefined;

const said = (value: unknown): string => canonical(value).toLowerCase();
