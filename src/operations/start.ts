/**
 * start: all machines of a stopped cluster get power again, and it is waited until they are ready. The mark that it is stopped goes when it
 * is up: a majority of etcd's members is ready. One node that does not come is then a node's fault, and no longer the cluster's. It goes, too,
 * where so few machines are left that it cannot be up: `create` makes them, and is refused while the mark is there. And it goes where no node
 * answers from here while enough of them have power: who cannot reach SSH could never take it away, and the machines run and are paid for.
 */
import { defined } from "../core/defined.ts";
import { destroyedMeanwhile } from "./cluster/being-destroyed.ts";
import type { StartDocument } from "../core/documents.ts";
import { type ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { STOPPED, hasEtcd } from "../core/plan/tags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { patiently } from "../engine/patiently.ts";
import { retag } from "../engine/retag.ts";
import { toTheEnd } from "../engine/tools.ts";
import { quorumOf } from "../nodes/quorum.ts";
import { refuseAstray } from "./cluster/astray.ts";
import { isDoomed } from "./cluster/cluster.ts";
import { findCluster } from "./cluster/find.ts";
import { identityFor } from "./cluster/identity.ts";
import { type LiveCluster, type LiveNode, readLiveCluster } from "./cluster/live-cluster.ts";
import { type Health, askNodes } from "./cluster/node-health.ts";
import { powerAll, refusePowerForbidden } from "./cluster/power.ts";
import { stoppedSince } from "./cluster/stopped.ts";
import { type Run, secondsOf } from "./run.ts";
import { tellEtcd } from "./stop/etcd-unit.ts";
import { withoutTags } from "../core/plan/tag-parts.ts";
import type { InGroup } from "../core/spec/in-group.ts";

/** What keeps a cluster from being up. Of the first two it counts as stopped no more. */
export type NotUp =
  | "lost" // too few machines are left: `create` makes them
  | "silent" // they have power, and not one answers from here
  | "no quorum" // too few of etcd's members are ready
  | "none ready"; // there is no etcd, and no node is ready

export interface Started {
  readonly document: StartDocument;
  /** 0 when all nodes are ready, 3 when some are or could not be asked, or machines are lost, 6 when too few are in time. */
  readonly exit: ExitCode;
  /** Absent when it is up. */
  readonly why?: NotUp;
  /** Why no node was asked. */
  readonly note?: string;
}

/** Those of which more is known than that nobody asked them. */
export const knownFaults = ({ notReady }: StartDocument): StartDocument["notReady"] =>
  notReady.filter(({ reason }) => reason !== NOT_ASKED);

/**
 * @param onStart told which machines are to be started, before the first is
 * @throws ClusterError ClusterNotFound (exit 1), BeingDestroyed, TagsChanged (exit 7), ScopeLocked (exit 5), AuthorizationFailed (exit 4),
 * Interrupted; what a machine's start failed with, when none did
 */
export async function startCluster(
  run: Run,
  name: string,
  { resourceGroup }: InGroup = {},
  onStart: (live: LiveCluster, off: readonly LiveNode[]) => void = () => undefined,
): Promise<Started> {
  const cluster = await findCluster(run, name, resourceGroup);
  const live = await readLiveCluster(run, cluster);
  if (isDoomed(cluster)) throw destroyedMeanwhile(name);
  refuseAstray(live.astray);
  const there = live.nodes.filter(({ provisioning }) => provisioning !== undefined);
  const off = there.filter(isToStart);
  const isMarked = stoppedSince(live.claim.tags) !== undefined;
  await refusePowerForbidden(run, { nodes: off, claim: isMarked ? live.claim : undefined }, "start");
  onStart(live, off);
  const failed = await powerAll(run, off, "start");
  if (run.stop.aborted) throw run.stop.reason;
  const [first] = failed.values();
  if (first !== undefined && failed.size === there.length) throw first;
  // those that had power may have lost their etcd to a stop that broke off
  await tellEtcd(run, cluster, new Set(there.filter((node) => !off.includes(node)).map(({ index }) => index)), "start");
  const on = there.filter(({ index }) => !failed.has(index));
  const way = await identityFor(run, name, live.claim.choices.sshPublicKey);
  const lost = !isUp(live, there);
  const health = lost ? NOBODY : await askNodes(run, live, on, way, { until: run.giveUpAt, emit: run.emit });
  const asked = on.length === 0 || lost || (health.nodes.size > 0 && health.cutOff === undefined);
  const ready = asked ? on.filter(({ index }) => health.nodes.get(index)?.state === "ready") : [];
  const powers = await powersOf(run, cluster.groupName, lost ? [] : on.filter((node) => !ready.includes(node)));
  const powered = on.filter(({ index }) => !powers.has(index) || powers.get(index) === "running");
  // nobody could ask: those that have power are believed
  const up = isUp(live, asked ? ready : powered);
  const silent = !up && !lost && noneAnswered(health) && isUp(live, powered);
  if (up || lost || silent) await retag(live.claim, (now) => withoutTags(now, [STOPPED]), toTheEnd(run.tools));
  run.emit({ kind: "end", id: "start", label: name });
  const document: StartDocument = {
    $schema: schemaUri("start"),
    schema: "azure-coreos-cluster/start/1",
    name,
    resourceGroup: cluster.groupName,
    started: off.filter(({ index }) => !failed.has(index)).map((node) => node.name),
    ready: ready.map((node) => node.name),
    notReady: live.nodes
      .filter((node) => !ready.includes(node))
      .map((node) => ({ name: node.name, reason: reasonOf(node, { failed, health, powers, lost }) })),
    up,
    seconds: secondsOf(run),
  };
  return {
    document,
    exit: lost ? EXIT.partly : exitOf(document),
    ...(up ? {} : { why: lost ? "lost" : silent ? "silent" : hasEtcd(live.claim.choices) ? "no quorum" : "none ready" }),
    ...(asked ? {} : defined({ note: health.note })),
  };
}

// --- internal ---

const NOT_ASKED = "it was not asked";

const NOBODY: Health = { nodes: new Map() };

/** Of which Azure says no power are asked to start, too: one that runs is not harmed by it. One that is just being made gets power by that. */
const isToStart = ({ power, provisioning }: LiveNode): boolean =>
  power === undefined ? provisioning !== "Creating" : power !== "running" && power !== "starting";

/** By index; Azure may call a start done and take the power away again, as it does with spot machines. */
async function powersOf(run: Run, group: string, nodes: readonly LiveNode[]): Promise<ReadonlyMap<number, string | undefined>> {
  const powers = nodes.map(async ({ index, name }) => {
    const power = await patiently(run.tools, (signal) => run.lookups.powerState(group, name, signal));
    return [index, power] as const;
  });
  return new Map(await Promise.all(powers));
}

/** A majority of etcd's members, where it is ours; else any node. */
function isUp({ claim }: LiveCluster, ready: readonly LiveNode[]): boolean {
  const { members } = claim.choices;
  if (!hasEtcd(claim.choices) || members.size === 0) return ready.length > 0;
  return ready.filter(({ index }) => members.has(index)).length >= quorumOf(members.size);
}

/** Not even with a refusal to log in, or with a key that is not its own. */
const noneAnswered = ({ nodes }: Health): boolean =>
  nodes.size > 0 && [...nodes.values()].every(({ state }) => state === "unreachable");

const exitOf = ({ up, notReady }: StartDocument): ExitCode =>
  !up ? EXIT.timeout : notReady.length === 0 ? EXIT.done : EXIT.partly;

interface Seen {
  readonly failed: ReadonlyMap<number, ClusterError>;
  readonly health: Health;
  readonly powers: ReadonlyMap<number, string | undefined>;
  readonly lost: boolean;
}

function reasonOf({ index, provisioning }: LiveNode, { failed, health, powers, lost }: Seen): string {
  if (provisioning === undefined) return "it has no machine: `create` makes it";
  const refused = failed.get(index)?.message;
  if (refused !== undefined) return refused;
  const power = powers.get(index);
  if (power !== undefined && power !== "running") return `Azure gave it no power, or took it away again: its machine is ${power}`;
  const reason = health.nodes.get(index)?.reason ?? (lost ? "it waits for etcd's other members" : NOT_ASKED);
  return powers.has(index) && power === undefined ? `${reason}; Azure does not say whether its machine has power` : reason;
}
