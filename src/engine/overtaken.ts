/**
 * Somebody else was quicker: what is written on the condition that it is still what was read is refused with 412. Whoever wrote it
 * reads again and decides again; so often, and not for ever.
 */
import { defined } from "../core/defined.ts";
import { AzureError } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import type { RequestTools } from "./tools.ts";

/** It is no longer what was read, or it is there already. */
export const isOvertaken = (error: unknown): error is AzureError => error instanceof AzureError && error.status === 412;

/** Who is overtaken so often is not in a race with other runs: something changes it all the time. */
const MOST = 12;
const PAUSE = { first: 250, most: 4000 };

/** Counts, and waits longer each time: not at all at first. `next` throws ChangedMeanwhile (exit 7) when it was the last. */
export function createPatience(label: string, { clock, random, signal }: Pick<RequestTools, "clock" | "random" | "signal">) {
  let times = 0;
  return {
    async next(cause?: AzureError): Promise<void> {
      times += 1;
      if (times > MOST) throw changedMeanwhile(label, cause);
      if (times === 1) return;
      const full = Math.min(PAUSE.most, PAUSE.first * 2 ** (times - 2));
      await clock.sleep(full / 2 + random() * (full / 2), signal);
    },
  };
}

// --- internal ---

const changedMeanwhile = (label: string, cause: AzureError | undefined): ClusterError =>
  new ClusterError("ChangedMeanwhile", `${label} was changed by somebody else each time that this run was about to change it`, {
    source: "azure",
    exit: EXIT.conflict,
    advice:
      "Something works on it all the time: the activity log in the portal says who. Then run the same command again: it goes on from here.",
    ...defined({ cause }),
  });
