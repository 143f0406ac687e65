/** Rows for people, in columns as wide as they need. For programs there is JSON. */
import { plain, width } from "../core/words.ts";

export interface Narrow {
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Headers of the columns that may go, the least important first. */
  readonly drop: readonly string[];
}

/**
 * Headers in capitals, two blanks between the columns; the last is not padded. Ends with a line end. On a terminal that is too
 * narrow for all of it columns are left out, for a wrapped table is read by nobody.
 */
export function table(headers: readonly string[], rows: readonly (readonly string[])[], narrow?: Narrow): string {
  const whole = rendered(headers, rows);
  const columns = narrow?.columns;
  if (columns === undefined || whole.split("\n").every((line) => width(line) <= columns)) return whole;
  const [first, ...drop] = narrow?.drop ?? [];
  if (first === undefined) return whole;
  const stays = headers.map((header) => header !== first);
  const cut = (row: readonly string[]): string[] => row.filter((_, column) => stays[column]);
  return table(cut(headers), rows.map(cut), { columns, drop });
}

// --- internal ---

function rendered(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headers, ...rows].map((row) => headers.map((_, column) => plain(row[column] ?? "")));
  const widths = headers.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}
