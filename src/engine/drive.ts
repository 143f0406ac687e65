/**
 * Waits for a long-running operation, on a schedule of its own: Azure's Retry-After on a running operation is a hint that
 * costs up to half a minute for each machine, so it is not slept out. Polls of all operations share one budget (throttle.ts).
 */
import { AzureError } from "../core/azure-error.ts";
import { createBudget } from "./retry.ts";
import type { Operation, Target } from "./provider.ts";
import type { Tools } from "./tools.ts";

interface Schedule {
  readonly first: number;
  readonly most: number;
}

/**
 * From what recordings of Azure show: network kinds end in 2 to 4 s, machines in 22 to 100 s and more. A machine's operation
 * may be asked 15 times a minute with 45 in hand, so every 5 s is within its limit.
 */
const SCHEDULE: Partial<Record<Target["kind"] | "groupDelete", Schedule>> = {
  machine: { first: 2000, most: 5000 },
  image: { first: 2000, most: 5000 },
  storageAccount: { first: 2000, most: 4000 },
  groupDelete: { first: 2000, most: 8000 },
};
/** Late by about a seventh of what an operation takes, at the most. */
const GROWTH = 1.15;
const OTHERS: Schedule = { first: 500, most: 3000 };

export async function drive(operation: Operation, kind: Target["kind"] | "groupDelete", tools: Tools): Promise<void> {
  const { first, most } = SCHEDULE[kind] ?? OTHERS;
  const budget = createBudget(tools.clock, tools.random);
  if (operation.done) return;
  for (let wait = first; ; wait = Math.min(most, wait * GROWTH)) {
    await tools.clock.sleep(wait, tools.signal);
    await tools.throttle.take("read", tools.signal);
    try {
      if (await operation.poll(tools.signal)) return;
      budget.reset();
    } catch (error) {
      // an operation that has ended badly stays so, however often it is asked: what to do then is the caller's
      if (error instanceof AzureError && error.operation) throw error;
      const retry = budget.next(error);
      if (retry === undefined || retry.kind === "lag") throw error;
      if (retry.kind === "throttle") tools.throttle.pause("read", retry);
      else await tools.clock.sleep(retry.waitMs, tools.signal);
    }
  }
}
