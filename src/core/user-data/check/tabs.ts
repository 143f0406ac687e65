/**
 * Tabs that libyaml refuses and the parser here lets pass: at the start of a line, be it a blank one or a comment, and after the dash of
 * a list. Inside brackets and in texts they are harmless.
 */
import type { TreeProblem } from "./finding.ts";

/** @param skip stretches of the source where a tab is a character like others: quoted texts, blocks, and what is in brackets */
export function tabProblems(source: string, skip: readonly (readonly [start: number, end: number])[]): readonly TreeProblem[] {
  const lines = source.split("\n");
  let offset = 0;
  return lines.flatMap((text, index): readonly TreeProblem[] => {
    const found = /^(?:\t| *(?:- *)+\t)/.exec(text)?.[0];
    const at = offset + (found?.length ?? 0) - 1;
    offset += text.length + 1;
    if (found === undefined || skip.some(([start, end]) => at >= start && at < end)) return [];
    const where = found === "\t" ? "at the start of the line" : "after the dash";
    return [{ line: index + 1, message: `a tab ${where}: YAML takes blanks only, and a node refuses the whole file` }];
  });
}

/** Where what begins with a bracket ends. */
export function bracketsEnd(source: string, start: number): number {
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?<=\s)#[^\n]*|[[\]{}]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(source); token !== null; token = tokens.exec(source)) {
    if (/^[[{]$/.test(token[0])) depth++;
    else if (/^[\]}]$/.test(token[0])) depth--;
    if (depth === 0) return tokens.lastIndex;
  }
  return source.length;
}
