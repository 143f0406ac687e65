/**
 * Questions to Azure, each asked with the engine's patience. Whoever knows early what will be asked makes the read before its turn
 * (`lookAhead`), and who asks takes it for his first. What nobody takes costs a read: it is not repeated, told, or taken for an answer.
 */
import type { Lookups } from "../azure/lookups.ts";
import { AzureError } from "../core/advice/azure-error.ts";
import { canonical } from "../core/fingerprint.ts";
import { once, patiently } from "../engine/patiently.ts";
import type { Ahead, Answer, Given, Question } from "./ahead.ts";
import type { Run } from "./run.ts";

/** @throws what Azure says no with, as soon as asking again is of no use */
export function ask<Q extends Question>(
  run: Pick<Run, "tools" | "lookups" | "ahead">,
  question: Q,
  ...given: Given<Q>
): Promise<Answer<Q>> {
  return patiently(run.tools, readOf(run.lookups, question, given), run.ahead?.take(question, given));
}

/** The owner of what it begins: how that ends is heard, whether somebody takes it or not, and nothing goes on after `end`. */
export function lookAhead({ tools, lookups }: Pick<Run, "tools" | "lookups">): Ahead {
  const over = new AbortController();
  const own = { ...tools, signal: AbortSignal.any([tools.signal, over.signal]) };
  const begun = new Map<string, Promise<unknown>>();
  const forbidden = FORBIDDEN.get(lookups) ?? new Map<string, Promise<never>>();
  FORBIDDEN.set(lookups, forbidden);
  return {
    begin<Q extends Question>(question: Q, ...given: Given<Q>) {
      const key = keyOf(question, given);
      const before = (forbidden.get(key) ?? begun.get(key)) as Promise<Answer<Q>> | undefined;
      if (before !== undefined) return before;
      const read = once(own, readOf(lookups, question, given));
      read.catch((error: unknown) => {
        if (error instanceof AzureError && error.status === 403) forbidden.set(key, read as Promise<never>);
      });
      begun.set(key, read);
      return read;
    },
    take<Q extends Question>(question: Q, given: Given<Q>) {
      const key = keyOf(question, given);
      const read = begun.get(key) as Promise<Answer<Q>> | undefined;
      begun.delete(key);
      return read;
    },
    end() {
      begun.clear();
      over.abort(NOBODY_ASKS);
    },
  };
}

// --- internal ---

const NOBODY_ASKS = new Error("nobody asks any more");

/** What a run was not allowed to ask it does not begin again. */
const FORBIDDEN = new WeakMap<Lookups, Map<string, Promise<never>>>();

const keyOf = (question: Question, given: readonly unknown[]): string => canonical([question, ...given]);

function readOf<Q extends Question>(lookups: Lookups, question: Q, given: Given<Q>): (signal: AbortSignal) => Promise<Answer<Q>> {
  // that a question and what it takes belong together, the callers' types have said
  const read = lookups[question] as (...all: unknown[]) => Promise<Answer<Q>>;
  return (signal) => read(...given, signal);
}
