/**
 * Texts in tags. Azure allows 256 characters in one: a value that is longer is spread over several, `name-1`, `name-2`, ...; and a list
 * of texts is one value that a person can read. Pure.
 */

export type Tags = Record<string, string>;

const VALUE_LIMIT = 256;

/** How many tags a value takes; none at all is none. */
export const partCount = (length: number): number => Math.ceil(length / VALUE_LIMIT);

/** A value that is too long for one tag is spread over several. */
export function spread(tags: Tags, name: string, value: string): void {
  if (value.length <= VALUE_LIMIT) tags[name] = value;
  else
    for (let part = 0; part * VALUE_LIMIT < value.length; part++)
      tags[`${name}-${part + 1}`] = value.slice(part * VALUE_LIMIT, (part + 1) * VALUE_LIMIT);
}

/** The value, put together again; undefined where there is none. */
export function gather(tags: Tags, name: string): string | undefined {
  if (tags[name] !== undefined) return tags[name];
  const parts: string[] = [];
  for (let part = tags[`${name}-1`]; part !== undefined; part = tags[`${name}-${parts.length + 1}`]) parts.push(part);
  return parts.length === 0 ? undefined : parts.join("");
}

/** Whether a tag is the one of the name, or a part of it. */
export const isPartOf = (tag: string, name: string): boolean =>
  tag === name || (tag.startsWith(`${name}-`) && /^\d+$/.test(tag.slice(name.length + 1)));

export const withoutTags = (tags: Tags, names: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !names.includes(name)));

export const withoutParts = (tags: Tags, name: string): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([tag]) => !isPartOf(tag, name)));

/** Several texts in one, each ended by a semicolon. */
export const joinTexts = (texts: readonly string[]): string => texts.map((text) => `${escaped(text)};`).join("");

/** Undefined for what was not written so. */
export function splitTexts(text: string): string[] | undefined {
  const parts = text.split(";");
  if (parts.pop() !== "") return undefined;
  const texts = parts.map(unescaped);
  return texts.every((one) => one !== undefined) ? texts : undefined;
}

/** Without what would end an entry, or be lost at the end of a tag, and what is no plain letter. */
export const escaped = (text: string): string =>
  text.toWellFormed().replaceAll(/[^\x21-\x7E]|[%;]/gu, (one) => encodeURIComponent(one));

/** Undefined for what is no escape. */
export function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
