/**
 * Brings one resource to what the plan says: observe, decide, act, and observe again after anything that left it unclear
 * whether Azure acted. That is all there is to a rerun, too. Long, for the loop and its answers to errors are one thought.
 */
import { AzureError } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { besideOthers } from "../core/plan/beside.ts";
import { KINDS } from "../core/plan/kinds.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import { decide, isSettled, stamped } from "./decide.ts";
import { drive } from "./drive.ts";
import { patiently, deletePatiently } from "./patiently.ts";
import { createPatience, isOvertaken } from "./overtaken.ts";
import type { Live } from "./provider.ts";
import { type RetryBudget, createBudget } from "./retry.ts";
import type { Tools } from "./tools.ts";

export type Outcome = "created" | "updated" | "unchanged";

export interface ConvergeOptions {
  readonly cluster: string;
  /** What an earlier look saw; absent: look now. `null` is "seen to be absent". */
  readonly observed?: Live | null;
  /** Asked just before every write, repeated ones too, and never sooner: throws when this run may write no more. */
  readonly permit?: () => Promise<void>;
  /**
   * What is wanted in view of what is there, of a resource that several runs change: asked before it is changed, and again when
   * another one was quicker. Throws when this run may change it no more.
   */
  readonly adapt?: (live: Live) => AnyResource | Promise<AnyResource>;
  /** It is changed and never made: throws what its absence means. */
  readonly mustExist?: () => Error;
  /**
   * Called once Azure has accepted it: a machine may be usable long before Azure calls it done. `live` is what is there when
   * it was not this call that made it.
   */
  readonly onAccepted?: (live?: Live) => void;
  /** Makes sure of what the resource stands on, when replacing it took that away (a machine's interface goes with it). */
  readonly restore?: () => Promise<void>;
  /** Asked before a machine is deleted that is to be made again: what it holds must be able to go. Throws when it must not. */
  readonly letGo?: (live: Live) => Promise<void>;
  /** Resolves when waiting for Azure's word is no longer needed: the node answers. */
  readonly usable?: Promise<void>;
}

/** A machine that fails to be made is made again this often within a run, where the failure may pass. */
const REPLACEMENTS = 1;

/** How often a change of what has no etag is looked at again. */
const CHECKS = 3;

