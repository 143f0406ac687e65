/**
 * Waiting for one node: TCP, login, etcd, again and again until the deadline, from a quarter of a second between two
 * looks. A look at a closed port costs one packet, so it stays frequent; a refused login costs the node work and sshd punishes
 * it, so it slows down. An SSH connection that stands is kept while etcd is waited for.
 */
import { ClusterError } from "../core/errors.ts";
import { connect, type Connection } from "./connection.ts";
import { abortable } from "../engine/abortable.ts";
import { etcdHealth, type EtcdHealth } from "./etcd-health.ts";
import type { NodeReadiness, NodeState, SharedWait } from "./node-state.ts";
import type { NodeTarget } from "./target.ts";

/**
 * A lost SYN is repeated by the kernel after 1 s and then 3 s: a second of patience more than one repetition, then a fresh
 * connection. Behind an Azure load balancer a machine that is not up is silence, not a refusal.
 */
const TCP_TIMEOUT_MS = 2500;
const HANDSHAKE_TIMEOUT_MS = 15_000;
/** After something has changed the next change is near. */
const FIRST_PAUSE_MS = 250;
/** The longest pause, by what the last look found. */
const PAUSE_MS: Record<string, number> = {
  SshAuthentication: 3000,
  SshAgentRefused: 3000,
  SshHandshake: 3000,
  HostKeyMismatch: 2000,
};
const USUAL_PAUSE_MS = 1000;

/** Codes that no waiting changes. */
const FINAL = new Set([
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

/** What Azure says of a machine that makes waiting for it pointless. */
const GONE: Partial<Record<string, { state: NodeState; code: string; reason: string }>> = {
  failed: { state: "failed", code: "MachineFailed", reason: "Azure could not make the machine" },
  stopped: { state: "stopped", code: "MachineStopped", reason: "the machine is switched off" },
};

/** Never throws: an abort ends in a result too, and the caller throws. */
export async function waitForNode(target: NodeTarget, shared: SharedWait): Promise<NodeReadiness> {
  const { options, signal, started } = shared;
  const { clock } = options;
  const node = { id: `readiness/${target.name}`, label: `node ${target.name}`, node: target.index };
  const timings: { tcp?: number; ssh?: number; etcd?: number } = {};
  let last: { state: NodeState; code?: string; reason?: string } = { state: "unreachable", reason: "was not reached" };
  let hostKey: string | undefined;
  let connection: Connection | undefined;
  let kept = false;
  let mismatchSince: number | undefined;
  let atLogin: Promise<void> | undefined;
  let attempts = 0;
  let pause = FIRST_PAUSE_MS;
  options.emit?.({ ...node, kind: "started" });

  const found = (state: NodeState, code?: string, reason?: string): void => {
    if (code !== last.code || state !== last.state) {
      pause = FIRST_PAUSE_MS;
      if (state !== "ready")
        options.emit?.({ ...node, kind: "waiting", ...(code && { code }), ...(reason && { detail: reason }) });
    }
    last = { state, ...(code && { code }), ...(reason && { reason }) };
  };
  const drop = (): void => {
    connection?.close();
    connection = undefined;
    if (kept) shared.keep.give();
    kept = false;
  };
  const login = async (): Promise<Connection> => {
    const made = await connect(target, {
      clock,
      signal,
      trust: options.trust ?? "strict",
      tcpTimeoutMs: TCP_TIMEOUT_MS,
      timeoutMs: HANDSHAKE_TIMEOUT_MS,
      onTcp: () => (timings.tcp ??= clock.now() - started),
    });
    timings.ssh ??= clock.now() - started;
    hostKey = made.hostKey;
    mismatchSince = undefined;
    atLogin ??= options.whenLoggedIn?.(made, target).catch(() => {
      atLogin = undefined;
    });
    return made;
  };
  /** True when there is nothing left to wait for. */
  const look = async (): Promise<boolean> => {
    attempts++;
    if (connection?.alive() === false) drop();
    if (connection === undefined) {
      connection = await login();
      // etcd may take seconds to answer: how far we came is known before.
      if (options.level === "etcd" && last.state !== "ssh") found("ssh", "EtcdPending", "SSH answers, etcd has not yet");
    }
    const health: EtcdHealth =
      options.level === "ssh"
        ? { healthy: true }
        : await etcdHealth(connection, { clock, signal, ...(options.etcdTls && { tls: options.etcdTls }) });
    if (!health.healthy) {
      found("ssh", health.code, health.reason);
      return false;
    }
    if (options.level === "etcd") timings.etcd = clock.now() - started;
    found("ready");
    await Promise.all([atLogin, options.whenReady?.(connection, target).catch(() => undefined)]);
    return true;
  };
  const failed = (error: unknown): boolean => {
    if (!(error instanceof ClusterError)) throw error;
    const { code } = error;
    if (code === "ConnectionLost") drop();
    found(stateOf(code, connection), code, error.message);
    if (code === "HostKeyMismatch") {
      mismatchSince ??= clock.now();
      return clock.now() - mismatchSince >= (options.hostKeyGraceMs ?? 180_000);
    }
    return FINAL.has(code);
  };

  try {
    for (;;) {
      // Asked before the look: a machine that fails during it gets one more.
      const gone = GONE[options.machineState?.(target.index) ?? "unknown"];
      const over = await (connection === undefined
        ? shared.handshakes.run(() => attempt(look, failed, signal))
        : attempt(look, failed, signal));
      if (over) break;
      if (gone !== undefined) {
        if (last.state !== "ssh") last = gone;
        break;
      }
      if (connection !== undefined && !kept) {
        kept = shared.keep.take();
        if (!kept) drop();
      }
      await clock.sleep(pause, signal);
      pause = Math.min(pause * 1.5, PAUSE_MS[last.code ?? ""] ?? USUAL_PAUSE_MS);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    drop();
  }
  if (last.state === "ready") options.emit?.({ ...node, kind: "done" });
  else options.emit?.({ ...node, kind: "failed", ...(last.code && { code: last.code }), message: last.reason ?? "" });
  return { index: target.index, name: target.name, ...last, ...(hostKey && { hostKey }), timings, attempts };
}

async function attempt(look: () => Promise<boolean>, failed: (error: unknown) => boolean, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  try {
    // Every step ends at an abort by itself; this is for the one that forgets to.
    return await abortable(look(), signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed(error);
  }
}

function stateOf(code: string, connection: Connection | undefined): NodeState {
  if (code === "HostKeyMismatch") return "wrong-host-key";
  if (connection !== undefined || code === "ConnectionLost") return "ssh";
  return NO_LOGIN.has(code) ? "no-login" : "unreachable";
}
