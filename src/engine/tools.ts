/** What every piece of the engine works with, handed down as one value. */
import type { Clock } from "../core/clock.ts";
import type { Emit } from "./event.ts";
import type { Provider } from "./provider.ts";
import type { Throttle } from "./throttle.ts";

export interface Tools {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly throttle: Throttle;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly emit: Emit;
  /** Aborts at once: the second Ctrl-C, or the deadline. */
  readonly signal: AbortSignal;
}
