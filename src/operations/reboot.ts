/**
 * reboot: nodes are rebooted one at a time, each healthy before the next, so that etcd keeps its quorum and a system that does not boot
 * costs one node. Those that are no members come first, several at once if asked; it stops at the first that does not come back.
 */
import type { RebootDocument } from "../core/documents.ts";
import { amended } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { hasEtcd } from "../core/plan/tags.ts";
import { FLAGS } from "../core/spec/flags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import { are, someOf } from "../core/words.ts";
import { endedByStop } from "../engine/tools.ts";
import type { NodeTarget } from "../nodes/target.ts";
import { recoverAuthority } from "./etcd/authority.ts";
import { usesTls } from "./etcd/plan.ts";
import { refuseAstray } from "./cluster/astray.ts";
import { findCluster } from "./cluster/find.ts";
import { nodesNamed, nodeAt } from "./cluster/node-name.ts";
import { operatorTls } from "./cluster/node-target.ts";
import { type ReachedCluster, learnHostKeys, reachFound } from "./cluster/reach-nodes.ts";
import { reachOf } from "./cluster/way.ts";
import { refuseStopped } from "./cluster/stopped.ts";
import { type Noted, forgetReboot, noteReboot, notedReboot } from "./reboot/noted.ts";
import { awaitRebooted, bootsOf, rebootNode } from "./reboot/one-node.ts";
import type { Etcd } from "./reboot/quiet-moment.ts";
import { type Run, secondsOf } from "./run.ts";

export interface RebootOptions {
  readonly resourceGroup?: string;
  /** Of nodes that are no members, how many at once; 1 when left out. */
  readonly parallel?: number;
  /** For each node, until it is healthy again, in milliseconds; 5 minutes when left out. */
  readonly nodeTimeout?: number;
}

/** What is to be rebooted, in its order. */
export interface Reboot {
  readonly etcd: Etcd;
  readonly nodes: readonly NodeTarget[];
  readonly noted: Noted;
  readonly goesOn: boolean;
}

export interface RebootOutcome {
  readonly document: RebootDocument;
  /** Why it stopped. */
  readonly error?: ClusterError;
}

/** Both steps, for a caller who has nobody to tell. */
export const rebootNodes = async (
  run: Run,
  name: string,
  words: readonly string[] = [],
  options: RebootOptions = {},
): Promise<RebootOutcome> => carryOutReboot(run, await planReboot(run, name, words, options), options);

/**
 * Looks which nodes there are, and what an earlier run has left to do.
 * @param words indexes, names or ranges; none: all nodes
 * @throws ClusterError ClusterNotFound, ClusterStopped, NodeNotFound, PrivateKeyMissing, TagsChanged (exit 7)
 */
export async function planReboot(
  run: Run,
  name: string,
  words: readonly string[] = [],
  { resourceGroup }: RebootOptions = {},
): Promise<Reboot> {
  const found = await reachFound(run, await findCluster(run, name, resourceGroup));
  refuseStopped(name, found.claim.tags);
  refuseAstray(found.astray);
  if (found.lacking !== undefined && !run.simulated) throw found.lacking;
  const cluster = run.simulated ? found : await learnHostKeys(run, found);
  const wanted = words.length === 0 ? cluster.nodes : chosen(cluster, words);
  const indexes = wanted.map(({ index }) => index).sort((a, b) => a - b);
  const about = { cluster: cluster.claim.choices.id, nodes: indexes };
  const before = await notedReboot(run, name, about);
  const fresh = { ...about, begun: new Date(run.outside.clock.now()).toISOString(), boots: {}, done: [] };
  const etcd = await etcdOf(run, cluster);
  const isMember = ({ index }: NodeTarget): boolean => etcd.members.some((member) => member.index === index);
  return {
    etcd,
    nodes: [...wanted.filter((node) => !isMember(node)), ...wanted.filter(isMember)],
    noted: before ?? fresh,
    goesOn: before !== undefined,
  };
}

