/**
 * create: makes the cluster, or finishes or grows it; running it again is always safe. It reads like the job: find what is there,
 * choose the nodes, check that it can be made, furnish the materials, plan; then carry the plan out, wait for the nodes, finish.
 */
import type { CostDocument } from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import type { FlagValues } from "../core/spec/flags.ts";
import { type Created, finish } from "./create/finish.ts";
import { explainRefusal } from "./create/name-taken.ts";
import { awaitMachines } from "./create/other-run.ts";
import { carryOutWhereRoomIs } from "./create/next-location.ts";
import { pricing } from "./create/price.ts";
import { type HowToPrepare, prepare } from "./create/prepare.ts";
import type { Prepared } from "./create/prepared.ts";
import { joinPlatform } from "./platform/growth.ts";
import { platformIn } from "./platform/tag.ts";
import { refuseFilesInTheWay, stateFilePath } from "./files/given-files.ts";
import { refuseUnwritable } from "./files/replace-file.ts";
import type { Run } from "./run.ts";

/** Both halves, for a caller who has nobody to ask. @throws ClusterError when no node came up; ClusterGone (exit 7) with `creation` */
export async function createCluster(
  run: Run,
  name: string,
  given: Partial<FlagValues> = {},
  how: Pick<HowToPrepare, "creation"> = {},
): Promise<Created> {
  const created = await carryOutCreate(run, await planCreate(run, name, given, how), given);
  if (created.failure !== undefined && created.ready === 0) throw created.failure;
  return created;
}

/** A plan, and what it costs. */
export type Priced<C> = Prepared & { readonly cost: C };

/** The plan alone: nothing is written, to Azure or to the folder. */
export async function planCluster(run: Run, name: string, given: Partial<FlagValues> = {}): Promise<Priced<CostDocument>> {
  const { onWish, of } = pricing(run);
  const prepared = await prepare(run, name, given, { mode: "imagine", onWish });
  return { ...prepared, cost: await of(prepared) };
}

/**
 * The same plan for somebody who looks at it: its price is on its way, and is waited for by nobody who does not ask.
 * @param agree asked before the first file and the first write of a name of which nothing is there; what it throws ends the create
 */
export async function planPricedCreate(
  run: Run,
  name: string,
  given: Partial<FlagValues>,
  agree?: (imagined: Priced<CostDocument>) => Promise<void>,
): Promise<Priced<Promise<CostDocument>>> {
  const { onWish, of } = pricing(run);
  const asking = agree && (async (imagined: Prepared) => agree({ ...imagined, cost: await of(imagined) }));
  const prepared = await planCreate(run, name, given, { onWish, ...(asking && { agree: asking }) });
  return { ...prepared, cost: of(prepared) };
}

/** Makes what was planned, waits for the nodes, and says how it went. */
export async function carryOutCreate(run: Run, prepared: Prepared, given: Partial<FlagValues>): Promise<Created> {
  const carried = await carryOutWhereRoomIs(run, prepared);
  const created = await finish(run, carried.prepared, carried, given);
  return created.exit === EXIT.done && created.missing.length === 0 ? joined(run, created) : created;
}

// --- internal ---

/**
 * The plan of what is then carried out; its keys and user-data are made and kept. What another run may be the reason for is looked
 * into before it is called a refusal.
 */
async function planCreate(
  run: Run,
  name: string,
  given: Partial<FlagValues>,
  how: Omit<HowToPrepare, "mode"> = {},
): Promise<Prepared> {
  refuseFilesInTheWay(run.outside, given, { dir: run.dir, name });
  if (given.output !== undefined) await refuseUnwritable(stateFilePath(run.outside, name, given.output), "--output");
  const groupName = given.resourceGroup ?? name;
  try {
    return await prepare(run, name, given, { ...how, mode: "keep" });
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== "EtcdCaMissing") {
      const known = await explainRefusal(run, name, groupName, error);
      if (known !== "again") throw known;
      return prepare(run, name, given, { ...how, mode: "keep" });
    }
    await awaitMachines(run, name, groupName, given.numNodes);
    return prepare(run, name, given, { ...how, mode: "bare" });
  }
}

/** Nodes that were added to a platform join it. */
async function joined(run: Run, created: Created): Promise<Created> {
  const { found, spec, facts } = created.prepared;
  if (platformIn(found.claim?.tags) === undefined || spec.waitFor === "machines") return created;
  // nothing new is begun after Ctrl-C
  if (run.stop.aborted) return { ...created, exit: EXIT.interrupted };
  try {
    await joinPlatform(run, spec.name, facts.group);
    return created;
  } catch (failure) {
    run.tools.signal.throwIfAborted();
    if (!(failure instanceof ClusterError)) throw failure;
    return { ...created, exit: EXIT.partly, failure };
  }
}
