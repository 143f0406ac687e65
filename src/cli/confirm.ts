/** Asks before something is lost. Where nobody can answer, `--yes` must have been given. */
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import type { Invocation } from "./invocation.ts";

/**
 * Returns when it is confirmed.
 * @param expected what has to be typed
 * @throws ClusterError Usage (exit 2) where nobody can be asked; NotConfirmed (exit 1) for another answer; Interrupted (exit 130)
 */
export async function confirm({ world, given, command }: Invocation, question: string, expected: string): Promise<void> {
  if (given.yes === true) return;
  if (!world.interactive || given.noInput === true)
    throw usageError(
      `${command} asks before it deletes, and nobody can answer here`,
      "Nothing was deleted. Give --yes to go on without asking.",
    );
  const typed = await world.ask(`${question} `);
  if (typed === undefined)
    throw new ClusterError("Interrupted", "interrupted", { exit: EXIT.interrupted, advice: "Nothing was deleted." });
  const answer = typed.trim();
  if (answer.toLowerCase() === expected.toLowerCase()) return;
  throw new ClusterError("NotConfirmed", `"${answer}" is not "${expected}"`, {
    exit: EXIT.failed,
    advice: "Nothing was deleted.",
  });
}
