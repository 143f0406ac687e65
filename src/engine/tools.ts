/** What every piece of the engine works with, handed down as one value. */
import type { Clock } from "../core/clock.ts";
import type { Emit } from "./event.ts";
import type { Live, Provider, Target } from "./provider.ts";
import type { Waiting } from "./read-budget.ts";
import type { Throttle } from "./throttle.ts";

/** Those who wait for resources of one kind in one place (siblings.ts). */
export interface Siblings {
  /** Joins them; one who has nothing beside it only counts. */
  join(target?: Target): {
    /** How many its next list tells of, and how many ask for themselves. */
    crowd(): Pick<Waiting, "listed" | "asking">;
    /**
     * What a list says of it that left no more than `within` ms ago; undefined when it is better asked for by itself.
     * An abort ends the wait at once.
     */
    state(within: number, signal: AbortSignal): Promise<Live["state"] | undefined>;
    /** @param ended it has ended well */
    leave(ended: boolean): void;
  };
}

export interface Tools {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly throttle: Throttle;
  readonly siblings: Siblings;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly emit: Emit;
  /** Aborts at once: the second Ctrl-C, or the deadline. */
  readonly signal: AbortSignal;
}

/** What a single request needs. */
export type RequestTools = Omit<Tools, "siblings">;
