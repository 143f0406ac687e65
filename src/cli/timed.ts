/** What ends a program that a session runs for somebody: a stop, and the run's time where that counts. */
import type { Session } from "./session.ts";

export interface Timed {
  readonly signal: AbortSignal;
  /** The program has ended. */
  over(): void;
}

/** @param counts false for whoever sits at a login: that is not cut off, and the run's time is the way there */
export function timed({ stop, tools, clock }: Pick<Session, "stop" | "tools" | "clock">, counts: boolean): Timed {
  const over = new AbortController();
  // a sleep that reaches the end of the run's time ends the run
  if (counts) clock.sleep(LONG_MS, over.signal).catch(() => undefined);
  return { signal: AbortSignal.any([stop, tools.signal]), over: () => over.abort() };
}

/** Without a limit; a timer of Node holds 24 days. */
export const LONG_MS = 24 * 24 * 3_600_000;
