/**
 * Single requests with the engine's patience: a read, a delete, a write; each repeated within its budget, and told about. After the first
 * Ctrl-C nothing is sent again: it ends with the reason for the stop, and only of what went unanswered it is looked what became of it.
 */
import { AzureError } from "../core/advice/azure-error.ts";
import { defined } from "../core/defined.ts";
import type { ClusterError } from "../core/errors.ts";
import { type AnyResource, nameOf } from "../core/plan/resource.ts";
import { drive } from "./drive.ts";
import { createPatience, isOvertaken } from "./overtaken.ts";
import type { Live, Operation, Power, Target } from "./provider.ts";
import { type Retry, createBudget } from "./retry.ts";
import type { Ask } from "./throttle.ts";
import { type RequestTools, type Tools, untilStopped, endedByStop, toTheEnd } from "./tools.ts";

/** Deletes a resource and waits until it is gone; absent is success. With a label its retries are told by its name. */
export const deletePatiently = (
  target: Target & { readonly label?: string; readonly etag?: string | undefined },
  tools: Tools,
  schedule?: "groupDelete",
): Promise<void> =>
  sendUntilDone(
    {
      ask: { kind: "delete", id: target.id },
      label: target.label,
      conditional: target.etag !== undefined,
      pace: schedule ?? target.kind,
      send: (signal) => tools.provider.delete(target, signal, target.etag),
      isDone: async (signal) => (await tools.provider.get(target, signal)) === undefined,
    },
    tools,
  );

/**
 * Starts, restarts or deallocates a machine, and waits until Azure calls it done. Repeating it is safe, and is told by its label.
 * @throws AzureError UNSEEN where Azure has accepted a restart and does not show its end
 */
export const powerPatiently = (
  { id, label }: { readonly id: string; readonly label: string },
  power: Power,
  tools: Tools,
): Promise<void> =>
  sendUntilDone(
    {
      ask: { kind: "write", id },
      label,
      conditional: false,
      pace: "machine",
      leavesNoTrace: power === "restart",
      send: (signal) => tools.provider.power(id, power, signal),
      isDone: async (signal) =>
        (await tools.provider.powerState(id, signal)) === (power === "deallocate" ? "deallocated" : "running"),
    },
    tools,
  );

/**
 * Writes what was made of a resource that was read, and waits until Azure calls it done.
 * @param isDone whether the resource shows it: asked where an answer was lost
 * @throws AzureError 412 when somebody has changed it since: whoever made this of it looks again
 */
export const putPatiently = (
  resource: AnyResource,
  { etag, isDone }: { readonly etag: string | undefined; readonly isDone: (live: Live | undefined) => boolean },
  tools: Tools,
): Promise<void> =>
  sendUntilDone(
    {
      ask: { kind: "write", id: resource.id },
      label: resource.label,
      conditional: true,
      pace: resource.kind,
      send: (signal) => tools.provider.put(resource, { signal, ...defined({ ifMatch: etag }) }),
      isDone: async (signal) => isDone(await tools.provider.get(resource, signal)),
    },
    tools,
  );

const READ = { kind: "read" } as const;

type Read<T> = (signal: AbortSignal) => Promise<T>;

/** A read that is made once, when it may leave. */
export const once = <T>({ throttle, signal }: RequestTools, read: Read<T>): Promise<T> =>
  throttle.through(READ, signal, () => read(signal));

/**
 * A read that is repeated within a budget.
 * @param first one that was made `once` already
 */
export const patiently = <T>(tools: RequestTools, read: Read<T>, first?: Promise<T>): Promise<T> =>
  retried(READ, tools, undefined, async (again) => {
    // what is looked at after a stop is asked for once
    let turn = tools.stop?.aborted === true ? tools.signal : untilStopped(tools);
    let waitMs = 0;
    for (let begun = first; ; begun = undefined) {
      if (waitMs > 0) await tools.clock.sleep(waitMs, turn);
      try {
        return await (begun ?? tools.throttle.through(READ, turn, () => read(tools.signal)));
      } catch (error) {
        tools.signal.throwIfAborted();
        turn = untilStopped(tools);
        ({ waitMs } = again(error));
      }
    }
  });

/** What is there of it by now; undefined when there is none. */
export const getPatiently = (target: Target, tools: RequestTools): Promise<Live | undefined> =>
  patiently(tools, (signal) => tools.provider.get(target, signal));

/** For so long after a write Resource Manager's reads may not show what was written. */
const BEHIND_MS = 10_000;

