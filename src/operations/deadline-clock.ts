/** A clock that knows when the run must end: no sleep goes past it. */
import type { Clock } from "../core/clock.ts";

/** @param expired called once when a sleep reaches the deadline; what it returns is thrown */
export function withDeadline(clock: Clock, deadline: number, expired: () => Error): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms, signal) {
      const left = deadline - clock.now();
      if (ms < left) return clock.sleep(ms, signal);
      await clock.sleep(Math.max(0, left), signal);
      throw expired();
    },
  };
}