export async function converge(resource: AnyResource, tools: Tools, options: ConvergeOptions): Promise<Outcome> {
  const budget = createBudget(tools.clock, tools.random);
  const patience = createPatience(resource.label, tools);
  const about = { id: resource.id, label: resource.label, ...(resource.node === undefined ? {} : { node: resource.node }) };
  let live: Live | null | undefined = options.observed;
  let acted: Outcome = "unchanged";
  let replaced = 0;
  let driving = false;
  let looked = false;
  let checked = 0;
  /** It changes, and no write can say what it was read as. */
  const unguarded = KINDS[resource.kind].etag !== true && !isSettled(resource.kind);
  /** Azure has called it made while it was still at work on it: its lists are not believed any more. */
  let early = false;
  /** A request of ours may have been carried out without our knowing. */
  let unclear = false;
  for (;;) {
    try {
      driving = false;
      if (live === undefined) {
        live = (await look(resource, tools)) ?? null;
        looked = true;
      }
      if (live === null && options.mustExist !== undefined) throw options.mustExist();
      let wanted = resource;
      let decision = decide(resource, live ?? undefined, options.cluster);
      // what has no etag is not written over on the word of an earlier look
      if (decision === "update" && unguarded && !looked) {
        live = undefined;
        continue;
      }
      if (decision === "update" && options.adapt !== undefined && live !== null) {
        wanted = await options.adapt(live);
        decision = decide(wanted, live, options.cluster);
      }
      switch (decision) {
        case "unchanged":
          if (!looked && isFresh(resource, live, tools.clock.now())) {
            live = undefined;
            continue;
          }
          tools.emit({
            ...about,
            kind: acted === "unchanged" ? "unchanged" : "done",
            ...(acted === "unchanged" ? {} : { change: acted }),
          });
          options.onAccepted?.(live ?? undefined);
          return acted;
        case "wait":
          tools.emit({ ...about, kind: "waiting", detail: "Azure is at work on it already" });
          if (live?.state === "working") options.onAccepted?.(live);
          if (await raceUsable((alone) => waitWhileWorking(resource, alone, early), options.usable, tools))
            return done("created");
          live = undefined;
          continue;
        case "replace":
          if (live !== null && live !== undefined) refuseOld(resource, live, tools.clock.now(), options.cluster);
          // nothing is deleted on the word of an earlier look: another run may have made it again since
          if (!looked) {
            live = undefined;
            continue;
          }
          await options.permit?.();
          tools.emit({ ...about, kind: "started", detail: "its creation failed: deleting it, to make it again" });
          if (live !== null && live !== undefined) await options.letGo?.(live);
          await deletePatiently({ ...resource, etag: live?.etag }, tools);
          await options.restore?.();
          live = null;
          continue;
        case "create":
        case "update": {
          if (acted === "unchanged") tools.emit({ ...about, kind: "started" });
          // what this call has made stays its own when it has to be put again
          if (acted !== "created") acted = decision === "create" ? "created" : "updated";
          await tools.throttle.take("write", tools.signal);
          await options.permit?.();
          const operation = await tools.provider.put(
            besideOthers(stamped(wanted), live ?? undefined, isSettled(resource.kind) && live?.state !== "failed"),
            {
              signal: tools.signal,
              createOnly: live === null && KINDS[resource.kind].etag === true,
              ...(live?.etag === undefined ? {} : { ifMatch: live.etag }),
            },
          );
          options.onAccepted?.();
          if (!operation.done) tools.emit({ ...about, kind: "waiting" });
          driving = true;
          const usable = await raceUsable((alone) => drive(operation, resource.kind, alone, resource), options.usable, tools);
          driving = false;
          // and may have been written over by who looked when we did: seen, it is written again
          if (decision === "update" && unguarded && checked++ < CHECKS) {
            live = undefined;
            continue;
          }
          if (usable || resource.kind !== "machine" || operation.confirmed === true) return done(acted);
          live = await lookAtMade(resource, tools);
          if (live.state === "succeeded") return done(acted);
          [looked, early] = [true, true];
          continue;
        }
      }
    } catch (error) {
      live = await again(error, live);
    }
  }

  function done(change: "created" | "updated"): Outcome {
    tools.emit({ ...about, kind: "done", change });
    return change;
  }

  /** Waits as long as the budget says and returns what is known of the resource then; throws what is final. */
  async function again(error: unknown, before: Live | null | undefined): Promise<Live | null | undefined> {
    tools.signal.throwIfAborted();
    if (isOvertaken(error)) {
      // another run has made or changed it, unless it was our own request that went unanswered
      if (!unclear) acted = "unchanged";
      await patience.next(error);
      return undefined;
    }
    if (
      error instanceof AzureError &&
      error.operation &&
      resource.kind === "machine" &&
      passes(error, budget) &&
      replaced < REPLACEMENTS
    ) {
      replaced++;
      tools.emit({ ...about, kind: "retrying", code: error.code, message: error.message, delayMs: 0 });
      return undefined;
    }
    // Azure has forgotten the operation; the resource itself still says what became of it
    if (driving && error instanceof AzureError && error.status === 404) return undefined;
    const retry = budget.next(error);
    if (retry === undefined) throw error;
    const { code, message } = error as ClusterError;
    const delayMs =
      retry.kind === "throttle" ? tools.throttle.pause(before === undefined ? "read" : "write", retry) : retry.waitMs;
    tools.emit({ ...about, kind: "retrying", code, message, delayMs: Math.round(delayMs) });
    // after a 429 the throttle makes everybody wait
    if (retry.kind !== "throttle") await tools.clock.sleep(retry.waitMs, tools.signal);
    // a reference that is gone may be one that a replaced machine took along
    if (retry.kind === "lag" && options.restore !== undefined && resource.kind === "machine") await options.restore();
    unclear ||= retry.ambiguous;
    // what another operation was at work on is another by now
    return retry.ambiguous || ((retry.kind === "contention" || retry.kind === "lag") && before !== null) ? undefined : before;
  }
}

