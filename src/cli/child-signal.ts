/** What ends a program that a session runs for somebody: a stop, and the run's time where that counts. */
import type { Session } from "./session.ts";

export interface ChildSignal {
  readonly signal: AbortSignal;
  /** The program has ended. */
  over(): void;
}

/** @param timeCounts false for whoever sits at a login: that is not cut off, and the run's time is the way there */
export function childSignal(
  { stop, tools, clock }: Pick<Session, "stop" | "tools" | "clock">,
  { timeCounts }: { readonly timeCounts: boolean },
): ChildSignal {
  const over = new AbortController();
  // a sleep that reaches the end of the run's time ends the run
  if (timeCounts) clock.sleep(NO_LIMIT_MS, over.signal).catch(() => undefined);
  return { signal: AbortSignal.any([stop, tools.signal]), over: () => over.abort() };
}

/** Without a limit; a timer of Node holds 24 days. */
export const NO_LIMIT_MS = 24 * 24 * 3_600_000;
