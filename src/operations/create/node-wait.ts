/**
 * One node on its way up, from the moment that Azure has accepted its machine: it answers SSH, joins etcd where it is to, is brought
 * the certificate it lacks, and is healthy. In a rehearsal it is taken to be up a little after Azure calls its machine made.
 */
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { defined } from "../../core/defined.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { ClusterError } from "../../core/errors.ts";
import { patiently } from "../../engine/patiently.ts";
import type { ReadinessWait } from "../../nodes/readiness.ts";
import type { NodeVerdict } from "../../nodes/awaited-node.ts";
import { GONE } from "../../nodes/wait-for-node.ts";
import type { NodeReadiness, ReadyLevel } from "../../nodes/node-state.ts";
import { type NodeTarget, trustOf } from "../../nodes/target.ts";
import { certify } from "../etcd/certify.ts";
import type { Joining } from "../etcd/joining.ts";
import type { Run } from "../run.ts";
import type { MachineNews } from "./machine-news.ts";
import type { Trust } from "../../core/ssh-options.ts";

/** What the waiting for all nodes has in common. */
export interface NodeWaiting {
  readonly cluster: Pick<ClusterSpec, "name" | "platform">;
  readonly groupName: string;
  readonly level: ReadyLevel;
  readonly azure: MachineNews;
  readonly joining: Joining;
  /** Machines that turned out to be switched off, by node index. */
  readonly stopped: Set<number>;
  targetOf(node: PlannedNode): NodeTarget;
  wait(trust: Trust): ReadinessWait;
}

/** A machine that has not answered for so long is asked about. */
const POWER_MS = 5000;

const READY: NodeVerdict = { state: "ready" };

/** A rehearsal boots nothing: a node is taken to be up so long after Azure calls its machine done. */
const SIMULATED_BOOT_MS = 8000;

/** @throws the signal's reason */
export async function waitForPlanned(run: Run, waiting: NodeWaiting, node: PlannedNode): Promise<NodeReadiness> {
  let joined = false;
  try {
    const reached = await comeUp(run, waiting, node);
    joined = reached.state === "ready";
    return reached;
  } finally {
    waiting.joining.ended(node.index, joined);
  }
}

// --- internal ---

async function comeUp(run: Run, waiting: NodeWaiting, node: PlannedNode): Promise<NodeReadiness> {
  const { level, joining } = waiting;
  if (level === "machines") return { index: node.index, name: node.name, state: "created", timings: {}, attempts: 0 };
  if (run.simulated) return simulated(run, waiting, node);
  if (joining.has(node.index) || (node.uncertified === true && level === "etcd")) {
    const reached = await answers(run, waiting, node, "ssh");
    if (reached.state !== "ready") return reached;
    const refused = await letIn(run, waiting, node);
    if (refused !== undefined) return { ...reached, state: "ssh", code: refused.code, reason: refused.message };
  }
  return answers(run, waiting, node, level);
}

/** Makes it a member, and brings it its certificate, where it needs that; what stands in the way is returned. */
async function letIn(
  run: Run,
  { cluster, joining, targetOf }: NodeWaiting,
  node: PlannedNode,
): Promise<ClusterError | undefined> {
  try {
    if (joining.has(node.index)) await joining.join(node);
    if (node.uncertified === true) await certify(run, cluster, targetOf(node));
    return undefined;
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    return error;
  }
}

async function answers(run: Run, waiting: NodeWaiting, node: PlannedNode, until: ReadyLevel): Promise<NodeReadiness> {
  const asking = new AbortController();
  void lookAtPower(run, waiting, node, AbortSignal.any([run.tools.signal, asking.signal])).catch(() => undefined);
  try {
    const target = waiting.targetOf(node);
    return await waiting.wait(trustOf(target)).one(target, until);
  } finally {
    asking.abort(new Error("answered"));
  }
}

/** A machine that was there before may be switched off; one that is being made is waited for. */
async function lookAtPower(run: Run, { groupName, stopped }: NodeWaiting, node: PlannedNode, signal: AbortSignal): Promise<void> {
  if (node.userData !== "") return;
  await run.clock.sleep(POWER_MS, signal);
  if (await isSwitchedOff(run, groupName, node, signal)) stopped.add(node.index);
}

async function isSwitchedOff(run: Run, groupName: string, { name }: PlannedNode, signal: AbortSignal): Promise<boolean> {
  const power = await patiently(run.tools, () => run.lookups.powerState(groupName, name, signal));
  return power === "deallocated" || power === "stopped";
}

async function simulated(run: Run, { azure, groupName }: NodeWaiting, node: PlannedNode): Promise<NodeReadiness> {
  const about = { id: `readiness/${node.name}`, label: `node ${node.name}`, node: node.index };
  run.emit({ ...about, kind: "started" });
  await azure.settled(node.index);
  await run.clock.sleep(SIMULATED_BOOT_MS, run.tools.signal);
  const isOff = node.userData === "" && (await isSwitchedOff(run, groupName, node, run.tools.signal));
  const { state, code, reason = "" } = azure.hasFailed(node.index) ? GONE.failed : isOff ? GONE.stopped : READY;
  run.emit({ ...about, ...(state === "ready" ? { kind: "done" } : { kind: "failed", message: reason, ...defined({ code }) }) });
  return { index: node.index, name: node.name, state, ...defined({ code }), timings: {}, attempts: 0 };
}
