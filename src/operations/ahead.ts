/** Questions to Azure, and reads that are begun before somebody asks them (ask.ts). Types alone, for a run has one. */
import type { Lookups } from "../azure/lookups.ts";

export type Question = keyof Lookups;
/** What a question takes, without the signal that ends it. */
export type Given<Q extends Question> = Lookups[Q] extends (...given: [...infer G, AbortSignal]) => unknown ? G : never;
export type Answer<Q extends Question> = Awaited<ReturnType<Lookups[Q]>>;

/** Reads that are on their way. */
export interface Ahead {
  /** Makes it now; the same again, before somebody took it, is the same one. */
  begin<Q extends Question>(question: Q, ...given: Given<Q>): Promise<Answer<Q>>;
  /** The read that is on its way, once: who asks again wants to know how it is then. */
  take<Q extends Question>(question: Q, given: Given<Q>): Promise<Answer<Q>> | undefined;
  /** Gives up what nobody took. */
  end(): void;
}
