/**
 * Whether etcd on one node is healthy: it knows a leader and can commit. Asked of the node's own endpoint, so that a gateway
 * is checked through itself. Where sshd allows no tunnels, or the operator's certificate is not here, etcdctl on the node answers
 * instead, with the node's own. Only its own word counts: a status or an exit code without it is somebody else's. Never throws for a node that is merely not healthy yet: that is an answer.
 */
import { defined } from "../core/defined.ts";
import { ClusterError } from "../core/errors.ts";
import { plain } from "../core/words.ts";
import { NODE_TLS_FILES } from "../core/node-config.ts";
import type { Connection } from "./connection.ts";
import { clientCertificateMissing, etcdRequest, type EtcdAccess } from "./etcd-http.ts";
import { etcdEndpoint, type NodeTarget } from "./target.ts";
import { sudo } from "./as-root.ts";

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
    if (status === 200 && isRecord(body) && (body["health"] === "true" || body["health"] === true)) return { healthy: true };
    if (status === 200 && !(isRecord(body) && "health" in body)) return strange("what answers at etcd's port is not etcd");
    const said = isRecord(body) ? body["reason"] : undefined;
    const reason = typeof said === "string" && said !== "" ? `: ${plain(said).slice(0, 200)}` : "";
    return { healthy: false, code: "EtcdUnhealthy", reason: `etcd runs but has no quorum${reason}` };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.code === "ConnectionLost") throw error;
    if (error.code === "ForwardForbidden") return byEtcdctl(connection, access);
    return { healthy: false, code: error.code, reason: reasonOf(error, connection.target) };
  }
}

/** A gateway whose members are all down, or gone, takes the connection and ends it. */
const reasonOf = ({ code, message }: ClusterError, { role }: NodeTarget): string =>
  role === "gateway" && code === "EtcdBroken"
    ? "its gateway reaches no member of etcd that it knows of: `create`, run again, tells it of today's, and `replace` makes it anew"
    : (REASON[code] ?? message);

const REASON: Record<string, string> = {
  ForwardRefused: "etcd is not running yet",
  // Until it finds a quorum for the first time, etcd accepts connections and answers nothing.
  EtcdTimeout: "etcd runs but serves nobody: it waits for its peers",
  EtcdTls: "etcd refuses our certificate, or shows one that we do not trust",
  EtcdBroken: "etcd closed the connection",
};

const strange = (reason: string): EtcdHealth => ({ healthy: false, code: "EtcdAnswerUnreadable", reason });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `etcdctl endpoint health -w json`: one entry, of the endpoint that was asked. Undefined for anything else. */
function saysHealthy(text: string, endpoint: string): boolean | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const [entry, ...more] = Array.isArray(said) ? (said as unknown[]) : [];
  if (!isRecord(entry) || more.length > 0 || entry["endpoint"] !== endpoint) return undefined;
  return typeof entry["health"] === "boolean" ? entry["health"] : undefined;
}

/** Believed when it says so, and not for its exit code. The certificates are the node's own, readable for root. */
async function byEtcdctl(connection: Connection, access: EtcdAccess): Promise<EtcdHealth> {
  const { target } = connection;
  const result = await connection.exec(healthCommand(target), {
    timeoutMs: access.timeoutMs ?? 7000,
    ...defined({ signal: access.signal }),
  });
  const said = saysHealthy(result.stdout, endpointOf(target));
  if (result.code === 0 && said === true) return { healthy: true };
  if (result.code === 0 && said === undefined) return strange("what etcdctl prints there is not what etcdctl prints");
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
function healthCommand(target: NodeTarget): string {
  const root = target.tls ? sudo(target) : "";
  const { ca, certificate, key } = NODE_TLS_FILES;
  const look = target.tls ? `${root}test -s ${key} || exit ${NO_CERTIFICATE}; ` : "";
  const tls = target.tls ? `--cacert=${ca} --cert=${certificate} --key=${key} ` : "";
  return `${look}${root}env ETCDCTL_API=3 etcdctl --endpoints=${endpointOf(target)} ${tls}endpoint health --write-out=json`;
}

function endpointOf(target: NodeTarget): string {
  const { host, port } = etcdEndpoint(target);
  return `${target.tls ? "https" : "http"}://${host}:${port}`;
}
