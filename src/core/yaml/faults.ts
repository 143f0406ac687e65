/** What is said of YAML that a reader refuses, and where: the line that a person has to change, which is often not the one where a parser stops. */
import { YAMLException } from "js-yaml";
import type { Token } from "./cursor.ts";
import { BREAKS, isBreak } from "./reader.ts";

/** @throws YAMLException with the place in the text, from 0 */
export function refuseYaml(source: string, at: number, message: string): never {
  const start = source.slice(0, at).lastIndexOf("\n") + 1;
  const unseen = /[\x85\u2028\u2029]/.exec(source.slice(start).split("\n", 1)[0] ?? "")?.[0];
  const why = unseen === undefined ? message : `an invisible ${named(unseen)} in this line ends it, to YAML: take it out`;
  return YAMLException.throwAt(source, at, why);
}

const named = (char: string): string => `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

// eslint-disable-next-line no-control-regex -- that is what is looked for
const UNPRINTABLE = /[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Neither reader takes a control character, be it in a comment. */
export function refuseUnprintable(source: string): void {
  const found = UNPRINTABLE.exec(source);
  if (found === null) return;
  const code = (found[0].codePointAt(0) ?? 0).toString(16);
  const written = code.length > 2 ? `u${code.padStart(4, "0")}` : `x${code.padStart(2, "0")}`;
  const what = `a control character (${named(found[0])}) in this line, and YAML takes none, not even in a comment`;
  refuseYaml(source, found.index, `${what}: in double quotes it is written \\${written}`);
}

/** As js-yaml: what walks a tree must not run out of stack. */
export const DEEPEST = 100;
export const TOO_DEEP = `this is more than ${DEEPEST} lists and maps deep`;

export const TAB_INDENT = "a tab in the indentation: YAML takes blanks only";
const TAB = "a tab in this line, where YAML takes blanks only: write a blank, or put the text in quotes";

/** Of what begins no word of YAML. */
export function refuseStart(source: string, at: number): never {
  const before = source.slice(at - columnOf(source, at), at);
  if (source[at] === "\t") refuseYaml(source, at, /^[\s-]*$/.test(before) ? TAB_INDENT : TAB);
  return refuseYaml(source, at, `a value cannot begin with ${source[at]}: put it in quotes`);
}

/** Of a line where a key must be. */
export function refuseNoColon(source: string, at: number, before: readonly Token[]): never {
  const line = new RegExp(`[^${BREAKS}]*`).exec(source.slice(at))?.[0] ?? "";
  const joined = /^([\w.-]+):(?=[^\s:/])/.exec(line)?.[1];
  if (joined !== undefined) refuseYaml(source, at, `a blank is missing after the colon of ${joined}:`);
  if (/^-[^\s-]/.test(line)) refuseYaml(source, at, "a blank is missing after the dash");
  const odd = /^[^\S \t]/.exec(line)?.[0];
  if (odd !== undefined)
    refuseYaml(source, at, `${named(odd)} in the indentation looks like a blank, and is none: write a blank`);
  refuseInBlock(source, at, before);
  return refuseYaml(source, at, "this line is no key with a colon and a blank after it, and no part of a text above it");
}

/** Of a colon that makes no key of what is before it. */
export function refuseColon(source: string, at: number, before: readonly Token[]): never {
  const text = before.at(-1)?.text?.valueStart ?? at;
  const [line, other] = [lineOf(source, at), lineOf(source, text)];
  if (line === other) refuseYaml(source, at, "a colon with a blank after it in a value: put the value in quotes");
  if (/^[\s-]*$/.test(source.slice(text - columnOf(source, text), text))) refuseNoColon(source, text, before.slice(0, -1));
  const goesOn = `this line is indented deeper than the key of line ${other}, and goes on with its value`;
  return refuseYaml(source, at, `wrong indentation: ${goesOn}; a key begins in the column of the key above it`);
}

/** Of a line that follows a `|` text and is indented less; or of that text's first line, where no line is indented enough. */
function refuseInBlock(source: string, at: number, before: readonly Token[]): void {
  const text = before.findLast(({ kind }) => kind !== "outdent")?.text;
  if (text === undefined || text.indent <= columnOf(source, at)) return;
  if (source.slice(text.valueStart, text.valueEnd).trim() !== "")
    refuseYaml(
      source,
      at,
      `the text above ends here, for each of its lines must begin with ${blanks(text.indent)}, as the first does`,
    );
  const of = /(\S+)\s+[|>][-+\d]*\s*(?:#.*)?$/.exec(
    source
      .slice(0, text.valueStart)
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1) ?? "",
  )?.[1];
  const deeper = `must be indented deeper than ${of} itself, with ${blanks(text.indent)} or more`;
  refuseYaml(source, text.valueEnd, `the text of ${of} ${deeper}`);
}

/** Of what is where a value must be. */
export function refuseContent(source: string, { kind, start, end }: Token): never {
  if (kind === "end" || kind === "outdent") refuseYaml(source, start, "a value is missing");
  refuseQuestion(source, start);
  return refuseYaml(
    source,
    start,
    `a value cannot begin with ${source.slice(start, Math.max(end, start + 1))}: put it in quotes`,
  );
}

function refuseQuestion(source: string, at: number): void {
  if (source[at] === "?") refuseYaml(source, at, "a question mark in brackets: put the text in quotes");
}

/** Of what follows in brackets where they must end or go on. */
export function refuseUnclosed(source: string, { start }: Token, close: "]" | "}", found: Token): never {
  const open = source[start];
  if (["end", "---", "...", "%"].includes(found.kind)) refuseYaml(source, start, `the ${open} of this line is never closed`);
  refuseQuestion(source, found.start);
  const missing = `before this a comma or ${close} is missing, or quotes around a text`;
  return refuseYaml(source, found.start, `the ${open} of line ${lineOf(source, start)} is still open: ${missing}`);
}

/** Of what belongs neither to the map or list `of`, nor to one around it. */
export function refuseMisplaced(source: string, { kind, start }: Token, before: readonly Token[], of?: Token): never {
  const column = columnOf(source, start);
  const quote = source[start - 1];
  if (quote === "'" || quote === '"')
    refuseYaml(
      source,
      start,
      `the ${quote} before this ends the text in quotes: one that is part of it is written ${quote === "'" ? "''" : '\\"'}`,
    );
  if (source.slice(start - column, start).trim() !== "")
    refuseYaml(source, start, "this cannot follow what is before it in the line: put the whole value in quotes");
  refuseInBlock(source, start, before);
  if (kind === ":") refuseYaml(source, start, "a key is missing before this colon");
  const nothing = "this line belongs to nothing above it: it is neither a key nor an entry of a list";
  if (of === undefined) return refuseYaml(source, start, nothing);
  const isDash = kind === "list" || kind === "-";
  const other = neighbour(source, isDash, before, of).start;
  const line = `line ${lineOf(source, other)}`;
  if (columnOf(source, other) !== column) {
    const there = `what it would belong to (${line}) with ${blanks(columnOf(source, other))}`;
    return refuseYaml(source, start, `wrong indentation: this line begins with ${blanks(column)}, and ${there}`);
  }
  if (isDash) refuseYaml(source, start, `a dash among the keys of ${line}: the key for it is missing, or has a value already`);
  const dash = `a dash with a blank is missing: this line stands among the entries of the list of ${line}`;
  return refuseYaml(source, start, of.kind === "list" ? dash : nothing);
}

/** A key is thought to go with those behind the dash above it, and a dash with the list of the key above it. */
function neighbour(source: string, isDash: boolean, before: readonly Token[], of: Token): Token {
  const signs = before.filter(
    ({ kind, start }) => (kind === "-" || kind === "?") && columnOf(source, start) === columnOf(source, of.start),
  );
  const last = signs.at(-1);
  if (last === undefined || isDash === (last.kind === "-")) return of;
  const value = before.slice(before.indexOf(last) + 1).find(({ kind }) => kind === "map" || kind === "list");
  return value?.kind === (isDash ? "list" : "map") ? value : of;
}

const blanks = (count: number): string => (count === 1 ? "1 blank" : `${count} blanks`);

const lineOf = (source: string, at: number): number => source.slice(0, at).split(/\r\n|\r|\n/).length;

/** How far from the start of its line something is, from 0. */
function columnOf(source: string, at: number): number {
  let start = at;
  while (start > 0 && !isBreak(source[start - 1])) start--;
  return at - start;
}
