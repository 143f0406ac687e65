/**
 * A tree of YAML held against a JSON schema, with lines and sentences: cloud-init's own schema of its cloud-config. A validator of values
 * would know neither lines nor what was quoted, and names every branch of an alternative; this one knows the keywords that the schema has,
 * and YAML 1.1, which cloud-init reads.
 */
import { error, warning, type Finding } from "../check/finding.ts";
import { isNear } from "../check/structure.ts";
import { holdsAliased, type Mapping, type Scalar, type Tree, type YamlEntry } from "../check/tree.ts";
import { isAlwaysTrue, isTaken, takenAs } from "./taken.ts";
import { yamlTypeOf } from "./yaml-type.ts";
import document from "./schema-cloud-config-v1.json" with { type: "json" };

/** A cloud-config as a whole. */
export const checkAgainstSchema = (root: Tree): readonly Finding[] => once(check(root, ROOT, ""));

/** The keywords of a schema that count here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema | readonly Schema[];
  readonly additionalItems?: Schema | boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly deprecated?: boolean;
  readonly deprecated_description?: string;
}

// --- internal ---

const ROOT = document as unknown as Schema & { readonly $defs: Readonly<Record<string, Schema>> };

function check(tree: Tree, schema: Schema, path: string): Finding[] {
  if (isTaken(tree, path)) return [];
  const wrong = wrongType(tree, schema, path);
  if (wrong !== undefined) return [wrong];
  const named = schema.$ref === undefined ? undefined : ROOT.$defs[schema.$ref.replace("#/$defs/", "")];
  return [
    ...outdated(tree, schema, path),
    ...(named === undefined ? [] : check(tree, named, path)),
    ...(schema.allOf ?? []).flatMap((part) => check(tree, part, path)),
    ...alternatives(tree, schema.anyOf ?? schema.oneOf ?? [], path),
    ...(tree.kind === "map" ? checkMap(tree, schema, path) : []),
    ...(tree.kind === "list" ? checkList(tree, schema, path) : []),
    ...(tree.kind === "scalar" ? checkScalar(tree, schema, path) : []),
  ];
}

const outdated = (tree: Tree, { deprecated, deprecated_description: instead = "" }: Schema, path: string): Finding[] =>
  deprecated === true
    ? [warning(tree.line, path, `${called(path)} is on its way out of cloud-init`, instead.replaceAll("**", "") || undefined)]
    : [];

/** The branch that fits, or what is wrong with the one that comes nearest. */
function alternatives(tree: Tree, branches: readonly Schema[], path: string): Finding[] {
  if (branches.length === 0) return [];
  const all = branches.map((branch) => check(tree, branch, path));
  const errors = (found: readonly Finding[]): number => found.filter(({ level }) => level === "error").length;
  const fitting = all.filter((found) => errors(found) === 0).toSorted((a, b) => a.length - b.length)[0];
  if (fitting !== undefined) return fitting;
  // a branch that is of another type says nothing about what is in this one
  const close = all.filter((found) => !found.some((one) => one.path === path && one.message.includes(MUST)));
  if (close.length > 0) return close.toSorted((a, b) => errors(a) - errors(b))[0] ?? [];
  const types = branches.flatMap((branch) => typesOf(branch));
  return [mustBe(tree, path, types.length === 0 ? ["something else"] : types)];
}

function typesOf({ type, $ref, anyOf, oneOf }: Schema): string[] {
  const named = $ref === undefined ? undefined : ROOT.$defs[$ref.replace("#/$defs/", "")];
  const own = type === undefined ? [] : [type].flat();
  return [...own, ...(named === undefined ? [] : typesOf(named)), ...(anyOf ?? oneOf ?? []).flatMap(typesOf)];
}

function checkMap(map: Mapping, schema: Schema, path: string): Finding[] {
  const missing = (schema.required ?? []).filter((key) => !map.entries.some((entry) => entry.key === key));
  const few = (schema.minProperties ?? 0) > map.entries.length;
  return [
    ...missing.map((key) => error(map.line, path, `${called(path)} has no ${key}`)),
    ...(few ? [error(map.line, path, `${called(path)} holds nothing`)] : []),
    ...map.entries.flatMap((entry) => checkEntry(entry, schema, path === "" ? entry.key : `${path}.${entry.key}`)),
  ];
}

function checkEntry({ key, line, value }: YamlEntry, schema: Schema, path: string): Finding[] {
  const { properties = {}, patternProperties = {}, additionalProperties: rest } = schema;
  const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
  const matching = Object.entries(patternProperties).filter(([pattern]) => new RegExp(pattern).test(key));
  if (own !== undefined || matching.length > 0)
    return [...(own === undefined ? [] : check(value, own, path)), ...matching.flatMap(([, part]) => check(value, part, path))];
  if (rest === undefined || rest === true) return [];
  return rest === false ? [unknownKey({ key, line, value }, path, Object.keys(properties))] : check(value, rest, path);
}

