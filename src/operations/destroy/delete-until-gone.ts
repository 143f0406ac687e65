/**
 * Deletes piece by piece and looks again, until nothing of what is wanted is left: what a run at the same time makes meanwhile
 * is found by the next look, and so is what Azure called deleted and had not deleted.
 */
import type { Gone } from "../../core/documents.ts";
import type { Doomed } from "../../core/doomed.ts";
import type { Found } from "../../core/found.ts";
import { ClusterError } from "../../core/errors.ts";
import type { Owner } from "../../core/plan/proof.ts";
import { DESTROYING, wordOf } from "../../core/plan/tags.ts";
import { deleteResources } from "./delete-resources.ts";
import { type Doom, oursOf, surveyDoom } from "./doom-survey.ts";
import { NOT_OURS, machineTags, refuseTaken, tagDisks } from "../cluster/let-go.ts";
import type { FoundClaim } from "../cluster/cluster.ts";
import { lookIn } from "../cluster/find.ts";
import type { Run } from "../run.ts";
import { USED, refuseUsed } from "./used-by-others.ts";

export const gone = ({ kind, id }: Gone): Gone => ({ kind, id });

export interface Cleared {
  readonly deleted: readonly Gone[];
  /** What the last look shows; `ours` holds only what is wanted. */
  readonly now: Doom;
  /** The first failure of the last pass. */
  readonly failure: unknown;
  /** Another creation of the name has begun meanwhile: what two of them may write is its own, and no more wanted. */
  readonly anew: boolean;
}

export interface ClearOptions {
  /** What is to go, of what is the cluster's. */
  readonly wanted: (one: Doomed) => boolean;
}

/** How often the same list is taken for one that is behind. */
const LAGGING_PASSES = 6;
const LAG_MS = 5000;

export async function deleteUntilGone(run: Run, doom: Doom, { wanted }: ClearOptions): Promise<Cleared> {
  const { stop } = run;
  const { name, groupName, owner } = doom.located;
  const deleted = new Map<string, Gone>();
  let now: Doom = { ...doom, ours: doom.ours.filter(wanted) };
  let { behind } = doom;
  const others = othersIn(doom);
  // whose things are meant stays as it was: when the claim has gone nothing says any more which creation of the name it was
  const claim = doom.behind ? doom.located.claims[0] : undefined;
  const look = async (whose: Owner): Promise<Doom> =>
    surveyDoom(run, { ...(await lookIn(run, name, groupName, claim)), owner: whose });
  for (let before = "", same = 0, waits = 0; ;) {
    const going = new Set(now.ours.map((one) => one.id.toLowerCase()));
    refuseTaken(now.taken.filter(({ machine }) => going.has(machine.toLowerCase())));
    await tagHeld(run, now);
    const results = await deleteResources(run, now.located.owner, now.ours);
    for (const one of now.ours) if (results.get(one.id)?.state === "done") deleted.set(one.id.toLowerCase(), gone(one));
    const failures = [...results.values()].flatMap((result) => (result.state === "failed" ? [result.error] : []));
    const taken = failures.some((error) => error instanceof ClusterError && error.code === NOT_OURS);
    const failure = failures[0];
    let seen = await look(owner);
    // two creations may write what is seen here: whose it is the claim says, as it is after that
    const anew = others.areIn(seen) && (await lookIn(run, name, groupName)).claims.some(others.isClaim);
    if (anew) seen = await look(besideAnother(owner));
    now = { ...seen, ours: seen.ours.filter(wanted) };
    for (const one of now.ours) deleted.delete(one.id.toLowerCase());
    const still = now.ours.map((one) => one.id).join("\n");
    same = still === before ? same + 1 : 0;
    // another pass is for what came meanwhile, and for what Azure said it had deleted; not for what it refused to the end
    const refused = !taken && now.ours.every((one) => ["failed", "skipped"].includes(results.get(one.id)?.state ?? ""));
    behind ||= seen.behind;
    if (now.ours.length === 0 && behind && !stop.aborted && waits++ < LAGGING_PASSES) {
      // lists that were behind may yet show what has no name that can be computed
      await run.clock.sleep(LAG_MS, run.tools.signal);
      continue;
    }
    const over = stop.aborted || now.ours.length === 0 || refused || same >= LAGGING_PASSES;
    // what is somebody else's by now may stand on what is left
    const used = over || !taken ? undefined : await usedMeanwhile(run, now);
    if (over || used !== undefined) return { deleted: [...deleted.values()], now, failure: used ?? failure, anew };
    if (same > 0) await run.clock.sleep(LAG_MS, run.tools.signal);
    before = still;
  }
}

/** What a destroy is refused for before its first deletion. */
async function usedMeanwhile(run: Run, now: Doom): Promise<ClusterError | undefined> {
  try {
    await refuseUsed(run, now);
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.code === USED) return error;
    throw error;
  }
}

/** Tells what is of another creation than those of which anything was there; a list may show a claim of these late. */
function othersIn({ found, ours }: Doom): { areIn(seen: Doom): boolean; isClaim(claim: FoundClaim): boolean } {
  const before = new Map(found.map((one) => [one.id.toLowerCase(), wordOf(one.tags)]));
  const words = new Set(ours.map(({ id }) => before.get(id.toLowerCase())));
  const isOther = ({ id, tags }: Pick<Found, "id" | "tags">): boolean => {
    const word = wordOf(tags);
    return before.get(id.toLowerCase()) !== word && !words.has(word);
  };
  return {
    areIn: (seen) => oursOf(seen).some(isOther),
    isClaim: (claim) => isOther(claim) && claim.tags[DESTROYING] === undefined,
  };
}

/** What says of itself that it is of the creation that is meant; where nobody knows which that was, nothing does. */
const besideAnother = (owner: Owner): Owner => ({
  ...owner,
  ids: owner.ids.size === 0 ? new Set(["none"]) : owner.ids,
  shared: new Set(),
});

/** Tells the disks whose they are, that are known by their machines alone, before those go. */
export async function tagHeld(run: Run, { found, untagged }: Pick<Doom, "found" | "untagged">): Promise<void> {
  const machines = new Map(found.map((one) => [one.id.toLowerCase(), one]));
  await Promise.all(
    untagged.map(async (disk) => {
      const machine = machines.get(disk.machine.toLowerCase());
      if (machine !== undefined) await tagDisks(run, [disk], machineTags(machine));
    }),
  );
}
