/**
 * Waits for a long-running operation on a schedule of its own (read-budget.ts), through passing faults. Where many wait for resources
 * beside each other, one list tells all of them (siblings.ts); the operation itself is asked when that says anything but
 * "at work" or "done".
 */
import { AzureError } from "../core/advice/azure-error.ts";
import type { Operation, Target } from "./provider.ts";
import { paceOf, pauseBefore } from "./read-budget.ts";
import { createBudget } from "./retry.ts";
import type { Tools } from "./tools.ts";

export interface Driven {
  /** What the operation makes, when its siblings may be asked about with it. */
  readonly made?: Target | undefined;
  /** Asks the resource itself; by default whether what is made is there. */
  readonly isDone?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
}

export async function drive(
  operation: Operation,
  kind: Target["kind"] | "groupDelete",
  tools: Tools,
  { made, isDone = made && (async (signal) => (await tools.provider.get(made, signal))?.state === "succeeded") }: Driven = {},
): Promise<void> {
  if (operation.done) return;
  const { clock, signal } = tools;
  const pace = paceOf(kind);
  const budget = createBudget(clock, tools.random);
  const since = clock.now();
  let ended = false;
  let asked = 0;
  const siblings = tools.siblings.join(made);
  let lookAt = LOOK_MS;
  // an operation may stay at work for ever in Azure's books when what it does is done
  const isSo = async (elapsed: number): Promise<boolean> => {
    if (isDone === undefined || elapsed < lookAt) return false;
    lookAt = elapsed + LOOK_AGAIN_MS;
    return tools.throttle.through({ kind: "read" }, signal, () => isDone(signal));
  };
  try {
    for (;;) {
      const wait = pauseBefore(pace, { elapsed: clock.now() - since, asked, ...siblings.crowd() });
      await clock.sleep(wait, signal);
      const state = await siblings.state(wait / 2, signal);
      ended = state === "succeeded";
      if (ended) return;
      if (state === "working") continue;
      asked += 1;
      try {
        ended = await tools.throttle.through({ kind: "read" }, signal, () => operation.poll(signal));
        ended ||= await isSo(clock.now() - since);
        if (ended) return;
        budget.reset();
      } catch (error) {
        // an operation that has ended badly stays so, however often it is asked: what to do then is the caller's
        if (error instanceof AzureError && (error.operation || isVerdict(error.status))) throw error;
        const retry = budget.next(error);
        if (retry === undefined || retry.kind === "lag") throw error;
        if (retry.kind === "throttle") tools.throttle.pause({ kind: "read" }, retry);
        else await clock.sleep(retry.waitMs, signal);
      }
    }
  } finally {
    siblings.leave(ended);
  }
}

/** Longer than nearly everything takes: by then the resource itself is asked as well, once a minute. */
const LOOK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 60_000;

/** An operation that is asked about at its Location answers with its result: these are results, whatever their code says. */
const isVerdict = (status: number | undefined): boolean => status === 400 || status === 409 || status === 412;
