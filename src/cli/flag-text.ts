/** The text of a flag's value, from wherever it comes, through the flag's own parser. */
import { ClusterError, usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { oneList } from "../core/spec/none.ts";

/** @param where it stands: "--num-nodes", a variable of the environment, a line of a file */
export const parsed = (flag: Flag<unknown>, text: string, where: string): unknown => standing(where, () => flag.parse(text));

/** Several of a flag that is `many`, as one. */
export const together = (flag: Flag<unknown>, lists: readonly unknown[], where: string): unknown =>
  standing(where, () => oneList(flag, lists as readonly (readonly unknown[])[]));

/** Node puts U+FFFD where bytes are no UTF-8: what was meant is lost, and a name or a tag would have it. */
export function refuseReplacementCharacter(text: string, where: string): void {
  if (!text.includes("\uFFFD")) return;
  throw usageError(
    `${where} is not UTF-8: ${text}`,
    "Set the terminal to UTF-8. A script that was saved as Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8 SCRIPT > SCRIPT.utf8. A file of such a name needs another one.",
  );
}

// --- internal ---

function standing(where: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw usageError(`${where}: ${(error as Error).message}`, error instanceof ClusterError ? error.advice : undefined);
  }
}
