/** Single requests with the engine's patience: a read, a delete, new tags; each repeated within its budget, and told about. */
import type { ClusterError } from "../core/errors.ts";
import { drive } from "./drive.ts";
import type { TagTarget, Target } from "./provider.ts";
import { type RetryBudget, createBudget } from "./retry.ts";
import type { RequestClass } from "./throttle.ts";
import type { RequestTools, Tools } from "./tools.ts";

/** Deletes a resource and waits until it is gone; absent is success. With a label its retries are told by its name. */
export async function remove(
  target: Target & { readonly label?: string },
  tools: Tools,
  schedule?: "groupDelete",
): Promise<void> {
  const budget = createBudget(tools.clock, tools.random);
  for (;;) {
    try {
      await tools.throttle.take("delete", tools.signal);
      const operation = await tools.provider.delete(target, tools.signal);
      await drive(operation, schedule ?? target.kind, tools);
      return;
    } catch (error) {
      tools.signal.throwIfAborted();
      await pause(
        error,
        budget,
        "delete",
        tools,
        target.label === undefined ? undefined : { id: target.id, label: target.label },
      );
    }
  }
}

/** Replaces the tags of a group, an address or a disk. */
export async function retag(target: TagTarget, tags: Record<string, string>, tools: Tools): Promise<void> {
  const budget = createBudget(tools.clock, tools.random);
  for (;;) {
    try {
      await tools.throttle.take("write", tools.signal);
      return await tools.provider.tag(target, tags, tools.signal);
    } catch (error) {
      tools.signal.throwIfAborted();
      await pause(error, budget, "write", tools);
    }
  }
}

/** A read that is repeated within a budget. */
export async function patiently<T>(tools: RequestTools, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const budget = createBudget(tools.clock, tools.random);
  for (;;) {
    await tools.throttle.take("read", tools.signal);
    try {
      return await read(tools.signal);
    } catch (error) {
      tools.signal.throwIfAborted();
      await pause(error, budget, "read", tools);
    }
  }
}

// --- internal ---

async function pause(
  error: unknown,
  budget: RetryBudget,
  kind: RequestClass,
  tools: RequestTools,
  about?: { readonly id: string; readonly label: string },
): Promise<void> {
  const retry = budget.next(error);
  // what is absent for a read is absent: only a PUT may have to wait for what it refers to
  if (retry === undefined || (retry.kind === "lag" && kind === "read")) throw error;
  const { code, message } = error as ClusterError;
  const delayMs = retry.kind === "throttle" ? tools.throttle.pause(kind, retry) : retry.waitMs;
  tools.emit({
    kind: "retrying",
    ...(about ?? { id: `azure/${kind}`, label: "Azure" }),
    code,
    message,
    delayMs: Math.round(delayMs),
  });
  // after a 429 the throttle makes everybody wait
  if (retry.kind !== "throttle") await tools.clock.sleep(retry.waitMs, tools.signal);
}
