/** The mark of a destroy, on the claim and on the cluster's own group: a create that runs at the same time sees it and stops. Each destroy knows its own. */
import { AzureError, isAbsence } from "../../core/advice/azure-error.ts";
import { withoutTags } from "../../core/plan/tag-parts.ts";
import { TAG_LIMIT } from "../../core/plan/tag-limits.ts";
import { DESTROYING, type Tags } from "../../core/plan/tags.ts";
import { retag } from "../../engine/retag.ts";
import type { TagTarget } from "../../engine/provider.ts";
import { toTheEnd } from "../../engine/tools.ts";
import type { Run } from "../run.ts";
import type { Doom } from "./doom-survey.ts";

/**
 * @param at when this destroy began: by that it knows its mark again. One that is there already stays as it is
 * @param still asked of the tags at the moment at which the mark is written: it throws when they are a reason to stop
 */
export async function mark(run: Run, doom: Doom, at: string, still: ((tags: Tags) => void) | undefined): Promise<void> {
  const change = (now: Tags): Tags | undefined => {
    if (now[DESTROYING] !== undefined) return undefined;
    still?.(now);
    // a resource that is full of tags has room for it in place of our own print
    const room = Object.keys(now).length < TAG_LIMIT ? now : withoutTags(now, ["aoc-fingerprint"]);
    return { ...room, [DESTROYING]: at };
  };
  const open = unmarked(doom);
  const marking = (which: (target: TagTarget) => boolean) => (): Promise<void[]> =>
    Promise.all(open.flatMap((target) => (which(target) ? [ifThere(retag(target, change, run.tools))] : [])));
  const claims = marking(({ kind }) => kind !== "resourceGroup");
  const groups = marking(({ kind }) => kind === "resourceGroup");
  if (still === undefined) await Promise.all([claims(), groups()]);
  else {
    // the claim has an etag, so that its answer is the one that counts: a group is not marked for nothing
    await claims();
    await groups();
  }
}

/** Takes the mark back that this destroy has written, as well as may be: the cluster stays. Another destroy's stays, too. */
export async function unmark(run: Run, doom: Doom, at: string): Promise<void> {
  const change = (now: Tags): Tags | undefined => (now[DESTROYING] === at ? withoutTags(now, [DESTROYING]) : undefined);
  await Promise.all(unmarked(doom).map((target) => retag(target, change, toTheEnd(run.tools)).catch(() => undefined)));
}

/** Somebody else may delete it at the same time. */
export async function ifThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isAbsence(error) && !(error instanceof AzureError && error.code === "ResourceGroupBeingDeleted")) throw error;
  }
}

// --- internal ---

/** What is to carry the mark and did not when it was looked at: the claims first, for a create looks there. */
function unmarked({ located, scope }: Doom): TagTarget[] {
  const group = { kind: "resourceGroup" as const, id: scope, tags: located.group?.tags ?? {} };
  return [...located.claims, ...(located.own ? [group] : [])].flatMap(({ kind, id, tags }) =>
    tags[DESTROYING] === undefined ? [{ kind, id }] : [],
  );
}
