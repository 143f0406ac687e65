/**
 * What is said where somebody stops a command: whether what it began goes on, and whether the same command later continues it. One that runs
 * on nodes does neither wait nor continue: a second one would run beside the first.
 */
import { ClusterError, EXIT } from "../core/errors.ts";
import { STILL_RUNS } from "../operations/open.ts";
import type { Invocation } from "./invocation.ts";
import { UNREAD } from "./world.ts";

/** It is somebody's own program that runs, and the same command later would run it again. */
export const runsAgain = ({ command, rest }: Pick<Invocation, "command" | "rest">): boolean =>
  command === "run" || command === "ssh" || (command === "kubeconfig" && rest.length > 0);

/** @param untouched nothing was written, to Azure or to a node */
export function stopping(invocation: Invocation, untouched: boolean): string {
  if (untouched) return "Stopping: nothing was written.";
  if (runsAgain(invocation)) return "Stopping.";
  return "Stopping: what runs is let finish. Ctrl-C again stops now; running the same command later continues.";
}

export const interrupted = (invocation: Invocation, untouched: boolean): ClusterError =>
  new ClusterError("Interrupted", "interrupted", {
    exit: EXIT.interrupted,
    advice: untouched ? "Nothing was changed. Run the same command again to continue." : adviceOf(invocation),
  });

/** Nobody reads any more: it ends as a program does that SIGPIPE ends, without a word. */
export const unread = (): ClusterError => new ClusterError(UNREAD, "nobody reads the output any more");

// --- internal ---

/** How to be rid of what was made says the create itself, which knows what stood before. */
function adviceOf({ command, rest }: Invocation): string {
  if (command === "ssh" && rest.length === 0) return "The login was ended.";
  if (command === "kubeconfig" && rest.length > 0) return `${rest[0] ?? ""} was ended. What it has done stays.`;
  if (runsAgain({ command, rest })) return STILL_RUNS;
  return `What was ${command === "create" ? "made" : "done"} stays. Run the same command again to continue.`;
}
