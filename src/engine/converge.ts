/**
 * Brings one resource to what the plan says: observe, decide, act, and observe again after anything that left it unclear
 * whether Azure acted. That is all there is to a rerun, too. A step for each decision; what went wrong is recover.ts's.
 */
import { defined } from "../core/defined.ts";
import { besideOthers } from "../core/plan/beside.ts";
import { KINDS } from "../core/plan/kinds.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import { besideForeign, lostTags, retagged, userTagsOf } from "../core/plan/user-tags.ts";
import { type ConvergeOptions, type Convergence, type Outcome, isExpected, startConvergence } from "./convergence.ts";
import { type Decision, type TaggedResource, decide, isSettled, isTagsOnly, keepsOurTags, stamped } from "./decide.ts";
import { drive } from "./drive.ts";
import { raceUsable, waitWhileWorking } from "./end-of-work.ts";
import { isFresh, lookAtMade, refuseAgain, refuseOld } from "./machine-made.ts";
import { MADE_BEHIND_MS, deletePatiently, getPatiently, lookFor } from "./patiently.ts";
import { CHECKS } from "./retag.ts";
import type { Live } from "./provider.ts";
import { isVerdict, recover } from "./recover.ts";
import type { Ask } from "./throttle.ts";
import { type Tools, untilStopped, toTheEnd } from "./tools.ts";
import { refuseReplaced, tagsIn } from "./whose.ts";

export async function converge(resource: AnyResource, tools: Tools, options: ConvergeOptions): Promise<Outcome> {
  const way = startConvergence(resource, tools, options);
  for (;;) {
    try {
      const outcome = await step(way);
      if (outcome !== undefined) return outcome;
    } catch (error) {
      try {
        way.live = await recover(way, error);
      } catch (final) {
        options.onUnfinished?.({ unclear: way.asked && !isVerdict(error), lastRetry: way.lastRetry, live: way.live });
        throw final;
      }
    }
  }
}

// --- internal ---

/** Comes to an outcome, or to undefined when there is more to do. */
async function step(way: Convergence): Promise<Outcome | undefined> {
  way.driving = false;
  const live = await seen(way);
  if (live === null && way.options.mustExist !== undefined) throw way.options.mustExist();
  if (live === null && isOldWord(way)) return lookAgain(way);
  if (live === null) return put(way, null, way.resource, "create");
  const { decision, wanted } = await wish(way, live);
  switch (decision) {
    case "look":
      return lookAgain(way);
    case "unchanged":
      return leave(way, live);
    case "wait":
      return waitFor(way, live);
    case "replace":
      return clear(way, live);
    default:
      return put(way, live, wanted, decision);
  }
}

async function seen(way: Convergence): Promise<Live | null> {
  if (way.live !== undefined) return way.live;
  const { resource } = way;
  const tools = way.asked ? toTheEnd(way.tools) : way.tools;
  // where the end of its operation was not seen, what it has made may not be seen either
  const behindMs = way.unheard > 0 && way.acted === "created" ? MADE_BEHIND_MS : undefined;
  const found = way.expected ? lookFor(resource, tools, undefined, behindMs) : getPatiently(resource, tools);
  way.live = (await found) ?? null;
  way.expected = isExpected(way.live);
  way.asked &&= way.live !== null;
  way.looked = true;
  return way.live;
}

function lookAgain(way: Convergence): undefined {
  way.live = undefined;
}

/** What is to become of it, in view of what others wrote there. */
async function wish(way: Convergence, live: Live): Promise<{ decision: Decision | "look"; wanted: AnyResource }> {
  const { resource, options } = way;
  const decision = decide(resource, live, options.cluster);
  if (decision !== "update") return { decision, wanted: resource };
  // what has no etag is not written over on the word of an earlier look
  if (isUnguarded(resource) && !way.looked) return { decision: "look", wanted: resource };
  if (options.adapt === undefined) return { decision, wanted: resource };
  const wanted = await options.adapt(live);
  return { decision: decide(wanted, live, options.cluster), wanted };
}

/** It is as it should be. */
function leave(way: Convergence, live: Live): Outcome | undefined {
  const { tools, about, acted } = way;
  if (!way.looked && isFresh(way.resource, live, tools.clock.now())) return lookAgain(way);
  tools.emit({ ...about, ...(acted === "unchanged" ? { kind: "unchanged" } : { kind: "done", change: acted }) });
  way.options.onAccepted?.(live);
  return acted;
}

/** Azure is at work on it, for somebody or for an earlier run. */
async function waitFor(way: Convergence, live: Live): Promise<Outcome | undefined> {
  const { tools, options } = way;
  tools.emit({ ...way.about, kind: "waiting", detail: "Azure is at work on it already" });
  if (live.state === "working") options.onAccepted?.(live);
  const usable = await raceUsable((alone) => waitWhileWorking(way.resource, alone, way.early), options.usable, tools);
  return usable ? done(way, "created") : lookAgain(way);
}

