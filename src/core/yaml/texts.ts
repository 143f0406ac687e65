/** Where a text of YAML ends, plain, in quotes or as a block, as the readers of a node find it (reader.ts). What it says is js-yaml's `getScalarValue`. */
import { CHOMPING_MODE, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { refuse, TAB_INDENT } from "./faults.ts";
import { BREAKS, isBreak, type Reader } from "./reader.ts";

export type Text = Pick<ScalarEvent, "valueStart" | "valueEnd" | "style" | "chomping" | "indent" | "fast">;

/** A text, and where the scanner goes on. */
export interface Scanned {
  readonly text: Text;
  readonly next: number;
}

/** What is around a text. */
export interface Around {
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
export const DOCUMENT_MARK = new RegExp(`(?:---|\\.\\.\\.)(?=[ \\t${BREAKS}]|$)`, "y");

export function isDocumentMark(source: string, at: number): boolean {
  DOCUMENT_MARK.lastIndex = at;
  return (at === 0 || isBreak(source[at - 1])) && DOCUMENT_MARK.test(source);
}

export function quoted({ source, reader }: Around, start: number): Scanned {
  const quote = source[start] ?? "";
  const unclosed = (): never => refuse(source, start, `the ${quote} of this line is never closed`);
  const stops = new RegExp(`[${quote}\\\\${BREAKS}]`, "g");
  for (let at = start + 1; ;) {
    stops.lastIndex = at;
    const found = stops.exec(source);
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
  return refuse(source, at, `YAML has no ${written} in double quotes: write \\${written}, or put the text in single quotes`);
}

/** A plain text runs on over lines that are indented deeper than what it is in. */
export function plain({ source, reader, indent, inFlow }: Around, start: number): Scanned {
  const [colon, stop] = inFlow ? [reader.afterColon, ",?[\\]{}"] : ["", ""];
  const run = new RegExp(`(?:(?!:(?:[ \\t${BREAKS}${colon}]|$))[^ \\t${BREAKS}${stop}])+`, "y");
  const blanks = new RegExp(reader.tabs ? `[ \\t${BREAKS}]+` : `(?: *[${BREAKS}][ ${BREAKS}]*| +)`, "y");
  let [next, end] = [start, start];
  for (;;) {
    run.lastIndex = next;
    if (source[next] === "#" || !run.test(source)) break;
    end = run.lastIndex;
    blanks.lastIndex = end;
    const [found] = blanks.exec(source) ?? [];
    next = end + (found?.length ?? 0);
    if (found === undefined) break;
    if (isDocumentMark(source, next)) break;
    const tab = indent < 0 ? -1 : found.search(new RegExp(`(?<=[${BREAKS}] {0,${indent}})\\t`));
    if (tab >= 0) refuse(source, end + tab, TAB_INDENT);
    const line = new RegExp(`[${BREAKS}]([^${BREAKS}]*)$`).exec(found)?.[1];
    if (line === undefined) continue;
    if (!inFlow && line.length < indent + 1) break;
  }
  return { text: text(start, end, SCALAR_STYLE.PLAIN), next };
}

/** A `|` or `>` text, without what its first line says of it. */
export function block({ source, reader, indent: around }: Around, start: number): Scanned {
  const header = /[|>](?:[+-][1-9]?|[1-9][+-]?|)/y;
  header.lastIndex = start;
  const [said = ""] = header.exec(source) ?? [];
  const rest = new RegExp(`${reader.tabs ? "[ \\t]*" : " *"}(?:#[^${BREAKS}]*)?(?:\\r\\n|[${BREAKS}]|$)`, "y");
  rest.lastIndex = start + said.length;
  if (!rest.test(source) || (!reader.tabs && source[start + said.length] === "#"))
    refuse(source, start, `after ${said} the text begins in the next line: in this one nothing but a comment may follow`);
  const valueStart = rest.lastIndex;
  const least = Math.max(around + 1, 1);
  const digit = /\d/.exec(said)?.[0];
  const indent = digit === undefined ? Math.max(least, detected(source, valueStart, reader)) : least + Number(digit) - 1;
  const { end, next } = blockEnd(source, valueStart, indent, reader);
  const style = said.startsWith("|") ? SCALAR_STYLE.LITERAL_BLOCK : SCALAR_STYLE.FOLDED_BLOCK;
  const chomping = said.includes("+") ? CHOMPING_MODE.KEEP : said.includes("-") ? CHOMPING_MODE.STRIP : CHOMPING_MODE.CLIP;
  return { text: { ...text(valueStart, end, style), chomping, indent }, next };
}

/** As deep as its first line, or as an empty line before it. */
function detected(source: string, at: number, { tabFirst }: Reader): number {
  const before = new RegExp(`[ ${BREAKS}]*`, "y");
  before.lastIndex = at;
  const [found = ""] = before.exec(source) ?? [];
  if (!tabFirst && source[at + found.length] === "\t")
    refuse(
      source,
      at + found.length,
      "a tab at the start of the text, where YAML takes blanks only: begin it with another line, or put it in quotes",
    );
  return Math.max(...found.split(new RegExp(`\\r\\n|[${BREAKS}]`)).map(({ length }) => length));
}

function blockEnd(source: string, start: number, indent: number, { tabs }: Reader): { end: number; next: number } {
  const line = new RegExp(`( {0,${indent}})(?:[^${BREAKS}]*)(?:\\r\\n|[${BREAKS}]|$)`, "y");
  for (let at = start; ;) {
    line.lastIndex = at;
    const next = at + (line.exec(source)?.[1]?.length ?? 0);
    if (next === source.length) return { end: source.length, next };
    if (next < at + indent && !isBreak(source[next])) {
      if (tabs && source[next] === "\t") refuse(source, next, TAB_INDENT);
      return { end: at, next };
    }
    at = line.lastIndex;
  }
}
