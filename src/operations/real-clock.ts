/** The time of the machine: what every run but a rehearsal goes by. */
import type { Clock } from "../core/clock.ts";

export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    // a timer of more than 24 days would end at once
    for (let left = ms; left > LONGEST_TIMER_MS; left -= LONGEST_TIMER_MS) await timer(LONGEST_TIMER_MS, signal);
    await timer(ms > LONGEST_TIMER_MS ? ms % LONGEST_TIMER_MS : ms, signal);
  },
};

// --- internal ---

const LONGEST_TIMER_MS = 2 ** 31 - 1;

const timer = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const running = setTimeout(done, ms);
    function done(): void {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted(): void {
      clearTimeout(running);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", aborted, { once: true });
  });
