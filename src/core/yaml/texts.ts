/** Where a text of YAML ends, plain, in quotes or as a block, as the readers of a node find it (reader.ts). What it says is js-yaml's `getScalarValue`. */
import { CHOMPING_MODE, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { refuseYaml, TAB_INDENT } from "./faults.ts";
import { BREAKS, from, isBreak, type Reader } from "./reader.ts";

export type Text = Pick<ScalarEvent, "valueStart" | "valueEnd" | "style" | "chomping" | "indent" | "fast">;

/** A text, and where the scanner goes on. */
export interface Scanned {
  readonly text: Text;
  readonly next: number;
}

/** What is around a text. */
export interface TextPlace {
  readonly source: string;
  readonly reader: Reader;
  /** The column of the map or list around it, from 0; -1 at the top. */
  readonly indent: number;
  /** In brackets. */
  readonly inFlow: boolean;
}

const text = (valueStart: number, valueEnd: number, style: Text["style"]): Text => ({
  valueStart,
  valueEnd,
  style,
  chomping: CHOMPING_MODE.CLIP,
  indent: -1,
  fast: false,
});

/** `---` or `...` alone at the start of a line. */
const MARK = new RegExp(`(?:---|\\.\\.\\.)(?=[ \\t${BREAKS}]|$)`, "y");
export const isDocumentMark = (source: string, at: number): boolean =>
  (at === 0 || isBreak(source[at - 1])) && from(at, MARK).test(source);

const STOPS = { '"': new RegExp(`["\\\\${BREAKS}]`, "g"), "'": new RegExp(`['\\\\${BREAKS}]`, "g") };

export function quoted({ source, reader }: TextPlace, start: number): Scanned {
  const quote = source[start] === "'" ? "'" : '"';
  const unclosed = (): never => refuseYaml(source, start, `the ${quote} of this line is never closed`);
  for (let at = start + 1; ;) {
    const found = from(at, STOPS[quote]).exec(source);
    if (found === null) return unclosed();
    at = found.index + 1;
    if (isBreak(found[0])) {
      if (isDocumentMark(source, at)) return unclosed();
    } else if (found[0] === "\\") {
      if (quote === '"' && at < source.length && !isBreak(source[at])) at = afterEscape(source, found.index, reader);
    } else if (quote === "'" && source[at] === "'") at++;
    else
      return {
        text: text(start + 1, found.index, quote === "'" ? SCALAR_STYLE.SINGLE_QUOTED : SCALAR_STYLE.DOUBLE_QUOTED),
        next: at,
      };
  }
}

function afterEscape(source: string, at: number, { escape }: Reader): number {
  escape.lastIndex = at;
  if (escape.test(source)) return escape.lastIndex;
  const written = source.slice(at, at + 2);
  return refuseYaml(source, at, `YAML has no ${written} in double quotes: write \\${written}, or put the text in single quotes`);
}

const WORD = new RegExp(`(?:(?!:(?:[ \\t${BREAKS}]|$))[^ \\t${BREAKS}])+`, "y");

/** A plain text runs on over lines that are indented deeper than what it is in. */
export function plainText({ source, reader, indent, inFlow }: TextPlace, start: number): Scanned {
  const word = inFlow ? reader.wordInBrackets : WORD;
  let [next, end] = [start, start];
  while (source[next] !== "#" && from(next, word).test(source)) {
    end = word.lastIndex;
    next = from(end, reader.between).test(source) ? reader.between.lastIndex : end;
    if (next === end || isDocumentMark(source, next)) break;
    const [before = "", ...lines] = source.slice(end, next).split(/[\r\n\x85\u2028\u2029]/);
    const tab = lines.findIndex((line) => line.slice(0, indent + 1).includes("\t"));
    if (tab >= 0) refuseYaml(source, end + [before, ...lines.slice(0, tab)].join(" ").length + 1, TAB_INDENT);
    if (!inFlow && (lines.at(-1)?.length ?? indent + 1) < indent + 1) break;
  }
  return { text: text(start, end, SCALAR_STYLE.PLAIN), next };
}

const HEADER = /[|>](?:[+-][1-9]?|[1-9][+-]?|)/y;
const AFTER_HEADER = new RegExp(`[ \\t]*(?:#[^${BREAKS}]*)?(?:\\r\\n|[${BREAKS}]|$)`, "y");

/** A `|` or `>` text, without what its first line says of it. */
export function block({ source, reader, indent: around }: TextPlace, start: number): Scanned {
  const [said = ""] = from(start, HEADER).exec(source) ?? [];
  const after = start + said.length;
  if (!from(after, AFTER_HEADER).test(source) || (!reader.tabs && /[#\t]/.test(source[after] ?? "")))
    refuseYaml(source, start, `after ${said} the text begins in the next line: in this one nothing but a comment may follow`);
  const valueStart = AFTER_HEADER.lastIndex;
  const least = Math.max(around + 1, 1);
  const digit = /\d/.exec(said)?.[0];
  const indent = digit === undefined ? Math.max(least, detected(source, valueStart, reader)) : least + Number(digit) - 1;
  const { end, next } = blockEnd(source, valueStart, indent, reader);
  const style = said.startsWith("|") ? SCALAR_STYLE.LITERAL_BLOCK : SCALAR_STYLE.FOLDED_BLOCK;
  const chomping = said.includes("+") ? CHOMPING_MODE.KEEP : said.includes("-") ? CHOMPING_MODE.STRIP : CHOMPING_MODE.CLIP;
  return { text: { ...text(valueStart, end, style), chomping, indent }, next };
}

const EMPTY = new RegExp(`[ ${BREAKS}]*`, "y");

/** As deep as its first line, or as an empty line before it. */
function detected(source: string, at: number, { tabFirst }: Reader): number {
  const [found = ""] = from(at, EMPTY).exec(source) ?? [];
  if (!tabFirst && source[at + found.length] === "\t")
    refuseYaml(
      source,
      at + found.length,
      "a tab at the start of the text, where YAML takes blanks only: begin it with another line, or put it in quotes",
    );
  return Math.max(...found.split(/[\r\n\x85\u2028\u2029]/).map(({ length }) => length));
}

const LINE = new RegExp(`[^${BREAKS}]*(?:\\r\\n|[${BREAKS}]|$)`, "y");

function blockEnd(source: string, start: number, indent: number, { tabs }: Reader): { end: number; next: number } {
  for (let at = start; ; at = LINE.lastIndex) {
    let next = at;
    while (next < at + indent && source[next] === " ") next++;
    if (next === source.length) return { end: source.length, next };
    if (next < at + indent && !isBreak(source[next])) {
      if (tabs && source[next] === "\t") refuseYaml(source, next, TAB_INDENT);
      return { end: at, next };
    }
    from(next, LINE).test(source);
  }
}
