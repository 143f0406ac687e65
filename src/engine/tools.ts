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
  /**
   * Aborted when nothing new is to begin: the first Ctrl-C. What Azure has refused by then, or has not been asked for, ends with its
   * reason; what it has accepted, or may have, is waited for. Absent where work must come to its end (`toTheEnd`).
   */
  readonly stop?: AbortSignal | undefined;
}

/** What a single request needs. */
export type RequestTools = Omit<Tools, "siblings">;

type Signals = Pick<Tools, "signal" | "stop">;

/** For what has not begun: it ends with the first Ctrl-C. */
export const untilStopped = ({ signal, stop }: Signals): AbortSignal =>
  stop === undefined ? signal : AbortSignal.any([signal, stop]);

/** For what has begun, or takes back what has. */
export const toTheEnd = <T extends Signals>(tools: T): T => ({ ...tools, stop: undefined });

/** It did not begin, for nothing new is to: the walk calls that skipped. */
export const endedByStop = ({ stop }: Pick<Tools, "stop">, error: unknown): boolean =>
  stop?.aborted === true && error === stop.reason;
