/** Single requests with the engine's patience: a read, a delete, new tags; each repeated within its budget, and told about. */
import { AzureError } from "../core/advice/azure-error.ts";
import type { ClusterError } from "../core/errors.ts";
import { canonical } from "../core/fingerprint.ts";
import { nameOf } from "../core/plan/resource.ts";
import { drive } from "./drive.ts";
import { createPatience, isOvertaken } from "./overtaken.ts";
import type { Power, TagTarget, Target } from "./provider.ts";
import { type RetryBudget, createBudget } from "./retry.ts";
import type { Ask } from "./throttle.ts";
import type { RequestTools, Tools } from "./tools.ts";

/** Deletes a resource and waits until it is gone; absent is success. With a label its retries are told by its name. */
export async function deletePatiently(
  target: Target & { readonly label?: string; readonly etag?: string | undefined },
  tools: Tools,
  schedule?: "groupDelete",
): Promise<void> {
  const budget = createBudget(tools.clock, tools.random);
  for (;;) {
    try {
      const operation = await tools.throttle.through({ kind: "delete", id: target.id }, tools.signal, () =>
        tools.provider.delete(target, tools.signal, target.etag),
      );
      await drive(operation, schedule ?? target.kind, tools);
      return;
    } catch (error) {
      tools.signal.throwIfAborted();
      // it is no longer what was read: whoever asked for this looks again
      if (isOvertaken(error)) throw error;
      await pause(
        error,
        budget,
        { kind: "delete", id: target.id },
        tools,
        target.label === undefined ? undefined : { id: target.id, label: target.label },
      );
    }
  }
}

/** Starts, restarts or deallocates a machine, and waits until Azure calls it done. Repeating it is safe, and is told by its label. */
export async function powerPatiently(
  machine: { readonly id: string; readonly label: string },
  power: Power,
  tools: Tools,
): Promise<void> {
  const budget = createBudget(tools.clock, tools.random);
  for (;;) {
    try {
      const operation = await tools.throttle.through({ kind: "write", id: machine.id }, tools.signal, () =>
        tools.provider.power(machine.id, power, tools.signal),
      );
      await drive(operation, "machine", tools);
      return;
    } catch (error) {
      tools.signal.throwIfAborted();
      await pause(error, budget, { kind: "write", id: machine.id }, tools, machine);
    }
  }
}

type Tags = Record<string, string>;

/** How often a change of what has no etag is looked at again. */
const CHECKS = 3;

/**
 * Changes tags of a group, an address or a disk: reads them and writes what `change` makes of them. An address that somebody else
 * has changed in between refuses (412); others do not, so they are looked at again. A change that has
 * been made already, or is `undefined`, is not written.
 * @throws AzureError 404 when there is none; ClusterError ChangedMeanwhile (exit 7)
 */
export async function retag(target: TagTarget, change: (tags: Tags) => Tags | undefined, tools: Tools): Promise<void> {
  const budget = createBudget(tools.clock, tools.random);
  const patience = createPatience(nameOf(target.id), tools);
  let checked = 0;
  for (;;) {
    const live = await patiently(tools, (signal) => tools.provider.get(target, signal));
    if (live === undefined) throw new AzureError("ResourceNotFound", `${target.id} is not there`, { status: 404 });
    const wanted = change(live.tags);
    if (wanted === undefined || canonical(wanted) === canonical(live.tags)) return;
    try {
      await tools.throttle.through({ kind: "write", id: target.id }, tools.signal, () =>
        tools.provider.tag(target, wanted, tools.signal, live.etag),
      );
      if (live.etag !== undefined || ++checked > CHECKS) return;
    } catch (error) {
      tools.signal.throwIfAborted();
      if (isOvertaken(error)) await patience.next(error);
      else await pause(error, budget, { kind: "write", id: target.id }, tools);
    }
  }
}

type Read<T> = (signal: AbortSignal) => Promise<T>;

/** A read that is made once, when it may leave. */
export const once = <T>({ throttle, signal }: RequestTools, read: Read<T>): Promise<T> =>
  throttle.through({ kind: "read" }, signal, () => read(signal));

/**
 * A read that is repeated within a budget.
 * @param first one that was made `once` already
 */
export async function patiently<T>(tools: RequestTools, read: Read<T>, first?: Promise<T>): Promise<T> {
  const budget = createBudget(tools.clock, tools.random);
  for (let begun = first; ; begun = undefined) {
    try {
      return await (begun ?? once(tools, read));
    } catch (error) {
      tools.signal.throwIfAborted();
      await pause(error, budget, { kind: "read" }, tools);
    }
  }
}

// --- internal ---

async function pause(
  error: unknown,
  budget: RetryBudget,
  ask: Ask,
  tools: RequestTools,
  about?: { readonly id: string; readonly label: string },
): Promise<void> {
  const retry = budget.next(error);
  // what is absent for a read is absent: only a PUT may have to wait for what it refers to
  if (retry === undefined || (retry.kind === "lag" && ask.kind === "read")) throw error;
  const { code, message } = error as ClusterError;
  const delayMs = retry.kind === "throttle" ? tools.throttle.pause(ask, retry) : retry.waitMs;
  tools.emit({
    kind: "retrying",
    ...(about ?? { id: `azure/${ask.kind}`, label: "Azure" }),
    code,
    message,
    delayMs: Math.round(delayMs),
  });
  // after a 429 the throttle makes everybody wait
  if (retry.kind !== "throttle") await tools.clock.sleep(retry.waitMs, tools.signal);
}
