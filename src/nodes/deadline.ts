/**
 * A time limit as an AbortSignal, on the Clock that the caller brings. One abort ends a step at once, whether Ctrl-C, the
 * command's deadline or the step's own limit caused it. It must not know what is being limited.
 */
import type { Clock } from "../core/clock.ts";

export interface Limit {
  readonly signal: AbortSignal;
  /** True when the limit itself has passed, as opposed to the caller's signal. */
  expired(): boolean;
  /** Lets the time stand still until `resume`; a second call does nothing. */
  pause(): void;
  resume(): void;
  /** To be called when the step is over, or the timer keeps the process alive. */
  done(): void;
}

/** A signal that aborts after `ms` milliseconds or with `parent`, whichever is first. */
export function limit(clock: Clock, ms: number, parent?: AbortSignal): Limit {
  const controller = new AbortController();
  let timer = new AbortController();
  let [left, since] = [Math.max(0, ms), clock.now()];
  let expired = false;
  let [paused, over] = [false, false];
  const onParent = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onParent();
  else parent?.addEventListener("abort", onParent, { once: true });
  const start = (): void => {
    timer = new AbortController();
    since = clock.now();
    clock.sleep(left, timer.signal).then(
      () => {
        expired = !controller.signal.aborted;
        controller.abort(new Error(`time limit of ${ms} ms has passed`));
      },
      () => undefined, // done() or pause() was called first
    );
  };
  start();
  return {
    signal: controller.signal,
    expired: () => expired,
    pause: () => {
      if (paused || over) return;
      paused = true;
      left = Math.max(0, left - (clock.now() - since));
      timer.abort(new Error("paused"));
    },
    resume: () => {
      if (!paused || over) return;
      paused = false;
      start();
    },
    done: () => {
      over = true;
      parent?.removeEventListener("abort", onParent);
      timer.abort(new Error("done"));
    },
  };
}
