/** The text of a flag's value, from wherever it comes, through the flag's own parser. */
import { ClusterError, usageError } from "../core/errors.ts";
import type { Flag } from "../core/spec/flag.ts";

/** @param where it stands: "--num-nodes", a variable of the environment, a line of a file */
export function parsed(flag: Flag<unknown>, text: string, where: string): unknown {
  try {
    return flag.parse(text);
  } catch (error) {
    throw usageError(`${where}: ${(error as Error).message}`, error instanceof ClusterError ? error.advice : undefined);
  }
}
