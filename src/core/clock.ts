/**
 * Time as a value: everything that waits or asks for the time gets a Clock, so that a rehearsal and the tests run on
 * virtual time. The real one is made in cli/world.ts, the virtual one in sim/clock.ts.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason at the moment the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
