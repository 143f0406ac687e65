/**
 * OpenSSL's configuration format, as far as request files use it: sections, comments, quotes, escapes, continued lines and
 * `$name`, `${section::name}`. Syntax only; what the entries mean is the caller's. It reads no file and no environment: a value that needs
 * either is refused when it is asked for, so that what nobody needs stops nobody. The rules are those of config(5ssl).
 */
import { usageError } from "../core/errors.ts";

export interface ConfEntry {
  readonly name: string;
  /** Expanded when it is asked for. @throws a usage error that names the line */
  readonly value: string;
  /** 1-based: where the entry begins. */
  readonly line: number;
}
export type ConfSection = readonly ConfEntry[];

/** The name of an entry that stands for a file to be put in its place. */
export const INCLUDE = ".include";

/** Sections by name, entries in the order of the file, of those of one name the last; what stands before the first section is in "default". */
export function parseOpensslConf(text: string, file: string): ReadonlyMap<string, ConfSection> {
  const sections = new Map<string, ConfEntry[]>([["default", []]]);
  let current = "default";
  for (const { content, line } of logicalLines(text)) {
    const fail = (what: string): Error => usageError(`${file} line ${line}: ${what}.`);
    const header = /^\[\s*(.*?)\s*\]\s*$/.exec(content);
    if (header?.[1]) {
      current = header[1];
      if (!sections.has(current)) sections.set(current, []);
      continue;
    }
    if (content.startsWith("[")) throw fail(`the section "${content}" is not closed by "]"`);
    if (/^\.pragma\b/.test(content)) continue;
    if (/^\.include\b/.test(content)) {
      sections.get(current)?.push(included(line, fail));
      continue;
    }
    const at = content.indexOf("=");
    if (at < 1 || NO_NAME.test(content.slice(0, at).replace("::", "")))
      throw fail(`"${content}" is neither [ section ] nor name = value`);
    const [section, name] = qualified(content.slice(0, at).trim(), current);
    if (!sections.has(section)) sections.set(section, []);
    const raw = content.slice(at + 1).trim();
    const look = (from: string, wanted: string): ConfEntry | undefined =>
      sections.get(from)?.findLast((entry) => entry.name === wanted && entry.line < line);
    sections.get(section)?.push({
      name,
      line,
      get value() {
        return expand(raw, section, look, fail);
      },
    });
  }
  return new Map([...sections].map(([name, entries]) => [name, lastOfEach(entries)]));
}

/** What no name holds, but for the :: after a section's (keysets.pl). */
const NO_NAME = /["#$'():<>[\]`{}]/;

/** A name that is given again replaces the one before. */
const lastOfEach = (entries: readonly ConfEntry[]): ConfSection =>
  entries.filter(({ name }, at) => name === INCLUDE || !entries.some((other, later) => later > at && other.name === name));

const included = (line: number, fail: (what: string) => Error): ConfEntry => ({
  name: INCLUDE,
  line,
  get value(): string {
    throw fail("`.include` is not read: put what is included into the file itself");
  },
});

function qualified(name: string, current: string): [section: string, name: string] {
  const at = name.indexOf("::");
  return at < 0 ? [current, name] : [name.slice(0, at), name.slice(at + 2)];
}

/** Without comments, empty lines and line ends; a backslash at the end of a line joins it to the next. */
function logicalLines(text: string): { content: string; line: number }[] {
  const found: { content: string; line: number }[] = [];
  let joined: { content: string; line: number } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const whole = { content: (joined?.content ?? "") + raw, line: joined?.line ?? index + 1 };
    const continues = /(?<!\\)(?:\\\\)*\\$/.test(raw);
    joined = continues ? { ...whole, content: whole.content.slice(0, -1) } : undefined;
    if (!continues) found.push(whole);
  }
  if (joined !== undefined) found.push(joined);
  return found
    .map(({ content, line }) => ({ content: withoutComment(content).trim(), line }))
    .filter(({ content }) => content !== "");
}

/** Everything from an unquoted, unescaped `#`. A quotation mark that is not closed goes on to the end. */
function withoutComment(content: string): string {
  return /^(?:\\.|"(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$)|`(?:\\.|[^`\\])*(?:`|$)|[^#"'`])*/.exec(content)?.[0] ?? "";
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", b: "\b", t: "\t" };
const TOKEN =
  /\\(?<escaped>.)|(?<quote>["'`])(?<quoted>(?:\\.|(?!\k<quote>)[^\\])*)(?:\k<quote>|$)|\$(?<open>[{(]?)(?<variable>(?:\w+::)?\w*)(?<close>[})]?)|(?<text>[\s\S])/g;

function expand(
  value: string,
  section: string,
  look: (section: string, name: string) => ConfEntry | undefined,
  fail: (what: string) => Error,
): string {
  return value.replace(TOKEN, (...found: unknown[]) => {
    const part = found.at(-1) as Record<string, string | undefined>;
    if (part["escaped"] !== undefined) return ESCAPES[part["escaped"]] ?? part["escaped"];
    if (part["quoted"] !== undefined) return part["quoted"].replace(/\\(.)/g, "$1");
    const { variable, open = "", close = "" } = part;
    if (variable === undefined) return part["text"] ?? "";
    if (open !== "" && `${open}${close}` !== "{}" && `${open}${close}` !== "()")
      throw fail(`the variable $${open}${variable} is not closed by "${open === "{" ? "}" : ")"}"`);
    const [from, name] = qualified(variable, section);
    if (from === "ENV") throw fail(`$${variable} is not read from the environment: write the value itself`);
    const entry = look(from, name) ?? look("default", name);
    if (entry === undefined) throw fail(`the variable $${variable} has no value above this line`);
    return open === "" ? `${entry.value}${close}` : entry.value;
  });
}
