/**
 * The JSON Schema of the file of `--config`, from the flags table. It refuses nothing that create would take, but for values in another type
 * than the flag's own ("5" for 5) and words of a closed list in another case: an editor may ask for the plain form. It looks at one value at
 * a time, by a pattern: what takes more (whether flags go together, how long a time is) the command says. Made when the package is; no command needs it.
 *
 * Beside draft-07's own words it has those that VS Code's JSON, yaml-language-server and Monaco read, and validators pass over:
 * markdownDescription for the hover, patternErrorMessage in place of a pattern, errorMessage, defaultSnippets, doNotSuggest.
 */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import type { Flag, Kept } from "../core/spec/flag.ts";
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

/** A flag by its name, and by its other spellings, which are taken and not offered. */
function named(flag: Flag<unknown>): [string, Schema][] {
  const others = (flag.also ?? []).map((name): [string, Schema] => [
    name,
    { ...wordsOf(flag, `another spelling of ${flag.name}: `), doNotSuggest: true, ...valueOf(flag) },
  ]);
  const preset = presetOf(flag);
  return [[flag.name, { ...wordsOf(flag), ...valueOf(flag), ...defined({ default: preset }) }], ...others];
}

/** What a key says where the pointer rests on it: as the help says it, and what is to be known beside that. */
function wordsOf(flag: Flag<unknown>, before = ""): Schema {
  const preset = presetOf(flag);
  const told = preset === undefined || flag.about.endsWith("]");
  const { minimum, maximum } = flag.parse.accepts ?? { type: "string" };
  const facts = [
    `\`--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}\``,
    ...(told ? [] : [`default \`${preset}\``]),
    ...(minimum === undefined || maximum === undefined ? [] : [`${minimum} to ${maximum}`]),
    ...(isList(flag) ? ["one value, or a list"] : []),
    ...(flag.env === undefined ? [] : [`environment: \`${flag.env}\``]),
    ...(flag.kept === undefined ? [] : [OF_KEPT[flag.kept]]),
  ];
  return {
    description: `${before}${flag.about}${told ? "" : ` [${preset}]`}`,
    markdownDescription: `${before}${flag.about}\n\n${facts.join("; ")}`,
  };
}

const OF_KEPT: Readonly<Record<Kept, string>> = {
  fixed: "fixed once the cluster is made",
  "new machines": "at a cluster that exists it counts for new machines",
  everything: "a cluster that exists is changed to it",
};

const isList = ({ many, ordered }: Flag<unknown>): boolean => many === true || ordered === true;

/** No anyOf for a list beside a single value: an editor would show each branch's text, and say of neither what is wrong. */
function valueOf(flag: Flag<unknown>): Schema {
  const one: Accepts = flag.parse.accepts ?? { type: "string", pattern: "\\S" };
  const value = { ...one, ...refusalOf(flag, one), ...offeredOf(flag) };
  if (!isList(flag)) return value;
  return {
    ...value,
    // an editor that completes takes the first type
    type: [...[one.type].flat(), "array", ...(flag.pairs === true ? ["object"] : [])],
    items: { description: flag.about, ...value },
    ...(flag.none === true || flag.pairs === true ? {} : { minItems: 1 }),
    ...(flag.pairs === true ? PAIRS : {}),
  };
}

/** KEY: VALUE; a key without a value is taken away. */
const PAIRS: Schema = {
  additionalProperties: { type: ["string", "number", "boolean", "null"] },
  defaultSnippets: [{ label: "KEY: VALUE", body: { "${1:KEY}": "${2:VALUE}" } }],
};

/** What the command itself says of a text that the pattern refuses. */
function refusalOf({ parse }: Flag<unknown>, { pattern }: Accepts): Schema {
  if (pattern === undefined) return {};
  const wrong = ["!", ""].find((text) => !new RegExp(pattern, "u").test(text)) ?? "";
  try {
    parse(wrong);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const said = error.message.replace(`"${wrong}"`, "this");
    return { patternErrorMessage: [said.replace(/^./, (first) => first.toUpperCase()), error.advice].filter(Boolean).join(". ") };
  }
  throw new Error(`"${wrong}" is taken, against its own pattern ${pattern}`);
}

/** Usual values, which an editor offers; as `examples` they would fill the hover. */
function offeredOf({ offers }: Flag<unknown>): Schema {
  return offers === undefined || offers.usual.length === 0
    ? {}
    : { defaultSnippets: offers.usual.map((body) => ({ label: body, body })) };
}

/** The default as it is written in the file; times are kept in milliseconds. None of a switch: whoever writes its name wants it on. */
function presetOf({ default: value, value: kind }: Flag<unknown>): string | number | undefined {
  if (kind === "TIME" && value !== undefined) return `${Number(value) / 60_000}m`;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(",");
  return value === false ? undefined : (value as string | number | undefined);
}

/** One of a flag's spellings, not two. Said of the key, and not with `not`, of which editors say nothing but that it is so. */
function neverBoth(flags: readonly Flag<unknown>[]): Schema {
  const others = flags.flatMap(({ name, also = [] }) => also.map((other) => [other, name] as const));
  return {
    dependencies: Object.fromEntries(
      others.map(([other, name]) => [
        other,
        {
          properties: { [name]: false },
          additionalProperties: true,
          errorMessage: `${name} and ${other} are the same flag: leave one out`,
        },
      ]),
    ),
  };
}