/** Deletes what failed to be made, so that it can be made again. */
async function clear(way: Convergence, live: Live): Promise<Outcome | undefined> {
  const { resource, tools, options } = way;
  // nothing is deleted on the word of an earlier look: another run may have made it again since
  if (!way.looked) return lookAgain(way);
  // what this call has asked for, and heard to fail, has not
  if (way.acted !== "created" && (await options.hasWorked?.(live)) === true) {
    way.live = { ...live, state: "succeeded" };
    return undefined;
  }
  refuseOld(resource, live, tools.clock.now(), options.cluster);
  refuseAgain(resource, way.unheard);
  await options.permit?.();
  tools.emit({ ...way.about, kind: "started", detail: "its creation failed: deleting it, to make it again" });
  await options.letGo?.(live);
  // one that this run has made goes; without it what is there stays when nothing new is to begin
  await deletePatiently({ ...resource, etag: live.etag }, way.asked ? toTheEnd(tools) : tools);
  await options.restore?.();
  way.live = null;
  way.expected = false;
  way.asked = false;
  return undefined;
}

/** Makes it, or changes it. */
async function put(
  way: Convergence,
  live: Live | null,
  wanted: AnyResource,
  decision: "create" | "update",
): Promise<Outcome | undefined> {
  const { resource, tools, options } = way;
  const change = decision === "update" ? ({ detail: "being changed", change: "updated" } as const) : {};
  if (way.acted === "unchanged") tools.emit({ ...way.about, kind: "started", ...change });
  // what this call has made stays its own when it has to be put again
  if (way.acted !== "created") way.acted = decision === "create" ? "created" : "updated";
  if (live !== null && isTagsOnly(wanted, live)) return retagOnly(way, live, wanted);
  const body = besideOthers(stamped(wanted), live ?? undefined);
  const turn = way.asked ? tools.signal : untilStopped(tools);
  const operation = await tools.throttle.through(writeOf(resource), turn, async () => {
    await options.permit?.();
    way.asked = true;
    return tools.provider.put(body, {
      signal: tools.signal,
      createOnly: live === null && KINDS[resource.kind].etag === true,
      ...defined({ ifMatch: live?.etag }),
    });
  });
  refuseReplaced(body, operation.tags);
  way.expected = true;
  way.lastRetry = undefined;
  options.onAccepted?.();
  if (!operation.done) tools.emit({ ...way.about, kind: "waiting" });
  way.driving = true;
  const usable = await raceUsable((alone) => drive(operation, resource.kind, alone, { made: resource }), options.usable, tools);
  way.driving = false;
  if (looksAgain(way, wanted, operation.tags) && decision === "update") return lookAgain(way);
  if (usable || resource.kind !== "machine" || operation.confirmed === true) return done(way, way.acted);
  way.live = await lookAtMade(resource, tools);
  refuseReplaced(resource, way.live.tags);
  if (way.live.state === "succeeded") return done(way, way.acted);
  way.looked = true;
  way.early = true;
  return undefined;
}

/** Its tags, and nothing else. */
async function retagOnly(way: Convergence, live: Live, wanted: TaggedResource): Promise<Outcome | undefined> {
  const { tools, options } = way;
  const { kind, id } = wanted;
  const texts = userTagsOf(tagsIn(wanted)).map(([name, value]) => `${name}=${value}`);
  const tags = keepsOurTags(wanted, live) ? retagged(live.tags, {}, texts) : besideForeign(tagsIn(stamped(wanted)), live.tags);
  const kept = await tools.throttle.through(writeOf(way.resource), way.asked ? tools.signal : untilStopped(tools), async () => {
    await options.permit?.("tags");
    way.asked = true;
    // it is there, and usable, also where its tags are not to be changed
    options.onAccepted?.(live);
    return tools.provider.tag({ kind, id }, tags, tools.signal, live.etag);
  });
  refuseReplaced(wanted, kept);
  return looksAgain(way, wanted, kept) ? lookAgain(way) : done(way, "updated");
}

/** A change of what has no etag may have been written over by who looked when we did: seen, it is written again. */
function looksAgain(way: Convergence, wanted: AnyResource, kept: Record<string, string> | undefined): boolean {
  const lost = kept === undefined ? [] : lostTags(tagsIn(wanted), kept);
  // Azure says itself that it has them otherwise: who does that does it each time
  if (lost.length > 0) way.options.onTagsLost?.(lost);
  return lost.length === 0 && isUnguarded(wanted) && way.checked++ < CHECKS;
}

function done(way: Convergence, change: "created" | "updated"): Outcome {
  way.tools.emit({ ...way.about, kind: "done", change });
  return change;
}

/** What all stand on goes first, and then a node that can be finished before one that would only be begun. */
const writeOf = ({ id, kind, node }: AnyResource): Ask => ({
  kind: "write",
  id,
  rank: node === undefined ? 0 : kind === "machine" ? 1 : 2,
});

/** It changes, and no write can say what it was read as. */
const isUnguarded = ({ kind }: AnyResource): boolean => KINDS[kind].etag !== true && !isSettled(kind);

/**
 * What has no etag cannot be made on the condition that it is still not there: what somebody else has made since a look, while a person
 * was asked perhaps, would be written over.
 */
const isOldWord = ({ resource, looked, options, tools }: Convergence): boolean =>
  KINDS[resource.kind].etag !== true && !looked && tools.clock.now() - (options.observedAt ?? Infinity) > OLD_MS;

/** A look is that old when a person was asked after it, or when others were made first; a plan is made within a second. */
const OLD_MS = 3000;
