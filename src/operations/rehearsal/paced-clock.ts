/** A rehearsal's time that people can watch: so many times as fast as theirs, where a virtual clock would be over at once. */
import type { Clock } from "../../core/clock.ts";

/** @param start where it begins, in ms since 1970 */
export function pacedClock(real: Clock, start: number, speed: number): Clock {
  const began = real.now();
  return {
    now: () => start + Math.round((real.now() - began) * speed),
    sleep: (ms, signal) => real.sleep(ms / speed, signal),
  };
}
