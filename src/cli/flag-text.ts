/** The text of a flag's value, from wherever it comes, through the flag's own parser. */
import { ClusterError, usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";
import { oneList } from "../core/spec/none.ts";

/** @param where it stands: "--num-nodes", a variable of the environment, a line of a file */
export const parsed = (flag: Flag<unknown>, text: string, where: string): unknown => standing(where, () => flag.parse(text));

/** Several of a flag that is `many`, as one. */
export const together = (flag: Flag<unknown>, lists: readonly unknown[], where: string): unknown =>
  standing(where, () => oneList(flag, lists as readonly (readonly unknown[])[]));

// --- internal ---

function standing(where: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw usageError(`${where}: ${(error as Error).message}`, error instanceof ClusterError ? error.advice : undefined);
  }
}
