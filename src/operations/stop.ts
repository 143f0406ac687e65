/**
 * stop: etcd ends on all nodes, then all machines are deallocated: nobody pays for them, and disks, addresses and all else stay. The claim
 * says so from before the first one, so that whoever finds them without power knows why. Doing it again goes on.
 */
import { destroyedMeanwhile } from "./cluster/being-destroyed.ts";
import type { StopDocument } from "../core/documents.ts";
import { amended } from "../core/advice/azure-error.ts";
import { type ClusterError, EXIT } from "../core/errors.ts";
import { STOPPED } from "../core/plan/tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { retag } from "../engine/retag.ts";
import { refuseAstray } from "./cluster/astray.ts";
import { endedByStop } from "../engine/tools.ts";
import { isDoomed, type Cluster } from "./cluster/cluster.ts";
import { findCluster } from "./cluster/find.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "./cluster/live-cluster.ts";
import { otherRun } from "./create/other-run.ts";
import { powerAll, refusePowerForbidden } from "./cluster/power.ts";
import { stoppedSince } from "./cluster/stopped.ts";
import { foundCost } from "./price/costs.ts";
import { type Run, secondsOf } from "./run.ts";
import { tellEtcd } from "./stop/etcd-unit.ts";
import type { InGroup } from "../core/spec/in-group.ts";

/** What would be stopped. */
export interface Stop {
  readonly cluster: Cluster;
  readonly live: LiveCluster;
  /** Nodes whose machines are not deallocated. */
  readonly running: readonly LiveNode[];
  /** ISO time since which it is stopped, where it is. */
  readonly since: string | undefined;
}

export interface StopOutcome {
  readonly document: StopDocument;
  /** Why machines still run. */
  readonly error?: ClusterError;
}

/** Both steps, for a caller who has nobody to ask. */
export const stopCluster = async (run: Run, name: string, options: InGroup = {}): Promise<StopOutcome> =>
  carryOutStop(run, await planStop(run, name, options));

/**
 * Reads only.
 * @throws ClusterError ClusterNotFound (exit 1), BeingDestroyed, TagsChanged (exit 7), ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function planStop(run: Run, name: string, { resourceGroup }: InGroup = {}): Promise<Stop> {
  const cluster = await findCluster(run, name, resourceGroup);
  const live = await readLiveCluster(run, cluster);
  if (isDoomed(cluster)) throw destroyedMeanwhile(name);
  refuseAstray(live.astray);
  const running = runningIn(live);
  const since = stoppedSince(live.claim.tags);
  await refusePowerForbidden(run, { nodes: running, claim: since === undefined ? live.claim : undefined }, "deallocate");
  return { cluster, live, running, since };
}

/** @throws ClusterError Interrupted; what the claim's mark is refused with */
export async function carryOutStop(run: Run, { cluster, live, running, since: marked }: Stop): Promise<StopOutcome> {
  const { claim, spec, nodes } = live;
  const since = marked ?? new Date(run.clock.now()).toISOString();
  run.stop.throwIfAborted();
  await retag(claim, (now) => (stoppedSince(now) === undefined ? { ...now, [STOPPED]: since } : undefined), run.tools);
  const { wanted, left, failed, now } = await deallocate(run, cluster, live, running);
  run.emit({ kind: "end", id: "stop", label: spec.name });
  const runs = new Set(left.map(({ index }) => index));
  const powerOf = new Map(now.nodes.map((node) => [node.id.toLowerCase(), runs.has(node.index) ? node.power : "deallocated"]));
  const document: StopDocument = {
    $schema: schemaUri("stop"),
    schema: "azure-coreos-cluster/stop/1",
    name: spec.name,
    resourceGroup: cluster.groupName,
    since,
    stopped: wanted.filter((node) => !left.includes(node)).map(({ name }) => name),
    before: nodes.filter((node) => node.provisioning !== undefined && !running.includes(node)).map(({ name }) => name),
    left: left.map(({ name }) => name),
    cost: await foundCost(run, now.found, live.location, { powerOf }),
    seconds: secondsOf(run),
  };
  const [first] = left.flatMap(({ index }) => failed.get(index) ?? []);
  return first === undefined ? { document } : { document, error: notStopped(document, first) };
}

// --- internal ---

const runningIn = ({ nodes }: LiveCluster): LiveNode[] =>
  nodes.filter(({ provisioning, power }) => provisioning !== undefined && power !== "deallocated");

/** How often it looks for machines that somebody made meanwhile, who had read the claim before it said so. */
const PASSES = 3;

interface Deallocated {
  /** Those whose power was taken, or was to be: all that were seen to run. */
  readonly wanted: readonly LiveNode[];
  /** Those of them that still run. */
  readonly left: readonly LiveNode[];
  readonly failed: ReadonlyMap<number, ClusterError>;
  /** As it was seen last. */
  readonly now: LiveCluster;
}

/** Ends etcd and takes the power. What has gone by itself is not left. */
async function deallocate(run: Run, cluster: Cluster, live: LiveCluster, running: readonly LiveNode[]): Promise<Deallocated> {
  const wanted = new Map<number, LiveNode>();
  const failed = new Map<number, ClusterError>();
  let now = live;
  for (let going = running, pass = 1; going.length > 0; pass++) {
    for (const node of going) wanted.set(node.index, node);
    if (pass > PASSES) {
      for (const { index } of going) failed.set(index, otherRun(live.spec.name));
      break;
    }
    const awake = going.filter(({ power }) => power === "running").map(({ index }) => index);
    if (!run.stop.aborted) await tellEtcd(run, cluster, new Set(awake), "stop");
    // those that it is stopped before are left, too
    for (const [index, error] of await powerAll(run, going, "deallocate")) failed.set(index, error);
    if (run.stop.aborted) break;
    const seen = await readLiveCluster(run, cluster).catch((error: unknown) => {
      if (!endedByStop(run.tools, error)) throw error;
    });
    if (seen === undefined) break;
    now = seen;
    going = runningIn(now).filter(({ index }) => !wanted.has(index));
  }
  const there = new Set(now.nodes.filter(({ provisioning }) => provisioning !== undefined).map(({ index }) => index));
  const all = [...wanted.values()];
  return { wanted: all, left: all.filter(({ index }) => failed.has(index) && there.has(index)), failed, now };
}

const notStopped = ({ name, left, stopped, before }: StopDocument, cause: ClusterError): ClusterError =>
  amended(cause, {
    exit: cause.exit === EXIT.interrupted || stopped.length + before.length === 0 ? cause.exit : EXIT.partly,
    next: `${left.length} of ${left.length + stopped.length + before.length} machines of ${name} still run: ${left.join(", ")}. The same command goes on with them.`,
  });
