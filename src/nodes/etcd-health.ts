/**
 * Whether etcd on one node is healthy: it knows a leader and can commit. Asked of the node's own endpoint, so that a gateway
 * is checked through itself. Where sshd allows no tunnels, or the operator's certificate is not here, etcdctl on the node answers
 * instead, with the node's own. Never throws for a node that is merely not healthy yet: that is an answer.
 */
import { ClusterError } from "../core/errors.ts";
import { NODE_TLS_FILES } from "../core/node-config.ts";
import type { Connection } from "./connection.ts";
import { clientCertificateMissing, etcdRequest, type EtcdAccess } from "./etcd-http.ts";
import { etcdEndpoint, type NodeTarget } from "./target.ts";

export type EtcdHealth =
  | { readonly healthy: true }
  | {
      readonly healthy: false;
      /** Forward*, Etcd*: see etcdRequest; EtcdUnhealthy when it answers that it is not. */
      readonly code: string;
      readonly reason: string;
    };

/** @throws ClusterError ConnectionLost, EtcdClientCertificateMissing; the signal's reason */
export async function etcdHealth(connection: Connection, access: EtcdAccess): Promise<EtcdHealth> {
  if (connection.target.tls && access.tls === undefined) return byEtcdctl(connection, access);
  try {
    const { status, body } = await etcdRequest(connection, access, { method: "GET", path: "/health" });
    // 2.x to 3.6 all answer {"health": "true"}; 503 and "false" without a leader or with an alarm.
    if (status === 200 && healthWord(body) === "true") return { healthy: true };
    const reason = typeof body === "object" && body !== null && "reason" in body ? `: ${String(body.reason).slice(0, 200)}` : "";
    return { healthy: false, code: "EtcdUnhealthy", reason: `etcd runs but has no quorum${reason}` };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.code === "ConnectionLost") throw error;
    if (error.code === "ForwardForbidden") return byEtcdctl(connection, access);
    return { healthy: false, code: error.code, reason: REASON[error.code] ?? error.message };
  }
}

const REASON: Record<string, string> = {
  ForwardRefused: "etcd is not running yet",
  // Until it finds a quorum for the first time, etcd accepts connections and answers nothing.
  EtcdTimeout: "etcd runs but serves nobody: it waits for its peers",
  EtcdTls: "etcd refuses our certificate, or shows one that we do not trust",
  EtcdBroken: "etcd closed the connection",
};

function healthWord(body: unknown): string | undefined {
  return typeof body === "object" && body !== null && "health" in body ? String(body.health) : undefined;
}

/** Exit code 0 and "is healthy" per endpoint. The certificates are the node's own, readable for root. */
async function byEtcdctl(connection: Connection, access: EtcdAccess): Promise<EtcdHealth> {
  const { target } = connection;
  const result = await connection.exec(healthCommand(target), {
    timeoutMs: access.timeoutMs ?? 7000,
    ...(access.signal === undefined ? {} : { signal: access.signal }),
  });
  if (result.code === 0) return { healthy: true };
  if (result.code === 127)
    return {
      healthy: false,
      code: "ForwardForbidden",
      reason: "etcd can be asked neither through a tunnel nor by etcdctl there",
    };
  if (result.code !== NO_CERTIFICATE)
    return { healthy: false, code: "EtcdUnhealthy", reason: "etcdctl says that etcd is not healthy" };
  // a member gets its certificate sooner or later; a gateway that was made without one does not
  if (target.role === "gateway") throw clientCertificateMissing(target);
  return { healthy: false, code: "EtcdClientCertificateMissing", reason: "the node has no etcd certificate yet" };
}

const NO_CERTIFICATE = 46;

/** The folder is where the user-data puts the certificates. */
export function healthCommand(target: NodeTarget): string {
  const { host, port } = etcdEndpoint(target);
  const sudo = target.user === "root" || !target.tls ? "" : "sudo -n ";
  const { ca, certificate, key } = NODE_TLS_FILES;
  const look = target.tls ? `${sudo}test -s ${key} || exit ${NO_CERTIFICATE}; ` : "";
  const tls = target.tls ? `--cacert=${ca} --cert=${certificate} --key=${key} ` : "";
  const scheme = target.tls ? "https" : "http";
  return `${look}${sudo}env ETCDCTL_API=3 etcdctl --endpoints=${scheme}://${host}:${port} ${tls}endpoint health`;
}
