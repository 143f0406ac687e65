/**
 * Waits for a long-running operation on a schedule of its own (read-budget.ts), through passing faults. Where many wait for resources
 * beside each other, one list tells all of them (siblings.ts); the operation itself is asked when that says anything but
 * "at work" or "done". Where Azure no longer shows the operation, the resource is asked how it is.
 */
import { AzureError } from "../core/advice/azure-error.ts";
import type { Operation, Target } from "./provider.ts";
import { paceOf, pauseBefore } from "./read-budget.ts";
import { createBudget } from "./retry.ts";
import type { Tools } from "./tools.ts";

export interface DriveOptions {
  /** What the operation makes, when its siblings may be asked about with it. */
  readonly made?: Target | undefined;
  /** Asks the resource itself; by default whether what is made is there. */
  readonly isDone?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
  /** What it is about, where its end is to be found out here also without the operation; absent: the caller looks. */
  readonly label?: string;
  /** The resource is the same before and after: a machine that restarts. */
  readonly leavesNoTrace?: boolean;
}

/** The code of work that Azure has accepted, and of which nothing says how it ended. */
export const UNSEEN = "OutcomeUnseen";

/**
 * The operation's own address is gone (404, 410), or this caller may not read operations: that says nothing about what it does, which
 * goes on all the same.
 */
export const isOutOfSight = (error: unknown): error is AzureError =>
  error instanceof AzureError &&
  !error.operation &&
  (error.status === 404 || error.status === 410 || (error.status === 403 && error.code === "AuthorizationFailed"));

export async function drive(
  operation: Operation,
  kind: Target["kind"] | "groupDelete",
  tools: Tools,
  {
    made,
    isDone = made && (async (signal) => (await tools.provider.get(made, signal))?.state === "succeeded"),
    label,
    leavesNoTrace = false,
  }: DriveOptions = {},
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
  const sight = sightOf(operation, { isDone, label, leavesNoTrace }, clock);
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
        ended = await tools.throttle.through({ kind: "read" }, signal, () => sight.ask(signal));
        ended ||= await isSo(clock.now() - since);
        if (ended) return;
        sight.refuseLost();
        budget.reset();
      } catch (error) {
        if (sight.losesBy(error)) continue;
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

// --- internal ---

/** Who is asked how it goes: the operation and, once Azure shows that no more, the resource. */
function sightOf(
  operation: Operation,
  {
    isDone,
    label,
    leavesNoTrace,
  }: Pick<DriveOptions, "isDone"> & { readonly label: string | undefined; readonly leavesNoTrace: boolean },
  clock: Tools["clock"],
) {
  let ask = (signal: AbortSignal): Promise<boolean> => operation.poll(signal);
  let hidden: { readonly by: AzureError; readonly until: number } | undefined;
  return {
    ask: (signal: AbortSignal): Promise<boolean> => ask(signal),
    /** Whether the resource is asked from now on. @throws AzureError UNSEEN where that would not show it */
    losesBy(error: unknown): boolean {
      if (hidden !== undefined || label === undefined || isDone === undefined || !isOutOfSight(error)) return false;
      if (leavesNoTrace) throw unseen(label, error);
      hidden = { by: error, until: clock.now() + HIDDEN_MS };
      ask = isDone;
      return true;
    },
    /** @throws AzureError UNSEEN where the resource has had its time to show it */
    refuseLost(): void {
      if (hidden !== undefined && clock.now() >= hidden.until) throw unseen(label, hidden.by);
    },
  };
}

/** Longer than nearly everything takes: by then the resource itself is asked as well, once a minute. */
const LOOK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 60_000;

/** So long a resource may take to show what Azure has accepted, when nothing else does; what failed never shows it. */
const HIDDEN_MS = 10 * 60_000;

const unseen = (label = "it", cause: AzureError): AzureError =>
  new AzureError(UNSEEN, `${label}: Azure accepted this and no longer says how it ended (${cause.status} ${cause.code})`, {
    operation: true,
    cause,
    advice:
      cause.status === 403
        ? "Whoever signed in may not read operations: docs/role.json has the rights it takes. The same command again looks at what is there."
        : "The same command again looks at what is there.",
  });

/** An operation that is asked about at its Location answers with its result: these are results, whatever their code says. */
const isVerdict = (status: number | undefined): boolean => status === 400 || status === 409 || status === 412;
