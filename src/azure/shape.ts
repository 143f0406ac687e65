/**
 * Shapes of JSON, as data, and the one check against them. A shape names the members that this program or the SDK looks into; what it
 * does not name may be anything. What is absent or null is absent, except where a name ends in "!".
 */
export type AnswerShape =
  | "text"
  | "number"
  | "flag"
  /** A text that is a time. */
  | "time"
  /** Texts by name. */
  | "tags"
  | readonly [AnswerShape]
  | { readonly [member: string]: AnswerShape };

/** What does not fit: "value[3].id is a number"; undefined where everything does. */
export function misfit(value: unknown, shape: AnswerShape, at = ""): string | undefined {
  const fits = (good: boolean): string | undefined => (good ? undefined : `${at === "" ? "it" : at} is ${kindOf(value)}`);
  switch (shape) {
    case "text":
      return fits(typeof value === "string");
    case "number":
      return fits(typeof value === "number");
    case "flag":
      return fits(typeof value === "boolean");
    case "time":
      return fits(typeof value === "string" && !Number.isNaN(Date.parse(value)));
    default:
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return fits(false);
    return first(value.entries(), ([index, one]) => misfit(one, shape[0], `${at}[${index}]`));
  }
  if (!isObject(value)) return fits(false);
  const below = at === "" ? "" : `${at}.`;
  if (shape === "tags")
    return first(Object.entries(value), ([name, tag]) => misfit(tag ?? "", "text", `${below}${name.slice(0, 40)}`));
  return first(Object.entries(shape), ([said, inner]) => {
    const required = said.endsWith("!");
    const name = required ? said.slice(0, -1) : said;
    const member = value[name];
    if (member === undefined || member === null) return required ? `${below}${name} is not there` : undefined;
    return misfit(member, inner, `${below}${name}`);
  });
}

export const isList = (shape: AnswerShape): shape is readonly [AnswerShape] => Array.isArray(shape);

// --- internal ---

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function first<T>(all: Iterable<T>, find: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const word = { string: "a text", number: "a number", boolean: "true or false", object: "an object" }[typeof value as string];
  return word ?? typeof value;
}
