/**
 * A plan as it goes over the wire: what the SDK really sends for each resource, which is what an export wraps. User-data is taken out
 * of it, as it holds private keys: an export refers to it, and never holds it.
 */

/** JSON, as far as an export looks into it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface WireResource {
  /** ARM id. */
  readonly id: string;
  /** "Microsoft.Compute/virtualMachines" */
  readonly type: string;
  readonly apiVersion: string;
  /** The body of the PUT, without user-data. */
  readonly body: JsonObject;
  readonly dependsOn: readonly string[];
  /** Base64 as it was in the body; machines only. */
  readonly userData?: string;
}

/** What an export is: the text for everybody, and the secret values that go with it, by the machine's name. */
export interface Exported {
  readonly document: JsonObject;
  readonly values: JsonObject;
}

/** The property of a machine's body that is kept apart. */
export const USER_DATA = ["properties", "osProfile", "customData"] as const;

/** Type and names of an id below a group: `/subscriptions/S/resourceGroups/G/providers/NS/t1/n1/t2/n2`. Undefined for other texts. */
export function parseId(id: string): { group: string; type: string; names: readonly string[] } | undefined {
  const match = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/([^/]+)((?:\/[^/]+\/[^/]+)+)$/i.exec(id);
  if (match === null) return undefined;
  const [, group = "", namespace = "", rest = ""] = match;
  const parts = rest.slice(1).split("/");
  return {
    group,
    type: [namespace, ...parts.filter((_, i) => i % 2 === 0)].join("/"),
    names: parts.filter((_, i) => i % 2 === 1),
  };
}

/** The value with every text in it replaced, keys excepted. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}

/** A value inside an object of its own, at the path. */
export const nested = (path: readonly string[], value: Json): Json =>
  path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);

/** `patch` merged into `value`, object by object. */
export function mergeJson(value: Json, patch: Json): Json {
  if (!isObject(value) || !isObject(patch)) return patch;
  const merged: Record<string, Json> = { ...value };
  for (const [key, item] of Object.entries(patch)) merged[key] = key in value ? mergeJson(value[key] as Json, item) : item;
  return merged;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