/** What Azure has called made is there: reads that do not show it may come from another region, and be further behind than others. */
export const MADE_BEHIND_MS = 120_000;

/** Reads what is to be there, or so: a read that shows it otherwise may be behind, and is made again for some seconds. */
export async function lookFor(
  target: Target,
  tools: Tools,
  isSo = (live: Live | undefined): boolean => live !== undefined,
  behindMs = BEHIND_MS,
): Promise<Live | undefined> {
  const { clock, signal } = tools;
  const until = clock.now() + behindMs;
  for (let wait = 500; ; wait = Math.min(2 * wait, 2000)) {
    const live = await getPatiently(target, toTheEnd(tools));
    if (isSo(live) || clock.now() >= until) return live;
    await clock.sleep(wait, signal);
  }
}

/** One request that sets Azure to work. */
interface Work {
  readonly ask: Ask & { readonly id: string };
  readonly label: string | undefined;
  /** It is refused with 412 when something is no longer what was read. */
  readonly conditional: boolean;
  readonly pace: Parameters<typeof drive>[1];
  readonly send: (signal: AbortSignal) => Promise<Operation>;
  /** It cannot be seen on the resource: that has power before a restart and after it. */
  readonly leavesNoTrace?: boolean;
  /** What the resource itself says. */
  readonly isDone: (signal: AbortSignal) => Promise<boolean>;
}

/** Sends it, again where that is safe, and waits until Azure has done it. */
export const sendUntilDone = (work: Work, tools: Tools): Promise<void> =>
  retried(work.ask, tools, work.label, (again) => carryOutIn(work, again, tools));

// --- internal ---

async function carryOutIn(work: Work, again: Again, tools: Tools): Promise<void> {
  const { ask, label = nameOf(work.ask.id), conditional, pace, send, isDone, leavesNoTrace = false } = work;
  const patience = createPatience(label, tools);
  /** After that Azure may have been at work on it. */
  let unclear: unknown;
  for (let waitMs = 0; ;) {
    try {
      if (waitMs > 0) await tools.clock.sleep(waitMs, untilStopped(tools));
      const operation = await tools.throttle.through(ask, untilStopped(tools), () => send(tools.signal));
      return await drive(operation, pace, tools, { isDone, label, leavesNoTrace });
    } catch (error) {
      tools.signal.throwIfAborted();
      if (endedByStop(tools, error) && unclear !== undefined) {
        if (!leavesNoTrace && (await once(tools, isDone))) return;
        throw unclear;
      }
      // it is no longer what was read: whoever asked for this looks again
      if (isOvertaken(error) && conditional) throw error;
      // another write overtook it within Azure
      if (isOvertaken(error)) await patience.next(error);
      const retry = isOvertaken(error) ? undefined : again(error);
      if (retry?.ambiguous === true || (error as AzureError).operation) unclear = error;
      waitMs = retry?.waitMs ?? 0;
    }
  }
}

/** How long until it may be asked for again, and whether Azure may have heard it; told of. @throws the error where it is final */
export type Again = (error: unknown) => Pick<Retry, "waitMs" | "ambiguous">;

/** Work that may be repeated within one budget. @param label whose repetitions are told; without one they are Azure's, until it is over */
export async function retried<T>(
  ask: Ask,
  tools: RequestTools,
  label: string | undefined,
  work: (again: Again) => Promise<T>,
): Promise<T> {
  const { throttle, emit } = tools;
  const budget = createBudget(tools.clock, tools.random);
  const about = label === undefined ? { id: `azure/${ask.kind}`, label: "Azure" } : { id: ask.id ?? "", label };
  let told = false;
  const again: Again = (error) => {
    const retry = budget.next(error);
    // what is absent for a read is absent: only a PUT may have to wait for what it refers to
    if (retry === undefined || (retry.kind === "lag" && ask.kind === "read")) throw error;
    const { code, message } = error as ClusterError;
    const delayMs = retry.kind === "throttle" ? throttle.pause(ask, retry) : retry.waitMs;
    if (tools.stop?.aborted !== true) emit({ ...about, kind: "retrying", code, message, delayMs: Math.round(delayMs) });
    told ||= tools.stop?.aborted !== true;
    // after a 429 the throttle makes everybody wait
    return { waitMs: retry.kind === "throttle" ? 0 : retry.waitMs, ambiguous: retry.ambiguous };
  };
  try {
    return await work(again);
  } finally {
    if (told && label === undefined) emit({ ...about, kind: "done" });
  }
}
