/**
 * One node, rebooted and waited for: over SSH, so that systemd ends what runs there in order; one that does not answer is restarted
 * through Azure, and that is said. In a rehearsal there is Azure alone.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { duration } from "../../core/words.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { UNSEEN } from "../../engine/drive.ts";
import { powerPatiently } from "../../engine/patiently.ts";
import { endedByStop } from "../../engine/tools.ts";
import type { Connection } from "../../nodes/connection.ts";
import { waitReady } from "../../nodes/readiness.ts";
import { awaitOtherBoot, bootIdOf, orderReboot } from "../../nodes/reboot.ts";
import { semaphore } from "../../nodes/semaphore.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { connectionOrReason } from "../cluster/node-connection.ts";
import type { Run } from "../run.ts";
import { type Etcd, aboutNode, inQuietMoment } from "./quiet-moment.ts";

/** @throws ClusterError NodeNotBack, EtcdNotWhole, RebootRefused; what a login fails with that no restart mends */
export async function rebootNode(run: Run, etcd: Etcd, node: NodeTarget, timeoutMs: number): Promise<void> {
  run.emit({ ...aboutNode(node), kind: "started" });
  try {
    const member = etcd.members.some(({ index }) => index === node.index);
    let before: string | undefined;
    const order = async (way: Connection | ClusterError): Promise<void> => {
      run.emit({ ...aboutNode(node), kind: "waiting", detail: "reboots" });
      before = way instanceof ClusterError ? await restart(run, etcd, node, way) : await reboot(way);
    };
    if (run.simulated) await rehearse(run, etcd, node, timeoutMs);
    else if (member) await inQuietMoment(run, etcd, node, order, timeoutMs);
    else await withLogin(run, node, order);
    if (!run.simulated) await awaitBack(run, etcd, node, { before, until: run.clock.now() + timeoutMs, timeoutMs });
    run.emit({ ...aboutNode(node), kind: "done" });
  } catch (error) {
    if (endedByStop(run.tools, error)) run.emit({ ...aboutNode(node), kind: "skipped" });
    else if (error instanceof ClusterError)
      run.emit({ ...aboutNode(node), kind: "failed", code: error.code, message: error.message });
    throw error;
  }
}

/** One that has left its boot already: waited for alone. @throws ClusterError NodeNotBack */
export async function awaitRebooted(run: Run, etcd: Etcd, node: NodeTarget, timeoutMs: number): Promise<void> {
  run.emit({ ...aboutNode(node), kind: "started", detail: "was rebooted already" });
  await awaitBack(run, etcd, node, { before: undefined, until: run.clock.now() + timeoutMs, timeoutMs });
  run.emit({ ...aboutNode(node), kind: "done" });
}

/** The boots that nodes are in, by index; without those that do not answer. */
export async function bootsOf(run: Run, nodes: readonly NodeTarget[]): Promise<Map<number, string>> {
  const boots = new Map<number, string>();
  if (run.simulated) return boots;
  const room = semaphore(AT_ONCE);
  const ask = (node: NodeTarget): Promise<void> =>
    withLogin(run, node, async (way) => {
      if (way instanceof ClusterError) return;
      const boot = await bootIdOf(way).catch(() => undefined);
      if (boot !== undefined) boots.set(node.index, boot);
    });
  await Promise.all(nodes.map((node) => room.run(() => ask(node))));
  run.tools.signal.throwIfAborted();
  return boots;
}

// --- internal ---

const AT_ONCE = 20;

/** What a restart may mend; a key that is refused, or a host that is another, it does not. */
const SILENT = new Set(["SshRefused", "SshTimeout", "SshUnreachable", "SshReset", "SshHandshakeTimeout"]);

async function reboot(connection: Connection): Promise<string> {
  const before = await bootIdOf(connection);
  await orderReboot(connection);
  return before;
}

async function restart(run: Run, { cluster }: Etcd, node: NodeTarget, why?: ClusterError): Promise<undefined> {
  if (why !== undefined && !SILENT.has(why.code)) throw why;
  if (why !== undefined) run.say(`${node.name} does not answer over SSH (${why.message}): Azure restarts it.`);
  const scope = groupId(run.subscription, cluster.cluster.groupName);
  const { id, label } = { id: resourceId(scope, "machine", node.name), label: `machine ${node.name}` };
  try {
    await powerPatiently({ id, label }, "restart", run.tools);
  } catch (error) {
    // whether it came back the node itself says, where there is one to ask
    if (why === undefined || !(error instanceof ClusterError) || error.code !== UNSEEN) throw error;
    run.say(`${error.message}: whether ${node.name} was restarted is not known; it is waited for over SSH.`);
  }
}

/** Nothing boots: what Azure takes for the restart is the time that it takes. */
async function rehearse(run: Run, etcd: Etcd, node: NodeTarget, timeoutMs: number): Promise<void> {
  const begun = run.clock.now();
  await restart(run, etcd, node);
  if (run.clock.now() - begun > timeoutMs) throw notBack(node, timeoutMs, "Azure was not done with its restart");
}

async function withLogin(run: Run, node: NodeTarget, work: (way: Connection | ClusterError) => Promise<void>): Promise<void> {
  const way = await connectionOrReason(run, node, { trust: "strict" });
  try {
    await work(way);
  } finally {
    if (!(way instanceof ClusterError)) way.close();
  }
}

interface Waiting {
  /** The boot that it is to leave; undefined where only Azure knows. */
  readonly before: string | undefined;
  readonly until: number;
  readonly timeoutMs: number;
}

/** In another boot, and healthy as its cluster has it. @throws ClusterError NodeNotBack */
async function awaitBack(
  run: Run,
  { cluster, tls }: Etcd,
  node: NodeTarget,
  { before, until, timeoutMs }: Waiting,
): Promise<void> {
  const { clock, tools } = run;
  const rebooted = before === undefined || (await awaitOtherBoot(node, before, until, { clock, signal: tools.signal }));
  if (!rebooted) throw notBack(node, timeoutMs, "it is still in the boot that it was in, or does not answer");
  const [found] = await waitReady([node], {
    level: hasEtcd(cluster.claim.choices) ? "etcd" : "ssh",
    deadline: until,
    clock,
    signal: tools.signal,
    hostKeyGraceMs: 0,
    ...defined({ etcdTls: tls }),
  });
  if (found?.state !== "ready") throw notBack(node, timeoutMs, found?.reason ?? "it is not ready");
}

const notBack = (node: NodeTarget, timeoutMs: number, why: string): ClusterError =>
  new ClusterError("NodeNotBack", `${node.name} did not come back healthy within ${duration(timeoutMs)}: ${why}`, {
    source: "node",
    exit: EXIT.partly,
    advice:
      "No other node was touched after it. Look at it (`status`, its serial console in the portal). --node-timeout 15m waits longer.",
  });
