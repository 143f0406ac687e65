/**
 * `--tag KEY=VALUE`: the user's own tags, as they are typed, checked by Azure's rules, and put together with those that the cluster
 * keeps. As text everywhere, "CostCenter=4711"; "CostCenter-" takes one away. Rules:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
 */
import { usageError } from "../errors.ts";
import { type Parse, accepting } from "./parse.ts";

/** A tag to be set, or, without a value, to be taken away. */
export interface TagWish {
  readonly name: string;
  readonly value: string | undefined;
}

/** One a line: a variable of the environment can hold several, for no tag has a line break in it. */
export const tagTexts: Parse<readonly string[]> = accepting({ type: "string", pattern: "\\S(=|-(\\n|$))" }, (text) => {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw noTag(text);
  return lines.map(checked);
});

export function tagWish(text: string): TagWish {
  const at = text.indexOf("=");
  return at < 0 ? { name: text.replace(/-$/, ""), value: undefined } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** Names are one whatever their case: Azure takes them so. */
export const sameTag = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/**
 * What a cluster has from now on: what it keeps, changed as was asked. Nothing is taken away that is not named.
 * @throws ClusterError when one command names a tag twice
 */
export function mergeTagTexts(kept: readonly string[], given: readonly string[]): readonly string[] {
  const merged = new Map(kept.map((text) => [tagWish(text).name.toLowerCase(), text]));
  const seen = new Set<string>();
  for (const text of given) {
    const { name, value } = tagWish(text);
    const key = name.toLowerCase();
    if (seen.has(key))
      throw usageError(`--tag names ${name} twice`, "Azure takes names of tags without regard to case. Give it once.");
    seen.add(key);
    if (value === undefined) merged.delete(key);
    else merged.set(key, text);
  }
  return [...merged.values()];
}

/** Storage accounts take shorter names than everything else. */
export const STORAGE_NAME_LIMIT = 128;

// --- internal ---

const NAME_LIMIT = 512;
const VALUE_LIMIT = 256;

function checked(text: string): string {
  const { name, value } = tagWish(text);
  if (value === undefined && !text.endsWith("-")) throw noTag(text);
  const wrong = wrongName(name) ?? wrongValue(name, value ?? "");
  if (wrong !== undefined) throw wrong;
  return text;
}

const noTag = (text: string): Error =>
  usageError(`"${text}" is no tag`, "Write KEY=VALUE. KEY= gives it an empty value, KEY- takes it away.");

function wrongName(name: string): Error | undefined {
  if (name === "" || name.trim() !== name)
    return usageError(`"${name}" is no name of a tag`, "Write KEY=VALUE, without a blank before or after KEY.");
  if (/^(aoc-|managed-by$)/i.test(name))
    return usageError(
      `the tag ${name} is the tool's own`,
      "Names that begin with aoc-, and managed-by, say whose a resource is. Choose another one.",
    );
  const reserved = /^(microsoft|azure|windows)/i.exec(name)?.[0];
  if (reserved !== undefined)
    return usageError(
      `the tag ${name} begins with ${reserved}`,
      "Azure keeps names that begin with microsoft, azure or windows for itself.",
    );
  if (name.length > NAME_LIMIT)
    return usageError(`the name of the tag ${name.slice(0, 20)}... has ${name.length} characters`, `Azure takes ${NAME_LIMIT}.`);
  return /[<>%&\\?/]/.test(name) || isUnprintable(name)
    ? usageError(`"${name}" is no name of a tag`, "Azure takes none of < > % & \\ ? / in it, and nothing that cannot be printed.")
    : undefined;
}

function wrongValue(name: string, value: string): Error | undefined {
  if (value.length > VALUE_LIMIT)
    return usageError(`the value of the tag ${name} has ${value.length} characters`, `Azure takes ${VALUE_LIMIT}.`);
  return isUnprintable(value) ? usageError(`the value of the tag ${name} holds what cannot be printed`) : undefined;
}

/** Control characters and halves of letters. */
const isUnprintable = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text) || !text.isWellFormed();