/** Reboots them. It ends at the first that does not come back, with an outcome that says so. @throws ClusterError Interrupted */
export async function carryOutReboot(
  run: Run,
  { etcd, nodes, noted, goesOn }: Reboot,
  { parallel = 1, nodeTimeout = FLAGS.nodeTimeout.default }: RebootOptions = {},
): Promise<RebootOutcome> {
  const { spec, cluster } = etcd.cluster;
  const left = nodes.filter(({ index }) => !noted.done.includes(index));
  const boots = await bootsOf(run, left);
  run.changesNodes();
  let now = noted;
  const note = async (change: Partial<Noted>): Promise<void> => noteReboot(run, spec.name, (now = { ...now, ...change }));
  await note({ boots: { ...Object.fromEntries(boots), ...noted.boots } });
  const hasLeft = ({ index }: NodeTarget): boolean =>
    goesOn && boots.has(index) && noted.boots[index] !== undefined && noted.boots[index] !== boots.get(index);
  const done: NodeTarget[] = [];
  const failures: unknown[] = [];
  const one = async (node: NodeTarget): Promise<void> => {
    if (failures.length > 0 || run.stop.aborted) return;
    try {
      await (hasLeft(node) ? awaitRebooted : rebootNode)(run, etcd, node, nodeTimeout);
      done.push(node);
      await note({ done: [...now.done, node.index] });
    } catch (error) {
      if (!endedByStop(run.tools, error)) failures.push(error);
    }
  };
  const isMember = ({ index }: NodeTarget): boolean => etcd.members.some((member) => member.index === index);
  // those that do not answer first: a restart is what may mend them, and the others wait for them to be healthy
  const order = [...left.filter(({ index }) => !boots.has(index)), ...left.filter(({ index }) => boots.has(index))];
  await inLanes(
    order.filter((node) => !isMember(node)),
    parallel,
    one,
  );
  await inLanes(order.filter(isMember), 1, one);
  const rest = left.filter((node) => !done.includes(node));
  if (rest.length === 0) await forgetReboot(run, spec.name);
  run.emit({ kind: "end", id: "reboot", label: spec.name });
  const document: RebootDocument = {
    $schema: schemaUri("reboot"),
    schema: "azure-coreos-cluster/reboot/1",
    name: spec.name,
    resourceGroup: cluster.groupName,
    rebooted: done.map(({ name }) => name),
    before: goesOn ? nodes.filter((node) => !left.includes(node)).map(({ name }) => name) : [],
    left: rest.map(({ name }) => name),
    seconds: secondsOf(run),
  };
  const [failure] = failures;
  if (failure === undefined && rest.length > 0) throw run.stop.reason;
  if (failure === undefined) return { document };
  if (!(failure instanceof ClusterError) || run.tools.signal.aborted) throw failure;
  return { document, error: goOn(failure, document) };
}

// --- internal ---

const chosen = ({ spec, nodes, astray }: ReachedCluster, words: readonly string[]): NodeTarget[] =>
  nodesNamed(spec, words).map((index) => nodeAt(spec, nodes, astray, index));

/** The authority that etcd's members have, where this machine lacks it. */
async function authorityFrom(run: Run, { spec, claim, identity }: ReachedCluster, members: readonly NodeTarget[]): Promise<void> {
  const nodes = members.map(({ index, privateAddress, hostKeys: [hostKey] }) => ({ index, address: privateAddress, hostKey }));
  await recoverAuthority(run, await reachOf(run, { spec, claim }, { identity, nodes }), nodes);
}

/** Its members, and how etcd is asked; a user's own file decides about etcd itself. */
async function etcdOf(run: Run, cluster: ReachedCluster): Promise<Etcd> {
  const { spec, claim, nodes } = cluster;
  const members = hasEtcd(claim.choices) ? nodes.filter(({ role }) => role === "member") : [];
  const tls = usesTls(spec, claim) && !run.simulated;
  if (tls) await authorityFrom(run, cluster, members).catch(() => run.tools.signal.throwIfAborted());
  return {
    cluster,
    members,
    tls: tls ? operatorTls(run.dir, spec.name) : undefined,
    who: Buffer.from(run.outside.random(8)).toString("hex"),
  };
}

/** So many side by side, each lane taking the next when it is free. */
async function inLanes<T>(all: readonly T[], lanes: number, work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** The failure, and what the same command does next time. */
function goOn(failure: ClusterError, { name, rebooted, before, left }: RebootDocument): ClusterError {
  const done = rebooted.length + before.length;
  const all = done + left.length;
  const nothing = done === 0 && failure.code === "EtcdNotWhole";
  return amended(failure, {
    exit: nothing ? EXIT.preflight : failure.exit,
    next: `${someOf(done, all, "node")} of ${name} ${are(all)} rebooted. The same command goes on with ${left.slice(0, 10).join(", ")}${left.length > 10 ? " and more" : ""}.`,
  });
}
