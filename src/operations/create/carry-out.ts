/**
 * Carries a plan out: every resource as soon as what it stands on is there, every node watched from the moment that Azure
 * has accepted its machine. How one is made is make-resource.ts's; what other runs do meanwhile, meanwhile.ts's.
 */
import type { ChoicesDocument } from "../../core/documents.ts";
import { isAbsence } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type Design, designOf } from "../../core/plan/cluster.ts";
import { unkeptTags } from "../../core/plan/drift.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { claimHolds, claimTarget } from "../../core/plan/resources/claim.ts";
import { image } from "../../core/plan/resources/image.ts";
import type { Outcome, Unfinished } from "../../engine/convergence.ts";
import { LEFT_TO_AZURE, aboutOf } from "../../engine/event.ts";
import { lookFor } from "../../engine/patiently.ts";
import { endedByStop } from "../../engine/tools.ts";
import { type Result, walk } from "../../engine/walk.ts";
import type { NodeDiagnosis } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/node-state.ts";
import { noteOwner } from "../cluster/folder-owner.ts";
import { type FrontAddress, placeIn } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import type { Execution } from "./execution.ts";
import { explainFailure } from "./explain-failure.ts";
import { limitsNews } from "./limits-news.ts";
import { reportMachines } from "./machine-news.ts";
import { isMade, machineSeen, noteGone } from "./machine-there.ts";
import { makeResource } from "./make-resource.ts";
import { makeMachine } from "./next-size.ts";
import { guardMachines, takeBack, withdrawClaim } from "./meanwhile.ts";
import { newDisks } from "./new-disks.ts";
import { begunWatch, watchNodes } from "./node-watch.ts";
import { beginSizes, choicesOf } from "./sizes.ts";
import { MACHINE_NEWS_MS, NEWS_MS, NODE_REMOVED, awaitOtherAuthority, refuseOtherRun, whileNews } from "./other-run.ts";
import { liveOf } from "./planned.ts";
import type { Prepared } from "./prepared.ts";
import { isRetagged, withWhatWasMade } from "./retagged.ts";

export interface Carried {
  /** As it was carried out: with the size that was used last. */
  readonly prepared: Prepared;
  readonly results: ReadonlyMap<string, Result<Outcome>>;
  /** Address and name of the load balancer; absent when that was not reached. */
  readonly address: string | undefined;
  readonly host: string | undefined;
  /** By node index. */
  readonly readiness: ReadonlyMap<number, NodeReadiness>;
  /** Why nodes are not ready, as far as it could be found out. */
  readonly diagnoses: readonly NodeDiagnosis[];
  /** Id of the storage account that this run has made, or begun to make, for an image. */
  readonly account: string | undefined;
  /** Host keys of machines that turned out to have been made by another run, by node index. */
  readonly hostKeys: ReadonlyMap<number, string>;
  /** What Azure calls the sizes of the machines that are there, by node index. */
  readonly sizes: ReadonlyMap<number, string>;
  readonly choices: ChoicesDocument;
  /** What failed, and may have been made all the same, or was waited for; by id. */
  readonly unfinished: ReadonlyMap<string, Unfinished>;
}

/** What failed of the plan, in its order. */
export const failuresOf = ({ resources }: Pick<Prepared, "resources">, { results }: Pick<Carried, "results">): unknown[] =>
  resources.flatMap(({ id }) => {
    const result = results.get(id);
    return result?.state === "failed" ? [result.error] : [];
  });

export async function carryOut(run: Run, prepared: Prepared): Promise<Carried> {
  const execution = begin(run, prepared);
  await awaitOtherAuthority(run, prepared);
  const results = await walk(prepared.resources, (resource) => visit(execution, resource), {
    stop: run.stop,
    onSkip: (id, because) => skip(execution, id, because),
  });
  execution.limits.end();
  for (const [id, result] of results) {
    const node = execution.byId.get(id)?.node;
    if (node !== undefined && result.state !== "done") machineFailed(execution, node);
  }
  if (execution.lost !== undefined) await withdrawClaim(execution);
  const nodes = await awaitNodes(execution);
  for (const note of unkeptTags(prepared.resources, execution.tagsLost)) run.say(note);
  const { hostKeys, place, inUse, sizes, account } = execution;
  return {
    prepared: { ...prepared, ...inUse },
    results: withWhatWasMade(execution, results),
    ...nodes,
    hostKeys,
    account,
    unfinished: execution.unfinished,
    sizes: sizes.made,
    choices: choicesOf({ ...prepared, ...inUse }, sizes.passedOver),
    // that of a cluster that stands does not change
    address: place?.address ?? prepared.found.claim?.address,
    host: place?.host ?? prepared.found.claim?.host,
  };
}

// --- internal ---

function begin(run: Run, prepared: Prepared): Execution {
  const cluster = designOf(prepared.spec, prepared.facts);
  const { clock } = run.tools;
  const execution: Execution = {
    run,
    prepared,
    inUse: prepared,
    cluster,
    byId: new Map(prepared.resources.map((resource) => [resource.id, resource])),
    sizes: beginSizes(prepared),
    claim: claimTarget(cluster).id,
    stillOurs: whileNews(clock, NEWS_MS, () => refuseOtherRun(run, prepared, execution), run.startedAt),
    guard: whileNews(clock, MACHINE_NEWS_MS, () => guardMachines(execution)),
    made: new Set(),
    account: undefined,
    hostKeys: new Map(),
    machines: reportMachines(),
    limits: limitsNews(run.tools, prepared.resources),
    disks: newDisks(run, prepared),
    watching: undefined,
    place: undefined,
    written: false,
    lost: undefined,
    retagged: new Set(),
    unfinished: new Map(),
    tagsLost: new Map(),
  };
  return execution;
}

