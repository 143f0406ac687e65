/**
 * Destroys one cluster, and proves it: marks it, so that a create that runs at the same time stops; deletes its group, or in
 * somebody else's group what is its own; and looks again until nothing of it is left. Asks nobody and prints nothing.
 *
 * Why a create at the same time leaves nothing behind: a create looks at the claim just before its first machine, and the claim
 * is marked before anything is deleted and is the last to go. What a create has asked for before that is found by the next look.
 */
import { defined } from "../../core/defined.ts";
import type { Alike, Gone } from "../../core/documents.ts";
import { AzureError, amended } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";
import { nameOf } from "../../core/plan/resource.ts";
import { type Left, countDown } from "./count-down.ts";
import { patiently, deletePatiently } from "../../engine/patiently.ts";
import { retag } from "../../engine/retag.ts";
import { endedByStop, toTheEnd } from "../../engine/tools.ts";
import { type Doom, refuseUntold, surveyDoom, untoldIn } from "./doom-survey.ts";
import { TAKES_ALONG, refuseTaken } from "../cluster/let-go.ts";
import { deleteUntilGone, gone, tagHeld } from "./delete-until-gone.ts";
import { ifThere, mark, unmark } from "./mark.ts";
import { USED } from "./used-by-others.ts";
import { lookIn } from "../cluster/find.ts";
import { afterLooking, mayHold } from "./hidden.ts";
import { DESTROYING, type Tags, isOurs, isToolTag } from "../../core/plan/tags.ts";
import type { Run } from "../run.ts";
import { withoutTags } from "../../core/plan/tag-parts.ts";

export interface Destroyed {
  readonly deleted: readonly Gone[];
  /** What is still there, as the last list shows it. */
  readonly left: readonly Gone[];
  /** What looked like the cluster's by then and was not. */
  readonly kept?: readonly Alike[];
  /** The first failure, when something is left. */
  readonly failure?: unknown;
}

/** How often a delete of the whole group is begun again when Azure ends it as failed. */
const GROUP_ATTEMPTS = 3;

/**
 * @param still asked of the tags at the moment at which the mark is written: it throws when they are a reason to stop
 * @throws ClusterError what ends a run as a whole: interrupt, deadline, sign-in; a refusal before anything was deleted
 */
export async function destroyCluster(run: Run, planned: Doom, still?: (tags: Tags) => void): Promise<Destroyed> {
  run.stop.throwIfAborted();
  let doom = await lookAgain(run, planned);
  refuseUntold(doom);
  refuseTaken(doom.taken);
  const at = new Date(run.clock.now()).toISOString();
  try {
    await mark(run, doom, at, still);
    await tagHeld(run, doom).catch((error: unknown) => {
      // a group that goes whole takes them along, whatever they carry
      if (!doom.whole) throw error;
      run.tools.signal.throwIfAborted();
    });
    if (doom.whole) doom = await lookLast(run, doom);
  } catch (error) {
    await unmark(run, doom, at);
    throw nothingGone(error);
  }
  return doom.whole ? deleteGroup(run, doom, at) : deletePieces(run, doom, at);
}

/** Waits until a group that is being deleted is gone; true when it is. */
export async function awaitGroupGone(run: Run, groupName: string): Promise<boolean> {
  for (;;) {
    const group = await patiently(toTheEnd(run.tools), (signal) => run.lookups.group(groupName, signal));
    if (group === undefined) return true;
    if (!group.deleting) return false;
    await run.clock.sleep(POLL_MS, run.tools.signal);
  }
}

// --- internal ---

const POLL_MS = 5000;

/** Minutes may have passed since the look: somebody was asked. What others have put into the group since then stays, and so does it. */
async function lookAgain(run: Run, planned: Doom): Promise<Doom> {
  const { name, groupName, owner, claims } = planned.located;
  const doom = await surveyDoom(run, { ...(await lookIn(run, name, groupName, claims[0])), owner });
  return { ...doom, whole: doom.whole && planned.whole, hidden: doom.hidden ?? planned.hidden };
}

/** Marking takes seconds, and the deletion of a group knows no condition: one list more, and where that has something new all of them. */
async function lookLast(run: Run, doom: Doom): Promise<Doom> {
  const { groupName, owner } = doom.located;
  const contents = await patiently(run.tools, (signal) => run.lookups.contents(groupName, signal));
  if (contents === undefined || contents === "unlisted") return doom;
  const known = new Set([...doom.found, ...doom.strange].map(({ id }) => id.toLowerCase()));
  if (contents.every(({ id }) => known.has(id.toLowerCase()))) return doom;
  return surveyDoom(run, { ...(await lookIn(run, doom.located.name, groupName, doom.located.claims[0])), owner });
}

