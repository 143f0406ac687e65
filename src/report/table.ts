/** Rows for people, in columns as wide as they need. For programs there is JSON. */
import { plain, width } from "./words.ts";

/** Headers in capitals, two blanks between the columns; the last is not padded. Ends with a line end. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headers, ...rows].map((row) => headers.map((_, column) => plain(row[column] ?? "")));
  const widths = headers.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}
