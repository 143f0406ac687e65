/** Asks before something is lost, or costs money for the first time. Where nobody can answer, only the first needs `--yes`. */
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import type { Invocation } from "./invocation.ts";

/** Whether somebody is asked. */
export const asks = ({ world, given }: Pick<Invocation, "world" | "given">): boolean =>
  given.yes !== true && given.noInput !== true && world.interactive;

/**
 * Returns when somebody says yes; whoever calls it knows that somebody can.
 * @throws ClusterError NotConfirmed (exit 1) for any other answer, none too; Interrupted (exit 130)
 */
export async function agreeTo({ world }: Invocation, question: string): Promise<void> {
  const typed = await world.ask(`${question} `);
  if (typed === undefined)
    throw new ClusterError("Interrupted", "interrupted", { exit: EXIT.interrupted, advice: "Nothing was made." });
  if (/^y(es)?$/i.test(typed?.trim() ?? "")) return;
  throw new ClusterError("NotConfirmed", "it was not confirmed", {
    exit: EXIT.failed,
    advice: "Nothing was made. With --yes nobody is asked.",
  });
}

/** Whose question it is, as people type it. */
type Confirmed = Pick<Invocation, "world" | "given"> & { readonly command: string };

/**
 * Returns when it is confirmed.
 * @param expected what has to be typed
 * @throws ClusterError Usage (exit 2) where nobody can be asked; NotConfirmed (exit 1) for another answer; Interrupted (exit 130)
 */
export async function confirm({ world, given, command }: Confirmed, question: string, expected: string): Promise<void> {
  if (given.yes === true) return;
  const [does, done] = command === "stop" ? ["stops", "stopped"] : ["deletes", "deleted"];
  if (!asks({ world, given }))
    throw usageError(
      `${command} asks before it ${does}, and nobody can answer here`,
      `Nothing was ${done}. Give --yes to go on without asking.`,
    );
  const typed = await world.ask(`${question} `);
  if (typed === undefined)
    throw new ClusterError("Interrupted", "interrupted", { exit: EXIT.interrupted, advice: `Nothing was ${done}.` });
  const answer = typed?.trim();
  if (answer?.toLowerCase() === expected.toLowerCase()) return;
  throw new ClusterError("NotConfirmed", answer === undefined ? "it was not confirmed" : `"${answer}" is not "${expected}"`, {
    exit: EXIT.failed,
    advice: `Nothing was ${done}.`,
  });
}
