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
export function misfit(value: unknown, shape: AnswerShape): string | undefined {
  const found = wrongIn(value, shape);
  if (found === undefined) return undefined;
  const at = found.at.replace(/^\./, "");
  return `${at === "" ? "it" : at} is ${found.is}`;
}

export const isList = (shape: AnswerShape): shape is readonly [AnswerShape] => Array.isArray(shape);

// --- internal ---

/** The way to it is put together once something is wrong: lists of a thousand are looked at every second. */
interface Wrong {
  readonly at: string;
  readonly is: string;
}

function wrongIn(value: unknown, shape: AnswerShape): Wrong | undefined {
  if (typeof shape === "string" && shape !== "tags") return FITS[shape](value) ? undefined : { at: "", is: kindOf(value) };
  if (isList(shape)) return Array.isArray(value) ? wrongOfList(value, shape[0]) : { at: "", is: kindOf(value) };
  if (!isObject(value)) return { at: "", is: kindOf(value) };
  return shape === "tags" ? wrongTag(value) : wrongMember(value, membersOf(shape));
}

const FITS: Record<Exclude<AnswerShape & string, "tags">, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  flag: (value) => typeof value === "boolean",
  time: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
};

function wrongOfList(list: readonly unknown[], shape: AnswerShape): Wrong | undefined {
  for (const [index, one] of list.entries()) {
    const wrong = wrongIn(one, shape);
    if (wrong !== undefined) return { at: `[${index}]${wrong.at}`, is: wrong.is };
  }
  return undefined;
}

function wrongTag(tags: Record<string, unknown>): Wrong | undefined {
  for (const [name, tag] of Object.entries(tags))
    if (typeof (tag ?? "") !== "string") return { at: `.${name.slice(0, 40)}`, is: kindOf(tag) };
  return undefined;
}

function wrongMember(value: Record<string, unknown>, members: readonly Member[]): Wrong | undefined {
  for (const { name, required, shape } of members) {
    const member = value[name];
    if (member === undefined || member === null) {
      if (required) return { at: `.${name}`, is: "not there" };
      continue;
    }
    const wrong = wrongIn(member, shape);
    if (wrong !== undefined) return { at: `.${name}${wrong.at}`, is: wrong.is };
  }
  return undefined;
}

interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly shape: AnswerShape;
}

const MEMBERS = new WeakMap<object, readonly Member[]>();

function membersOf(shape: { readonly [member: string]: AnswerShape }): readonly Member[] {
  const known = MEMBERS.get(shape);
  if (known !== undefined) return known;
  const members = Object.entries(shape).map(([said, inner]) => {
    const required = said.endsWith("!");
    return { name: required ? said.slice(0, -1) : said, required, shape: inner };
  });
  MEMBERS.set(shape, members);
  return members;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const word = { string: "a text", number: "a number", boolean: "true or false", object: "an object" }[typeof value as string];
  return word ?? typeof value;
}
