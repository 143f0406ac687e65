/**
 * The moment in which a member of etcd may be taken down: all others are healthy, and nobody else takes one of them down. Two runs at
 * once see each other: each marks its node first and then looks for marks on the others, so of two at least one sees the other.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { duration } from "../../core/words.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { Connection } from "../../nodes/connection.ts";
import type { Member } from "../../nodes/etcd-api.ts";
import { type MembershipOptions, healthyMembers, settledMembers } from "../../nodes/etcd.ts";
import { isMarked, markReboot, unmarkReboot } from "../../nodes/reboot.ts";
import type { EtcdClientTls, NodeTarget } from "../../nodes/target.ts";
import { connectionsTo } from "../cluster/node-connection.ts";
import type { ReachedCluster } from "../cluster/reach-nodes.ts";
import type { Run } from "../run.ts";

export interface Etcd {
  readonly cluster: ReachedCluster;
  /** Nodes that are members. */
  readonly members: readonly NodeTarget[];
  readonly tls: EtcdClientTls | undefined;
  /** What this run is called in marks. */
  readonly who: string;
}

/**
 * Waits for it, and does `work` in it.
 * @param work with the open connection to the node, or why there is none
 * @param timeoutMs the node's own limit: it is not waited for longer
 * @throws ClusterError EtcdNotWhole when it does not come
 */
export async function inQuietMoment(
  run: Run,
  etcd: Etcd,
  node: NodeTarget,
  work: (way: Connection | ClusterError) => Promise<void>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  const patienceMs = Math.min(PATIENCE_MS, timeoutMs);
  const until = run.clock.now() + patienceMs;
  for (;;) {
    const why = await attempt(run, etcd, node, work);
    if (why === undefined) return;
    if (run.clock.now() >= until) throw notWhole(node, why, patienceMs);
    run.stop.throwIfAborted();
    run.emit({ ...aboutNode(node), kind: "waiting", detail: why });
    // not in step with the other one
    await run.clock.sleep(2000 + run.tools.random() * 4000, run.tools.signal);
  }
}

export const aboutNode = ({ name, index }: NodeTarget): { id: string; label: string; node: number } => ({
  id: `reboot/${name}`,
  label: `node ${name}`,
  node: index,
});

// --- internal ---

/** About as long as another run takes for a node. */
const PATIENCE_MS = 3 * 60_000;

/** A sentence about what is in the way; undefined when the work is done. */
async function attempt(
  run: Run,
  etcd: Etcd,
  node: NodeTarget,
  work: (way: Connection | ClusterError) => Promise<void>,
): Promise<string | undefined> {
  const opened = await connectionsTo(run, etcd.members, { trust: "strict" });
  const connections = opened.filter((one): one is Connection => !(one instanceof ClusterError));
  const own = connections.find(({ target }) => target.index === node.index);
  const failed = opened[etcd.members.findIndex(({ index }) => index === node.index)];
  const others = connections.filter((one) => one !== own);
  try {
    const ill = await illOthers(run, etcd, node, connections);
    if (ill.length > 0)
      return `${ill.join(", ")} ${ill.length === 1 ? "is no healthy etcd member" : "are no healthy etcd members"}`;
    if (own !== undefined) await markReboot(own, etcd.who);
    const marked = await Promise.all(others.map((one) => isMarked(one, etcd.who)));
    const taken = others.filter((_, place) => marked[place]).map(({ target }) => target);
    if (taken.length === 0) {
      await work(own ?? (failed as ClusterError));
      return undefined;
    }
    // of two that see each other one gives way: else both might for ever
    if (own !== undefined && taken.some(({ index }) => index < node.index)) await unmarkReboot(own);
    return `another run is rebooting ${taken.map(({ name }) => name).join(", ")}`;
  } catch (error) {
    run.tools.signal.throwIfAborted();
    // a connection to one of the others that broke: it is going down at this moment
    if (error instanceof ClusterError && LOST.has(error.code)) return error.message;
    throw error;
  } finally {
    for (const connection of connections) connection.close();
  }
}

const LOST = new Set(["ConnectionLost", "CommandTimeout", "EtcdUnavailable"]);

/** Names of members beside this one that are not healthy; etcd's own list of them counts. */
async function illOthers(
  run: Run,
  { cluster, members, tls }: Etcd,
  node: NodeTarget,
  connections: readonly Connection[],
): Promise<string[]> {
  if (members.length === 1) return [];
  const options: MembershipOptions = {
    clock: run.clock,
    signal: run.tools.signal,
    connections,
    api: PLATFORMS[cluster.spec.platform].etcd.membership,
    ...defined({ tls }),
  };
  if (connections.every(({ target }) => target.index === node.index))
    return members.filter(({ index }) => index !== node.index).map(({ name }) => name);
  const list = await settledMembers(options);
  const healthy = await healthyMembers(options, list);
  // one that has joined and never started has told no name yet
  const nameOf = ({ id, name, peerUrls }: Member): string =>
    name !== ""
      ? name
      : (members.find(({ privateAddress }) => peerUrls.some((url) => new URL(url).hostname === privateAddress))?.name ?? id);
  return list.filter((one) => nameOf(one) !== node.name && !healthy.has(one.id)).map(nameOf);
}

const notWhole = (node: NodeTarget, why: string, patienceMs: number): ClusterError =>
  new ClusterError("EtcdNotWhole", `${node.name} is an etcd member, and was not rebooted: ${why}`, {
    source: "node",
    exit: EXIT.partly,
    advice: `Without it etcd could lose its quorum. Mend the other first (\`status\` says how the nodes are); a node that needs a reboot itself is rebooted by name. It was waited for ${duration(patienceMs)}.`,
  });
