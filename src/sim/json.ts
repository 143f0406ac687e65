/**
 * JSON of unknown shape, read without trust: a request's body is whatever the client sent, so everything here answers
 * with something usable and never throws. Objects are handed out by reference, for the rules fill in what ARM fills in.
 */
export type JsonValue = Record<string, unknown>;

/** The value when it is an object, else a fresh empty one. */
export const object = (value: unknown): JsonValue =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonValue) : {};

/** The value's objects when it is an array, else none. */
export const listIn = (value: unknown): JsonValue[] => (Array.isArray(value) ? value.map(object) : []);

export const textIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** What lies at a path of names, or undefined. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = object(at)[name];
  return at;
}

/** The `properties` of a resource or of an element of one. */
export const propertiesOf = (value: unknown): JsonValue => object(object(value)["properties"]);

/** A copy of what it has of these. */
export function pick(body: JsonValue, names: readonly string[]): JsonValue {
  const out: JsonValue = {};
  for (const name of names) if (body[name] !== undefined) out[name] = clone(body[name]);
  return out;
}

/** The id inside a reference `{ id }`. */
export const idOf = (value: unknown): string | undefined => textIn(object(value)["id"]);

/** Every `id` string at any depth: what a body refers to. */
export function* references(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === "id" && typeof inner === "string") yield inner;
    else if (typeof inner === "object") yield* references(inner);
  }
}

/** A copy of what came as JSON, seven times as fast as structuredClone, which is for more. */
export const clone = <T>(value: T): T => copied(value) as T;

function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  const copy: JsonValue = {};
  // a name that would set the prototype says nothing to any rule
  for (const name in value) if (name !== "__proto__") copy[name] = copied((value as JsonValue)[name]);
  return copy;
}