const FOREIGN: Readonly<Record<string, string>> = {
  coreos:
    "That is coreos-cloudinit's, of Flatcar and CoreOS: write units as write_files in /etc/systemd/system, and start them with runcmd: [systemctl, enable, --now, UNIT].",
  variant: "That is Butane's, which cloud-init does not know.",
  ignition: "That is Ignition's, which cloud-init does not know.",
};

function unknownKey({ key, line, value }: YamlEntry, path: string, known: readonly string[]): Finding {
  if (holdsAliased(value)) return warning(line, path, `unknown key "${key}": cloud-init ignores it, and uses the anchors in it`);
  const near = known.find((one) => isNear(one, key)) ?? known.find((one) => one === key.replaceAll("-", "_"));
  const list = known.length > 0 && known.length <= 20 ? `Known here: ${known.join(", ")}.` : undefined;
  return error(
    line,
    path,
    `unknown key "${key}": cloud-init ignores it`,
    (Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : undefined) ?? (near === undefined ? list : `Did you mean ${near}?`),
  );
}

function checkList(list: Extract<Tree, { kind: "list" }>, schema: Schema, path: string): Finding[] {
  const { items, additionalItems, minItems = 0, maxItems = Infinity } = schema;
  const count =
    list.items.length < minItems
      ? [
          error(
            list.line,
            path,
            `${called(path)} must have at least ${minItems}, and has ${list.items.length === 0 ? "none" : list.items.length}`,
          ),
        ]
      : list.items.length > maxItems
        ? [error(list.line, path, `${called(path)} must have at most ${maxItems}, and has ${list.items.length}`)]
        : [];
  const of = (index: number): Schema | undefined => {
    if (!Array.isArray(items)) return items as Schema | undefined;
    return (items as readonly Schema[])[index] ?? (typeof additionalItems === "object" ? additionalItems : undefined);
  };
  return [...count, ...list.items.flatMap((item, index) => checkItem(item, of(index), `${path}[${index}]`))];
}

const checkItem = (item: Tree, schema: Schema | undefined, path: string): Finding[] =>
  schema === undefined ? [] : check(item, schema, path);

function checkScalar(scalar: Scalar, { enum: words, pattern }: Schema, path: string): Finding[] {
  const { line } = scalar;
  const text = typeOf(scalar) === "boolean" ? String(/^(y|t|on)/i.test(scalar.text)) : scalar.text;
  if (words !== undefined && !words.some((word) => String(word) === text))
    return [error(line, path, `${called(path)} cannot be "${text.slice(0, 40)}"`, `Valid: ${words.join(", ")}.`)];
  if (pattern !== undefined && typeOf(scalar) === "string" && !new RegExp(pattern).test(text))
    return [error(line, path, `${called(path)} cannot be "${text.slice(0, 40)}"`, `It must match ${pattern}`)];
  return [];
}

const MUST = " must be ";
const WORDS: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "left empty",
};

function wrongType(tree: Tree, { type }: Schema, path: string): Finding | undefined {
  if (type === undefined) return undefined;
  const wanted = [type].flat();
  const found = typeOf(tree);
  if (wanted.includes(found) || (found === "integer" && wanted.includes("number"))) return undefined;
  return takenAs(tree, wanted, path) ?? mustBe(tree, path, wanted);
}

function mustBe(tree: Tree, path: string, types: readonly string[]): Finding {
  const words = [...new Set(types)].map((type) => WORDS[type] ?? type);
  const said =
    tree.kind === "scalar" && types.includes("string") && tree.text !== ""
      ? `Write it in quotes: "${tree.text.slice(0, 40)}".`
      : tree.kind === "scalar" && isAlwaysTrue(tree, types)
        ? "Write it without quotes: false. In quotes it is text, and any text is true to cloud-init here."
        : tree.kind === "map" && types.includes("string") && tree.entries.length === 1
          ? "A colon with a blank after it makes a key and a value of a line: put the whole line in quotes."
          : undefined;
  return error(tree.line, path, `${called(path)}${MUST}${words.join(" or ")}`, said);
}

const called = (path: string): string => (path === "" ? "the file" : path);

const typeOf = (tree: Tree): string => (tree.kind === "scalar" ? yamlTypeOf(tree) : tree.kind === "map" ? "object" : "array");

/** Branches that share a part find its faults each. */
function once(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((one) => [`${one.line} ${one.path} ${one.message}`, one]));
  return [...seen.values()];
}
