/**
 * Compares a parsed file with the table of known keys: unknown and dashed keys, values of the wrong type, values that are
 * not among the valid ones. What values mean together is for the other checks.
 */
import { error, unfilled, warning, type CheckOptions, type Finding } from "./finding.ts";
import type { KeyShape } from "./schema.ts";
import { holdsAliased, type YamlEntry, type Mapping, type Scalar, type Tree } from "./tree.ts";

export function checkStructure(tree: Tree, shape: KeyShape, path: string, options: CheckOptions): readonly Finding[] {
  if (shape.type === "map")
    return tree.kind === "map" ? checkMap(tree, shape.keys, path, options) : [wrongType(tree, path, "a map")];
  if (shape.type === "list") {
    if (tree.kind !== "list") return [wrongType(tree, path, "a list")];
    return tree.items.flatMap((item, index) => checkStructure(item, shape.of, `${path}[${index}]`, options));
  }
  if (isField(tree)) return [unfilled(tree.line, path, options)];
  if (tree.kind !== "scalar") return [wrongType(tree, path, WANTED[shape.type])];
  return checkScalar(tree, shape, path);
}

/** A bare `{0}` or `{1}` of an old file: a map with that key to YAML. */
function isField(tree: Tree): boolean {
  const [first, second] = tree.kind === "map" ? tree.entries : [];
  return (
    first !== undefined &&
    second === undefined &&
    /^[01]$/.test(first.key) &&
    first.value.kind === "scalar" &&
    first.value.text === ""
  );
}

const WANTED = { text: "text", int: "a whole number", number: "a number", bool: "true or false" } as const;

function checkMap(
  map: Mapping,
  keys: Readonly<Record<string, KeyShape>>,
  path: string,
  options: CheckOptions,
): readonly Finding[] {
  return map.entries.flatMap((entry): readonly Finding[] => {
    const at = path === "" ? entry.key : `${path}.${entry.key}`;
    const shape = Object.hasOwn(keys, entry.key) ? keys[entry.key] : undefined;
    if (shape !== undefined)
      return isNothing(entry, shape) ? [nothing(entry, at)] : checkStructure(entry.value, shape, at, options);
    const underscored = entry.key.replaceAll("-", "_");
    const dashed = Object.hasOwn(keys, underscored) ? keys[underscored] : undefined;
    if (dashed === undefined) return [unknown(entry, Object.keys(keys), at)];
    return [dashedKey(entry, underscored, at, options), ...checkStructure(entry.value, dashed, at, options)];
  });
}

/** A list or map of which nothing is left, such as one whose lines are all comments. */
const isNothing = ({ value }: YamlEntry, { type }: KeyShape): boolean =>
  (type === "list" || type === "map") && value.kind === "scalar" && value.plain && NULL.test(value.text);

const nothing = ({ key, line }: YamlEntry, path: string): Finding =>
  warning(line, path, `nothing stands under ${key}, and a node goes on without it`, "Leave the key out.");

/** YAML's words for no value. */
const NULL = /^(~|null|Null|NULL|)$/;

/** Flatcar since 3975.2.0 ignores dashed keys (flatcar/scripts#1687) while its -validate still accepts them; CoreOS took both. */
function dashedKey(entry: YamlEntry, underscored: string, path: string, { platform }: CheckOptions): Finding {
  const advice = `Write ${underscored}.`;
  if (platform === "coreos")
    return warning(entry.line, path, `${entry.key} has a dash: CoreOS takes it, Flatcar would ignore it`, advice);
  return error(entry.line, path, `${entry.key} is ignored by Flatcar: its keys have underscores`, advice);
}

/** Keys that other cloud-inits have, or that belong elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  runcmd: "Write a oneshot unit under coreos.units with command: start.",
  bootcmd: "Write a oneshot unit under coreos.units with command: start.",
  packages: "The system has no package manager: run a container.",
  write_files: "write_files belongs at the top level.",
  ssh_authorized_keys: "ssh_authorized_keys belongs at the top level.",
  units: "units belongs under coreos.",
  variant: "That is Butane's: leave #cloud-config out, and make Ignition of it with butane --strict.",
  systemd: "That is Butane's: leave #cloud-config out, and make Ignition of it with butane --strict.",
  storage: "That is Butane's: leave #cloud-config out, and make Ignition of it with butane --strict.",
  passwd: "That is Butane's: leave #cloud-config out, and make Ignition of it with butane --strict.",
};

function unknown(entry: YamlEntry, known: readonly string[], path: string): Finding {
  const near = known.find((key) => isNear(key, entry.key));
  const elsewhere = Object.hasOwn(ELSEWHERE, entry.key) ? ELSEWHERE[entry.key] : undefined;
  const foreign = /[\u00a0\u2007\u200b\u202f\ufeff]/.test(entry.key)
    ? "It has a no-break or invisible blank in it, as web pages have them: type plain blanks."
    : undefined;
  if (holdsAliased(entry.value))
    return warning(entry.line, path, `unknown key "${entry.key}": a node ignores it, and uses the anchors in it`);
  const advice = foreign ?? (near === undefined ? (elsewhere ?? `Known here: ${known.join(", ")}.`) : `Did you mean ${near}?`);
  return error(entry.line, path, `unknown key "${entry.key}": a node ignores it`, advice);
}

/** True when one letter added, left out or changed makes the one of the other. */
export function isNear(a: string, b: string): boolean {
  if (a.length < b.length) return isNear(b, a);
  if (a.length - b.length > 1 || a === b) return false;
  const same = b.split("").findIndex((letter, index) => a[index] !== letter);
  if (same < 0) return true;
  return a.slice(same + 1) === b.slice(a.length === b.length ? same + 1 : same);
}

const wrongType = (tree: Tree, path: string, wanted: string): Finding =>
  error(tree.line, path, `${path === "" ? "the file" : path} must be ${wanted}`);

function checkScalar(scalar: Scalar, shape: Exclude<KeyShape, { type: "list" | "map" }>, path: string): readonly Finding[] {
  const { text, plain, line } = scalar;
  if (plain && NULL.test(text)) {
    return [error(line, path, `${path} has no value`, "Give it one, or leave the key out; what follows a # is a comment.")];
  }
  if (shape.type === "bool") {
    if (plain && /^(true|True|TRUE|false|False|FALSE)$/.test(text)) return [];
    const old = plain && /^(y|n|yes|no|on|off)$/i.test(text);
    return [(old ? warning : error)(line, path, `${path} must be true or false, not ${plain ? text : "a quoted text"}`)];
  }
  if (shape.type === "int" || shape.type === "number") {
    const number = shape.type === "int" ? /^[-+]?(0[xob])?[\d_]+$/ : /^[-+]?(\d[\d_]*)?\.?\d*(e[-+]?\d+)?$/i;
    return plain && number.test(text) ? [] : [error(line, path, `${path} must be ${WANTED[shape.type]}`)];
  }
  if (shape.type !== "text" || shape.valid === undefined || text === "" || shape.valid.test(text)) return [];
  return [error(line, path, `${path} cannot be "${text}"`, `Valid: ${shape.want ?? ""}.`)];
}
