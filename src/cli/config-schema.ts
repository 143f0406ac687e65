/**
 * The JSON Schema of the file of `--config`, from the flags table. It refuses nothing that create would take, but for values in another type
 * than the flag's own ("5" for 5): an editor may ask for the plain form. Made when the package is; no command needs it.
 */
import type { Flag } from "../core/spec/flag.ts";
import type { Accepts } from "../core/spec/parse.ts";
import { FLAGS_IN_FILE } from "./config-file.ts";

type Schema = Readonly<Record<string, unknown>>;

export const configSchema = (): Schema => ({
  description: "The file of `create --config`: flags by their names, a line each.",
  type: "object",
  properties: {
    $schema: { type: "string", description: "The address of this schema, for editors." },
    ...Object.fromEntries(FLAGS_IN_FILE.flatMap(named)),
  },
  additionalProperties: false,
  ...neverBoth(FLAGS_IN_FILE.filter(({ also = [] }) => also.length > 0)),
});

// --- internal ---

/** A flag by its name, and by its other spellings. */
function named(flag: Flag<unknown>): [string, Schema][] {
  const value = valueOf(flag);
  const others = (flag.also ?? []).map((name): [string, Schema] => [
    name,
    { description: `Another spelling of ${flag.name}.`, deprecated: true, ...value },
  ]);
  return [[flag.name, { description: flag.about, ...value, ...defaultOf(flag) }], ...others];
}

function valueOf(flag: Flag<unknown>): Schema {
  const one: Accepts = flag.parse.accepts ?? { type: "string", pattern: "\\S" };
  const list = { type: "array", items: one };
  if (flag.pairs === true) return { anyOf: [PAIRS, list, one] };
  if (flag.many === true) return { anyOf: [one, list] };
  return flag.ordered === true ? { anyOf: [one, { ...list, minItems: 1 }] } : { ...one };
}

/** KEY: VALUE; a key without a value is taken away. */
const PAIRS: Schema = { type: "object", additionalProperties: { type: ["string", "number", "boolean", "null"] } };

/** As it is written in the file; times are kept in milliseconds. */
function defaultOf({ default: value, value: kind }: Flag<unknown>): Schema {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return {};
  return { default: kind === "TIME" ? `${Number(value) / 60_000}m` : value };
}

/** One of a flag's spellings, not two. */
function neverBoth(flags: readonly Flag<unknown>[]): Schema {
  const pairs = flags.flatMap(({ name, also = [] }) =>
    [name, ...also].flatMap((one, at, all) => all.slice(at + 1).map((other) => [one, other])),
  );
  return pairs.length === 0 ? {} : { allOf: pairs.map((required) => ({ not: { required } })) };
}
