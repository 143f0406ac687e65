/**
 * Waiting for one node: TCP, login, etcd, again and again until the deadline, from a quarter of a second between two
 * looks. A look at a closed port costs one packet, so it stays frequent; a refused login costs the node work and sshd punishes
 * it, so it slows down. An SSH connection that stands is kept while etcd is waited for.
 */
import { type AwaitedNode, awaitedNode, drop, keepOpen, type NodeVerdict, readinessOf } from "./awaited-node.ts";
import { lookAt } from "./look-at-node.ts";
import type { NodeReadiness, SharedWait } from "./node-state.ts";
import type { NodeTarget } from "./target.ts";

/** The longest pause, by what the last look found. */
const PAUSE_MS: Record<string, number> = {
  SshAuthentication: 3000,
  SshAgentRefused: 3000,
  SshHandshake: 3000,
  HostKeyMismatch: 2000,
};
const USUAL_PAUSE_MS = 1000;

/** What the node itself, or its kernel, has answered. The others are silence, and what was lost on the way. */
const ANSWERED = new Set([
  "SshRefused",
  "SshAuthentication",
  "ForwardRefused",
  "ForwardForbidden",
  "EtcdUnhealthy",
  // it takes what it is asked, and says nothing for five seconds
  "EtcdTimeout",
  "EtcdTls",
  "EtcdClientCertificateMissing",
  "EtcdBroken",
  "EtcdAnswerUnreadable",
]);

/** What Azure says of a machine that makes waiting for it pointless. */
export const GONE = {
  failed: { state: "failed", code: "MachineFailed", reason: "Azure could not make the machine" },
  "cut off": { state: "unreachable", code: "NoWayIn", reason: "cannot be reached from this machine" },
  stopped: { state: "stopped", code: "MachineStopped", reason: "the machine is switched off" },
} as const satisfies Record<string, NodeVerdict>;

/** Never throws: an abort ends in a result too, and the caller throws. */
export async function waitForNode(target: NodeTarget, shared: SharedWait): Promise<NodeReadiness> {
  const node = awaitedNode(target, shared);
  try {
    await untilOver(node);
  } catch (error) {
    if (!shared.signal.aborted) throw error;
  } finally {
    drop(node);
  }
  return readinessOf(node);
}

/** Until it is ready, or no waiting helps. @throws the signal's reason */
async function untilOver(node: AwaitedNode): Promise<void> {
  const { options, signal, handshakes } = node.shared;
  for (;;) {
    // Asked before the look: a machine that fails during it gets one more.
    const machine = options.machineState?.(node.target.index) ?? "unknown";
    const gone = machine === "unknown" ? undefined : GONE[machine];
    if (await (node.connection === undefined ? handshakes.run(() => lookAt(node)) : lookAt(node))) return;
    if (gone !== undefined) {
      if (node.last.state !== "ssh") node.last = gone;
      return;
    }
    if (isBelieved(node)) return;
    keepOpen(node);
    await options.clock.sleep(node.pause, signal);
    node.pause = Math.min(node.pause * 1.5, PAUSE_MS[node.last.code ?? ""] ?? USUAL_PAUSE_MS);
  }
}

function isBelieved({ shared: { options }, last, lastSince }: AwaitedNode): boolean {
  const { believedAfterMs = Infinity, clock } = options;
  return ANSWERED.has(last.code ?? "") && clock.now() - lastSince >= believedAfterMs;
}