async function visit(execution: Execution, resource: AnyResource): Promise<Outcome> {
  const { stageImage, found, snapshot } = execution.prepared;
  try {
    const staged = resource.kind === "image" && stageImage !== undefined;
    const wanted = staged
      ? image(execution.cluster, await stageImage((account) => void (execution.account = account)))
      : resource;
    const live = liveOf(resource, found, snapshot) ?? null;
    const make = resource.kind === "machine" ? makeMachine : makeResource;
    const outcome = await make(execution, wanted, live);
    if (outcome === "created") execution.made.add(resource.id);
    if (resource.id === execution.claim) {
      claimWritten(execution);
      await noteOwner(execution.run, execution.prepared);
    }
    return outcome;
  } catch (error) {
    // it was not asked for any more: the walk counts it as skipped
    if (endedByStop(execution.run.tools, error)) throw error;
    throw await failed(execution, resource, error);
  } finally {
    execution.limits.passed(resource);
    settle(execution, resource);
  }
}

/** From now on nodes can be watched: nothing else waits for the address to be read. */
function claimWritten(execution: Execution): void {
  const { run, prepared, machines, cluster } = execution;
  execution.written = true;
  execution.watching = readPlace(run, cluster).then((found) => {
    execution.place = found;
    return watchNodes(run, prepared, found, machines);
  });
  execution.watching.catch(() => undefined);
}

/** How long an address may lack the address itself, or its name: it is given one as it is made, and reads may be behind that. */
const ADDRESS_MS = 30_000;

async function readPlace({ clock, tools }: Run, cluster: Design): Promise<FrontAddress | undefined> {
  const target = claimTarget(cluster);
  for (const until = clock.now() + ADDRESS_MS; ;) {
    const live = await lookFor(target, tools);
    const place = live && placeIn({ ...live, kind: target.kind });
    const whole = place?.address !== undefined && place.host !== undefined;
    if (whole || live === undefined || clock.now() >= until) return place;
    await clock.sleep(2000, tools.signal);
  }
}

/** Says what went wrong, and draws the conclusions; returns the error as it is to be understood. */
async function failed(execution: Execution, resource: AnyResource, error: unknown): Promise<unknown> {
  const { run } = execution;
  const known = await explainFailure(execution, resource, error);
  const removed = known instanceof ClusterError && known.code === NODE_REMOVED;
  if (resource.node !== undefined && (removed || (resource.kind === "machine" && isAbsence(known))))
    noteGone(execution, resource.node);
  if (removed && resource.node !== undefined) await takeBack(execution, resource);
  if (isRetagged(known) && known !== execution.lost) {
    execution.retagged.add(resource.id);
    execution.lost ??= known;
  }
  if (claimHolds(execution.cluster).includes(resource.id) && known instanceof ClusterError && known.exit === EXIT.conflict)
    execution.lost ??= known;
  if (resource.node !== undefined) machineFailed(execution, resource.node);
  const about = aboutOf(resource);
  if (run.tools.signal.aborted && !timedOut(run.tools.signal)) run.emit({ ...about, kind: "skipped", detail: LEFT_TO_AZURE });
  else {
    const change = execution.prepared.decisions.get(resource.id) === "update" ? ({ change: "updated" } as const) : {};
    run.emit({ ...about, kind: "failed", code: codeOf(known), message: (known as Error).message, ...change });
  }
  return known;
}

/** One that was there before has not failed because it was not changed. */
function machineFailed(execution: Execution, node: number): void {
  if (!isMade(machineSeen(execution.prepared, execution, node))) execution.machines.failed(node);
}

const codeOf = (error: unknown): string =>
  error instanceof ClusterError ? error.code : error instanceof Error ? error.name : "Error";

function skip(execution: Execution, id: string, because: string | undefined): void {
  const { run, byId } = execution;
  const resource = byId.get(id);
  if (resource !== undefined) settle(execution, resource);
  const cause = because === undefined ? undefined : byId.get(because)?.label;
  run.emit({
    ...aboutOf(resource ?? { id, label: id }),
    kind: "skipped",
    ...(cause === undefined ? {} : { detail: `because of ${cause}` }),
  });
}

function settle({ machines, disks }: Execution, { kind, node }: AnyResource): void {
  if (kind !== "machine") return;
  if (node !== undefined) machines.settle(node);
  disks.machineDone();
}

/** Waits for the nodes; their disks are tagged meanwhile. */
async function awaitNodes({ run, disks, watching }: Execution): Promise<Pick<Carried, "readiness" | "diagnoses">> {
  const { signal } = run.tools;
  const tagging = disks.tag().catch(() => undefined);
  const watch = await begunWatch(run, watching);
  const readiness = watch === undefined ? new Map<number, NodeReadiness>() : await watch.all();
  await tagging;
  // A run that has used its time up still says which nodes are ready; an interrupt ends it here.
  if (!timedOut(signal)) signal.throwIfAborted();
  const diagnoses = watch === undefined || run.stop.aborted || signal.aborted ? [] : await watch.explain(readiness);
  return { readiness, diagnoses };
}

const timedOut = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof ClusterError && signal.reason.exit === EXIT.timeout;
