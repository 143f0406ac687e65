/** One look at a node that is waited for: TCP and login, unless a connection stands, then etcd. What a look that failed says of the node. */
import { ClusterError } from "../core/errors.ts";
import { abortable } from "../engine/abortable.ts";
import { type AwaitedNode, drop, elapsed, noticed } from "./awaited-node.ts";
import { connect, type Connection } from "./connection.ts";
import { etcdHealth, type EtcdHealth } from "./etcd-health.ts";
import { JUMP_FINAL } from "./jump-error.ts";
import type { NodeState } from "./node-state.ts";

/**
 * A lost SYN is repeated by the kernel after 1 s and then 3 s: a second of patience more than one repetition, then a fresh
 * connection. Behind an Azure load balancer a machine that is not up is silence, not a refusal.
 */
const TCP_TIMEOUT_MS = 2500;
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** Codes that no waiting changes. */
const FINAL = new Set<string>([
  ...JUMP_FINAL,
  "HostKeyUnknown",
  "SshKeyEncrypted",
  "SshKeyUnreadable",
  "PrivateKeyMissing",
  "SshAgentKeyMissing",
  "SshAgentUnreachable",
  "EtcdClientCertificateMissing",
]);
const NO_LOGIN = new Set([
  "SshAuthentication",
  "SshHandshake",
  "SshHandshakeTimeout",
  "SshReset",
  "HostKeyUnknown",
  "SshAgentRefused",
  "SshAgentKeyMissing",
  "SshAgentUnreachable",
]);

/** True when there is nothing left to wait for. @throws the signal's reason; what is no fault of a node's */
export async function lookAt(node: AwaitedNode): Promise<boolean> {
  const { signal } = node.shared;
  signal.throwIfAborted();
  node.lookedAt = node.shared.options.clock.now();
  try {
    // Every step ends at an abort by itself; this is for the one that forgets to.
    return await abortable(look(node), signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed(node, error);
  }
}

async function look(node: AwaitedNode): Promise<boolean> {
  const { target } = node;
  const { level, whenReady } = node.shared.options;
  node.attempts++;
  if (node.connection?.alive() === false) drop(node);
  const connection = (node.connection ??= await logIn(node));
  const health = await healthOf(node, connection);
  if (!health.healthy) {
    noticed(node, { state: "ssh", code: health.code, reason: health.reason });
    return false;
  }
  if (level === "etcd") node.timings.etcd = elapsed(node);
  if (await isBusy(node, connection)) {
    noticed(node, { state: "ssh", code: "FirstBoot", reason: "its first boot is not over yet" });
    return false;
  }
  noticed(node, { state: "ready" });
  await Promise.all([node.atLogin, whenReady?.(connection, target).catch(() => undefined)]);
  return true;
}

/** Whether its first boot is still at work. What went wrong in one that is over is said, once: what it was is for people to judge. */
async function isBusy({ shared, target }: AwaitedNode, connection: Connection): Promise<boolean> {
  const { firstBoot, emit } = shared.options;
  if (firstBoot === undefined) return false;
  const { stdout } = await connection.exec(firstBoot.command, { timeoutMs: HANDSHAKE_TIMEOUT_MS, signal: shared.signal });
  if (firstBoot.busy.test(stdout)) return true;
  if (firstBoot.failed.test(stdout))
    emit?.({
      kind: "note",
      id: `first-boot/${target.name}`,
      label: "first boot",
      message: `${target.name}: ${firstBoot.command.split(" ").slice(0, 2).join(" ")} tells of errors; cloud-init status --long says which.`,
    });
  return false;
}

async function logIn(node: AwaitedNode): Promise<Connection> {
  const { target, timings } = node;
  const { signal, options } = node.shared;
  const made = await connect(target, {
    clock: options.clock,
    signal,
    trust: options.trust ?? "strict",
    tcpTimeoutMs: TCP_TIMEOUT_MS,
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
    onTcp: () => {
      timings.tcp ??= elapsed(node);
      options.whenReached?.();
    },
  });
  timings.ssh ??= elapsed(node);
  node.hostKey = made.hostKey;
  node.mismatchSince = undefined;
  node.atLogin ??= options.whenLoggedIn?.(made, target).catch(() => {
    node.atLogin = undefined;
  });
  // etcd may take seconds to answer: how far we came is known before.
  if (options.level === "etcd" && node.last.state !== "ssh")
    noticed(node, { state: "ssh", code: "EtcdPending", reason: "SSH answers, etcd has not yet" });
  return made;
}

function healthOf(node: AwaitedNode, connection: Connection): Promise<EtcdHealth> {
  const { signal, options } = node.shared;
  if (options.level === "ssh") return Promise.resolve({ healthy: true });
  return etcdHealth(connection, { clock: options.clock, signal, ...(options.etcdTls && { tls: options.etcdTls }) });
}

/** True when no waiting helps. */
function failed(node: AwaitedNode, error: unknown): boolean {
  if (!(error instanceof ClusterError)) throw error;
  const { code, message } = error;
  const { clock, hostKeyGraceMs = 180_000 } = node.shared.options;
  if (code === "ConnectionLost") drop(node);
  if (code === "SshRefused") node.shared.options.whenReached?.();
  noticed(node, { state: stateOf(code, node.connection), code, reason: message });
  if (code !== "HostKeyMismatch") return FINAL.has(code);
  node.mismatchSince ??= clock.now();
  return clock.now() - node.mismatchSince >= hostKeyGraceMs;
}

function stateOf(code: string, connection: Connection | undefined): NodeState {
  if (code === "HostKeyMismatch") return "wrong-host-key";
  if (connection !== undefined || code === "ConnectionLost") return "ssh";
  return NO_LOGIN.has(code) ? "no-login" : "unreachable";
}
