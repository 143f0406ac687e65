/** Prose for a terminal: broken between words, never within one, so that a path or a URL can be copied whole. */
import { printable, truncate, width } from "../core/words.ts";

/**
 * Each line of the text in as many lines as it needs. What follows stands under the line's own beginning; under its second
 * column where there is one ("command   what it does").
 * @param columns of the terminal; undefined where there is none: then nothing is broken
 */
export function wrap(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => (visible(line) <= columns || isCommand(line) ? line : broken(line, Math.max(20, columns))))
    .join("\n");
}

/** Writes prose to a stream: broken to its width where it is a terminal, and with no colours or controls but our own. */
export const prose = (
  stream: { write(text: string): void; readonly isTTY: boolean; readonly columns: number },
  text: string,
): void => stream.write(wrap(printable(text), columnsOf(stream)));

/** A line that may hold colours, cut to the terminal; one that fits keeps them. */
export const cut = (line: string, columns: number): string =>
  visible(line) <= columns ? line : truncate(uncoloured(line), columns);

/** The width to wrap to: that of a terminal, and none of a file or a pipe. */
export const columnsOf = (stream: { readonly isTTY: boolean; readonly columns: number }): number | undefined =>
  stream.isTTY ? stream.columns : undefined;

// --- internal ---

/** A line to copy into a shell: what the terminal breaks is still copied as one. */
const isCommand = (line: string): boolean =>
  /^ +(azure-coreos-cluster|az|curl|ssh|ssh-add|export|deisctl) (?!.*\S {2,}\S)/.test(line);

// eslint-disable-next-line no-control-regex -- colours take no room
const uncoloured = (text: string): string => text.replaceAll(/\u001B\[[0-9;]*m/g, "");

const visible = (text: string): number => width(uncoloured(text));

function broken(line: string, columns: number): string {
  const hang = " ".repeat(hangOf(uncoloured(line), columns));
  const lines: string[] = [];
  let current = "";
  for (const [piece, blanks = "", word = ""] of line.matchAll(/(\s*)(\S+)/g)) {
    if (current !== "" && visible(current + piece) > columns) {
      lines.push(current);
      current = hang + word;
    } else current += blanks + word;
  }
  return [...lines, current].join("\n");
}

/** How far what follows is moved in. */
function hangOf(line: string, columns: number): number {
  const indent = /^\s*/.exec(line)?.[0].length ?? 0;
  const second = /^(\s*\S.*?\s{2,})\S/.exec(line)?.[1];
  if (second !== undefined && width(second) <= Math.max(columns / 2, columns - 20)) return width(second);
  const item = /^\s*(?:\d+\.|[-+~!])\s+/.exec(line)?.[0];
  if (item !== undefined) return item.length;
  return indent === 0 ? 0 : indent + 2;
}
