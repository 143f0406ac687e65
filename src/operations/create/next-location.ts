/**
 * When no size of the wish has room in the location where a cluster was begun, or Azure lets this subscription make nothing there, and no machine of it is made: what this run made is
 * taken away, as --rollback does it, and it begins anew in the next location. Only where all there is of the cluster is this run's:
 * what an earlier run has begun stays where it is. A run that is killed meanwhile has left a rollback that broke off: its marks refuse
 * another create until `destroy`, or Azure, has ended it. So no cluster is ever in two locations.
 */
import { isOfPlace } from "../../core/advice/advice.ts";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError } from "../../core/errors.ts";
import type { PassedOver } from "../../core/documents.ts";
import { inTurn } from "../../core/spec/wishes.ts";
import type { Run } from "../run.ts";
import { type Carried, carryOut, failuresOf } from "./carry-out.ts";
import { candidateOf } from "./choose-place.ts";
import { prepare } from "./prepare.ts";
import type { Prepared } from "./prepared.ts";
import type { PlaceAnswers } from "./questions.ts";
import { isNoRoom } from "./sizes.ts";

/** Carries a plan out where it is to be; where that cannot be for want of room, in the next location that fits. */
export async function carryOutWhereRoomIs(run: Run, first: Prepared): Promise<Carried> {
  for (let prepared = first; ;) {
    const carried = await carryOut(run, prepared);
    const rest = nothingMade(run, carried) ? await placesThatFit(run, prepared) : [];
    const [next] = rest;
    if (next === undefined) return carried;
    const { location } = prepared.spec;
    const refused = failuresOf(prepared, carried).filter(isRefusedHere);
    const why =
      refused.length > 0
        ? `Nothing can be made in ${location} by this subscription`
        : `No size of the wish has room in ${location}`;
    const message = `${why}, and no machine is made: what was made is taken away, and ${prepared.name} begins anew in ${next.location}.`;
    run.emit({ kind: "note", id: "choice", label: "choice", code: codeOf(carried), message });
    const { rollback } = await import("./rollback.ts");
    const { left } = await rollback(run, carried.prepared, carried);
    if (left.length > 0 || run.stop.aborted) return carried;
    const locations = rest.map((one) => one.location).join(",");
    const anew = await prepare(run, prepared.name, { ...prepared.asked, location: locations }, { mode: "keep" });
    const { vmSize } = prepared.spec;
    const here = refused.slice(0, 1).map(({ code, message: reason }) => ({ vmSize, location, code, reason }));
    prepared = continued(anew, first, [...carried.choices.passedOver, ...here]);
  }
}

// --- internal ---

const isRefusedHere = (error: unknown): error is AzureError => error instanceof AzureError && isOfPlace(error);

/** Everything failed for want of room, or of leave to make anything here. What an earlier run has begun has one location, and so none that it could go on to. */
function nothingMade(run: Run, { prepared, results, sizes }: Carried): boolean {
  const { facts } = prepared;
  // an image of the user's own is in its location
  if (sizes.size > 0 || "own" in facts.image || run.stop.aborted || run.tools.signal.aborted) return false;
  const failures = failuresOf(prepared, { results });
  return failures.length > 0 && failures.every((error) => isNoRoom(error) || isRefusedHere(error));
}

/** Locations after this one, as the preflight's answers judge them now: nothing is taken away for one that would be refused. */
async function placesThatFit(run: Run, { surveyed }: Prepared): Promise<PlaceAnswers[]> {
  const { wanted, answers, others } = surveyed.taken;
  const judged = others.map(async (place) => {
    for (const vmSize of inTurn(wanted.spec.sizes, wanted.spec.vmSize)) {
      const { problems } = await candidateOf(run, wanted, { answers, place, vmSize });
      if (problems.length === 0) return [place];
    }
    return [];
  });
  return (await Promise.all(judged)).flat();
}

const codeOf = ({ results }: Carried): string => {
  const errors = [...results.values()].flatMap((result) => (result.state === "failed" ? [result.error] : []));
  return errors.find((error) => error instanceof ClusterError)?.code ?? "AllocationFailed";
};

/** What was wished first, and what was passed over since, belongs to what is said at the end. */
function continued(anew: Prepared, first: Prepared, passedOver: readonly PassedOver[]): Prepared {
  const { taken } = anew.surveyed;
  const { locations } = first.surveyed.taken.wanted;
  const told = { ...taken, wanted: { ...taken.wanted, locations }, passedOver: [...passedOver, ...taken.passedOver] };
  return { ...anew, surveyed: { ...anew.surveyed, taken: told } };
}