async function deleteGroup(run: Run, doom: Doom, at: string): Promise<Destroyed> {
  const { tools, emit } = run;
  const { located, scope } = doom;
  const about = { id: scope, label: `resource group ${located.groupName}` };
  const all = [...doom.ours, { kind: "resourceGroup", id: scope, label: about.label }];
  /** What has not been told to be gone. */
  const told = new Map(all.map((one) => [one.id.toLowerCase(), one]));
  for (let attempt = 1; ; attempt++) {
    if (run.stop.aborted && attempt === 1) {
      await unmark(run, doom, at);
      throw run.stop.reason;
    }
    if (attempt === 1) emit({ ...about, kind: "started", detail: `being deleted with all that is in it` });
    const failure = await counted(run, located.groupName, told, () =>
      deletePatiently({ kind: "resourceGroup", ...about }, tools, "groupDelete").then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    tools.signal.throwIfAborted();
    const unbegun = attempt === 1 && endedByStop(tools, failure);
    if (unbegun) emit({ ...about, kind: "skipped" });
    if (unbegun || (attempt === 1 && isRefusal(failure))) {
      await unmark(run, doom, at);
      throw nothingGone(failure);
    }
    if (failure !== undefined && !(failure instanceof AzureError)) throw failure;
    if (await awaitGroupGone(run, located.groupName)) {
      for (const { id, label } of told.values()) emit({ kind: "done", change: "deleted", id, label });
      return { deleted: all.map(gone), left: [] };
    }
    const now = await surveyDoom(run, { ...(await lookIn(run, located.name, located.groupName)), owner: located.owner });
    if (now.located.own && now.located.group?.tags[DESTROYING] === undefined) throw madeAgain(located.name);
    const detail = whyGroupStays(doom, now);
    if (detail !== undefined) {
      emit({ ...about, kind: "skipped", detail });
      const rest = await deletePieces(run, { ...now, whole: false });
      return { ...rest, deleted: [...goneSince(doom.ours, now.ours), ...rest.deleted] };
    }
    const why = untoldIn(now) ?? failure;
    const said = why === undefined ? {} : { code: why.code, message: why.message };
    if (attempt >= GROUP_ATTEMPTS || run.stop.aborted || why !== failure) {
      emit({ ...about, kind: "failed", ...said });
      const left = [
        ...now.ours,
        ...now.strange.map(({ id, type }) => ({ id, kind: type })),
        { kind: "resourceGroup", id: scope },
      ].map(gone);
      return { deleted: goneSince(all, left), left, ...defined({ failure: why }) };
    }
    emit({ ...about, kind: "retrying", ...said });
  }
}

/** A group that Azure has not deleted may be somebody else's by then, or hold what is. */
function whyGroupStays({ ours }: Doom, { located, foreign }: Doom): string | undefined {
  if (!located.own) return `its tags no longer say that it is ${located.name}'s`;
  const before = new Set(ours.map(({ id }) => id.toLowerCase()));
  return foreign.some(({ id }) => !before.has(id.toLowerCase())) ? "others have resources in it by now" : undefined;
}

function goneSince(before: readonly Gone[], left: readonly Gone[]): Gone[] {
  const ids = new Set(left.map(({ id }) => id.toLowerCase()));
  return before.filter(({ id }) => !ids.has(id.toLowerCase())).map(gone);
}

async function counted<T>(run: Run, groupName: string, left: Left, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  void countDown(run, groupName, left, AbortSignal.any([over.signal, run.tools.signal])).catch(() => undefined);
  return work().finally(() => over.abort(new Error("over")));
}

/** @param at by which the mark is known that is taken back where nothing was deleted; without one something has gone already */
async function deletePieces(run: Run, doom: Doom, at?: string): Promise<Destroyed> {
  const { deleted, now, failure, anew } = await deleteUntilGone(run, doom, { wanted: () => true });
  const left = [...now.ours.map(gone), ...now.strange.map(({ id, type }) => ({ id, kind: type }))];
  if (left.length === 0 && anew) throw madeAgain(doom.located.name);
  if (left.length === 0 && now.located.own) await release(run, now);
  else if (left.length === 0) sayEmpty(run, now);
  const unbegun = run.stop.aborted && failure === undefined && left.length > 0;
  if (at !== undefined && deleted.length === 0 && (isRefusal(failure) || unbegun)) {
    await unmark(run, doom, at);
    throw unbegun ? run.stop.reason : nothingGone(failure);
  }
  return { deleted, left, kept: now.kept, ...(left.length === 0 ? {} : defined({ failure })) };
}

/** It was refused at once, by Azure or for others' sake. */
const isRefusal = (error: unknown): boolean =>
  (error instanceof ClusterError && [TAKES_ALONG, USED].includes(error.code)) ||
  (error instanceof AzureError &&
    !error.operation &&
    (error.code === "ScopeLocked" || error.status === 401 || error.status === 403));

/** Who is refused at the first step is told that it was the first. */
const nothingGone = (error: unknown): unknown =>
  error instanceof AzureError && isRefusal(error) ? amended(error, { next: "Nothing was deleted." }) : error;

const madeAgain = (name: string): ClusterError =>
  new ClusterError("ClusterConflict", `${name} is gone, and somebody is making it again at this moment`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: `What you confirmed is destroyed. If the new one is to go too: \`azure-coreos-cluster destroy ${name}\`.`,
  });

/** A group that others use stays, and is the cluster's no more. */
async function release(run: Run, { located, scope, hidden, foreign }: Doom): Promise<void> {
  const others = (tags: Record<string, string>): Record<string, string> | undefined =>
    isOurs(tags, located.name) ? withoutTags(tags, Object.keys(tags).filter(isToolTag)) : undefined;
  await ifThere(retag({ kind: "resourceGroup", id: scope }, others, toTheEnd(run.tools)));
  run.emit({
    kind: "note",
    id: scope,
    label: nameOf(scope),
    message:
      hidden === undefined || foreign.length > 0
        ? `The resource group ${located.groupName} stays, for others have resources in it; it no longer belongs to ${located.name}.`
        : `The resource group ${located.groupName} stays: ${mayHold(hidden)} It no longer belongs to ${located.name}. ${afterLooking(located.groupName)}`,
  });
}

/** A group that is nobody's of ours stays, for a person may have made it: who has emptied it hears of it. */
function sayEmpty(run: Run, { located: { group, groupName }, scope, foreign, told }: Doom): void {
  if (group === undefined || group.deleting || foreign.length > 0 || !told) return;
  run.emit({
    kind: "note",
    id: scope,
    label: nameOf(scope),
    message: `The resource group ${groupName} is empty now, and stays, for it is not the cluster's. To delete it: az group delete --name ${shellWord(groupName)}`,
  });
}