// --- internal ---

/** A creation that failed is at most so old when somebody goes on with it. */
const YOUNG_MS = 24 * 3_600_000;

/**
 * A machine can be called Failed for another reason than its creation: a start or a change of a disk that went wrong, of a node
 * that has worked for months. What is on its disks is not ours to delete without being asked.
 */
function refuseOld(resource: AnyResource, live: Live, now: number, cluster: string): void {
  const made = (live.model as { timeCreated?: Date }).timeCreated;
  if (made === undefined || now - new Date(made).getTime() < YOUNG_MS) return;
  throw new ClusterError(
    "MachineFailed",
    `Azure calls ${resource.label} failed, and it was made on ${new Date(made).toISOString().slice(0, 10)}`,
    {
      source: "azure",
      advice: `It may have worked since, and hold data: look at it first. To make it anew: \`azure-coreos-cluster remove ${cluster} ${resource.id.slice(resource.id.lastIndexOf("/") + 1)}\`, then the same command again.`,
    },
  );
}

const look = (resource: AnyResource, tools: Tools): Promise<Live | undefined> =>
  patiently(tools, (signal) => tools.provider.get(resource, signal));

/**
 * A list, or the first answer, may call a machine made that Azure is still at work on: it is asked itself before we say so. One
 * read for each machine, and none where its operation was asked to the end, for the SDK has looked then.
 */
async function lookAtMade(resource: AnyResource, tools: Tools): Promise<Live> {
  const live = await look(resource, tools);
  if (live !== undefined && live.state !== "failed") return live;
  const what = live === undefined ? "is not there" : "is Failed";
  throw new AzureError("MachineFailed", `Azure called ${resource.label} made, and it ${what}`, {
    operation: true,
    advice: "Run the same command again: it makes it anew.",
  });
}

/** A machine that a run made a moment ago, as a list shows it. */
function isFresh({ kind }: AnyResource, live: Live | null | undefined, now: number): boolean {
  const made = kind === "machine" ? (live?.model as { timeCreated?: Date } | undefined)?.timeCreated : undefined;
  return made !== undefined && now - new Date(made).getTime() < FRESH_MS;
}

const FRESH_MS = 10 * 60_000;

/** Returns when it is at work no more, whatever became of it. @param alone asks for nothing else but itself */
async function waitWhileWorking(resource: AnyResource, tools: Tools, alone: boolean): Promise<void> {
  const poll = async (signal: AbortSignal): Promise<boolean> => {
    const state = (await tools.provider.get(resource, signal))?.state;
    return state !== "working" && state !== "deleting";
  };
  await drive({ done: false, poll }, resource.kind, tools, alone ? undefined : resource);
}

/** Waits for the first: true when the node became usable before Azure's word, which is then waited for no more. */
async function raceUsable(
  work: (tools: Tools) => Promise<void>,
  usable: Promise<void> | undefined,
  tools: Tools,
): Promise<boolean> {
  if (usable === undefined) {
    await work(tools);
    return false;
  }
  // a poll that goes on would keep the process alive for as long as Azure takes
  const rest = new AbortController();
  try {
    const alone = { ...tools, signal: AbortSignal.any([tools.signal, rest.signal]) };
    return await Promise.race([work(alone).then(() => false), usable.then(() => true)]);
  } finally {
    rest.abort(new Error("no longer waited for"));
  }
}

const passes = (error: AzureError, budget: RetryBudget): boolean =>
  budget.next(error) !== undefined || error.code === "AllocationFailed";

/** What a resource's failure means when the group is going away under us. */
export function beingDestroyed(error: unknown, group: string): unknown {
  if (!(error instanceof AzureError) || !/^(ResourceGroupBeingDeleted|ResourceGroupDeletionTimeout)$/.test(error.code))
    return error;
  return new ClusterError("BeingDestroyed", `resource group ${group} is being deleted`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "A destroy of this cluster is at work. Wait for it to end, then run the same command again.",
    cause: error,
  });
}
