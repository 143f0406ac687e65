/**
 * stop: etcd ends on all nodes, then all machines are deallocated: nobody pays for them, and disks, addresses and all else stay. The claim
 * says so from before the first one, so that whoever finds them without power knows why. Doing it again goes on.
 */
import type { StopDocument } from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { STOPPED } from "../core/plan/tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { retag } from "../engine/patiently.ts";
import { isDoomed, type Cluster } from "./cluster/cluster.ts";
import { findCluster } from "./cluster/find.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "./cluster/live-cluster.ts";
import { powerAll } from "./cluster/power.ts";
import { destroyedMeanwhile } from "./cluster/shared-changes.ts";
import { stoppedSince } from "./cluster/stopped.ts";
import { foundCost } from "./price/costs.ts";
import type { Run } from "./run.ts";
import { tellEtcd } from "./stop/etcd-unit.ts";

export interface StopOptions {
  readonly resourceGroup?: string;
}

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
export const stopCluster = async (run: Run, name: string, options: StopOptions = {}): Promise<StopOutcome> =>
  carryOutStop(run, await planStop(run, name, options));

/** Reads only. @throws ClusterError ClusterNotFound (exit 1), BeingDestroyed (exit 7) */
export async function planStop(run: Run, name: string, { resourceGroup }: StopOptions = {}): Promise<Stop> {
  const cluster = await findCluster(run, name, resourceGroup);
  const live = await readLiveCluster(run, cluster);
  if (isDoomed(cluster)) throw destroyedMeanwhile(name);
  return {
    cluster,
    live,
    running: live.nodes.filter(({ provisioning, power }) => provisioning !== undefined && power !== "deallocated"),
    since: stoppedSince(live.claim.tags),
  };
}

/** @throws ClusterError Interrupted; what the claim's mark is refused with */
export async function carryOutStop(run: Run, { cluster, live, running, since: marked }: Stop): Promise<StopOutcome> {
  const { claim, spec, nodes } = live;
  const since = marked ?? new Date(run.clock.now()).toISOString();
  run.stop.throwIfAborted();
  await retag(claim, (now) => (stoppedSince(now) === undefined ? { ...now, [STOPPED]: since } : undefined), run.tools);
  await tellEtcd(run, cluster, new Set(running.filter(({ power }) => power === "running").map(({ index }) => index)), "stop");
  const failed = await powerAll(run, running, "deallocate");
  run.emit({ kind: "end", id: "stop", label: spec.name });
  const left = running.filter(({ index }) => failed.has(index));
  const powerOf = new Map(nodes.map((node) => [node.id.toLowerCase(), left.includes(node) ? node.power : "deallocated"]));
  const document: StopDocument = {
    $schema: schemaUri("stop"),
    schema: "azure-coreos-cluster/stop/1",
    name: spec.name,
    resourceGroup: cluster.groupName,
    since,
    stopped: running.filter((node) => !left.includes(node)).map(({ name }) => name),
    before: nodes.filter((node) => node.provisioning !== undefined && !running.includes(node)).map(({ name }) => name),
    left: left.map(({ name }) => name),
    cost: await foundCost(run, live.found, live.location, { powerOf }),
    seconds: Math.round((run.clock.now() - run.startedAt) / 1000),
  };
  const [first] = failed.values();
  return first === undefined ? { document } : { document, error: notStopped(document, first) };
}

// --- internal ---

const notStopped = ({ name, left, stopped, before }: StopDocument, cause: ClusterError): ClusterError =>
  new ClusterError(
    cause.code,
    `${left.length} of ${left.length + stopped.length + before.length} machines of ${name} still run: ${left.join(", ")}: ${cause.message}`,
    {
      source: cause.source,
      exit: cause.exit === EXIT.interrupted || stopped.length + before.length === 0 ? cause.exit : EXIT.partly,
      advice: `${cause.advice ?? ""} The same command goes on with them.`.trim(),
      cause,
    },
  );
