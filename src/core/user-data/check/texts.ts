/**
 * In every text of a file: values that nobody filled in, and an address that is none on Azure. What a script, a unit or a file holds
 * is the user's own: `{{instance}}` there is Grafana's, `{{.State}}` Docker's, `{1}` a quantifier.
 */
import { error, unfilled, warning, type CheckOptions, type Finding } from "./finding.ts";
import type { Scalar, Tree } from "./tree.ts";

export function checkTexts(tree: Tree, path: string, options: CheckOptions): readonly Finding[] {
  if (tree.kind === "list") return tree.items.flatMap((item, index) => checkTexts(item, `${path}[${index}]`, options));
  if (tree.kind === "map")
    return tree.entries.flatMap(({ key, value }) => checkTexts(value, path === "" ? key : `${path}.${key}`, options));
  return [...leftOver(tree, path, options), ...publicAddress(tree, path)];
}

// --- internal ---

function leftOver(scalar: Scalar, path: string, options: CheckOptions): readonly Finding[] {
  if (/(^|\.)content$/.test(path)) return [];
  const whole = /^\{\{\s*[A-Za-z_][A-Za-z0-9_]*\s*\}\}$/.exec(scalar.text.trim())?.[0];
  if (whole !== undefined) return [error(scalar.line, path, `${whole} was not filled in`)];
  if (/^\{[01]\}$/.test(scalar.text)) return [unfilled(scalar.line, path, options)];
  const field = /(?<![${])\{[01]\}(?!\})/.exec(scalar.text)?.[0];
  if (field === undefined) return [];
  const advice = "Where the whole value is {0} or {1}, create --custom-data fills it in.";
  return [warning(scalar.line, path, `${field} stays as it is, for it is only a part of the value`, advice)];
}

/** Classic Azure's SharedConfig.xml: the cloud service's address, or nothing (coreos/bugs#904). */
function publicAddress(scalar: Scalar, path: string): readonly Finding[] {
  const address = scalar.text.search(/(?<!\\)\$public_ipv4/);
  if (address < 0) return [];
  const line = scalar.line + (scalar.literal ? scalar.text.slice(0, address).split("\n").length - 1 : 0);
  return [warning(line, path, "$public_ipv4 is the same on every node of an Azure cluster, or empty", "Use $private_ipv4.")];
}
