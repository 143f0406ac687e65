/**
 * One HTTP request to etcd through an SSH tunnel, plain or TLS with the operator's certificate. Chosen over running etcdctl
 * on the node: it needs no program, shell or readable key there, works alike for every image, and answers with JSON and
 * status codes. etcd's client port stays closed to the outside. It must not interpret what etcd says.
 */
import { defined } from "../core/defined.ts";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";
import { etcdEndpoint, type EtcdClientTls, type NodeTarget } from "./target.ts";

export interface EtcdAccess {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** For one request; 7 seconds by default: etcd itself gives up after 5 to 7. */
  readonly timeoutMs?: number;
  /** For targets with `tls`. */
  readonly tls?: EtcdClientTls;
}

export interface EtcdRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

export interface EtcdResponse {
  readonly status: number;
  /** Parsed JSON, or the text when it is none; at most 1 MiB. */
  readonly body: unknown;
}

/** @throws ClusterError EtcdTls, EtcdTimeout, EtcdBroken, EtcdClientCertificateMissing, Forward*, ConnectionLost */
export async function etcdRequest(connection: Connection, access: EtcdAccess, asked: EtcdRequest): Promise<EtcdResponse> {
  const timeoutMs = access.timeoutMs ?? 7000;
  const within = limit(access.clock, timeoutMs, access.signal);
  const { target } = connection;
  const { host, port } = etcdEndpoint(target);
  let tunnel: Duplex | undefined;
  try {
    const opened = connection.forward(host, port);
    opened.then((late) => within.signal.aborted && late.destroy()).catch(() => undefined);
    tunnel = await abortable(opened, within.signal);
    const socket = target.tls ? await abortable(secure(tunnel, target, host, access.tls), within.signal) : tunnel;
    return await abortable(exchange(socket, target, `${host}:${port}`, asked), within.signal);
  } catch (error) {
    if (!within.expired()) throw error;
    throw new ClusterError("EtcdTimeout", `${target.name}: etcd does not answer within ${timeoutMs / 1000} s`, {
      source: "node",
      exit: EXIT.timeout,
    });
  } finally {
    within.done();
    tunnel?.destroy();
  }
}

function secure(tunnel: Duplex, target: NodeTarget, host: string, tls: EtcdClientTls | undefined): Promise<Duplex> {
  if (tls === undefined) throw clientCertificateMissing(target);
  return new Promise<Duplex>((resolve, reject) => {
    // `host` is what the certificate is compared with: the address of the member, or 127.0.0.1 through a gateway.
    const socket = connectTls({ socket: tunnel, host, ca: tls.ca, cert: tls.certificate, key: tls.key, minVersion: "TLSv1.2" });
    socket.once("secureConnect", () => resolve(socket));
    // a peer that goes away is no matter of certificates: a gateway whose members are all down does that
    socket.on("error", (error: Error & { code?: string }) =>
      reject(/^(ECONNRESET|EPIPE)$/.test(error.code ?? "") ? broken(target, error) : tlsError(target, error)),
    );
    tunnel.once("close", () => reject(broken(target)));
  }).catch((error: unknown) => {
    // a file of the cluster's folder that is damaged is refused at once
    throw error instanceof ClusterError ? error : tlsError(target, error);
  });
}

function exchange(socket: Duplex, target: NodeTarget, authority: string, asked: EtcdRequest): Promise<EtcdResponse> {
  return new Promise((resolve, reject) => {
    const failed = (error?: Error & { code?: string }): void =>
      // With TLS 1.3 a client certificate is refused after the handshake, by an alert that arrives here.
      reject(/SSL|TLS/.test(error?.code ?? "") ? tlsError(target, error) : broken(target, error));
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const outgoing = request({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers: { host: authority, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    });
    outgoing.on("error", failed);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= 1 << 20) chunks.push(chunk);
        else incoming.destroy();
      });
      incoming.on("error", failed);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString("utf8")) }),
      );
      incoming.on("close", () => failed());
    });
    outgoing.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export const clientCertificateMissing = (target: NodeTarget): ClusterError =>
  new ClusterError("EtcdClientCertificateMissing", `${target.name}: etcd asks for a client certificate and none is at hand`, {
    source: "user",
    advice: "Copy etcd-ca.pem, etcd-client.pem and etcd-client.key into the cluster's folder from where it was made.",
  });

const tlsError = (target: NodeTarget, cause: unknown): ClusterError =>
  new ClusterError("EtcdTls", `${target.name}: no TLS connection to etcd`, {
    source: "node",
    advice:
      "The certificates and keys in the cluster's folder must be whole, of the authority that the node trusts, and within their dates.",
    cause,
  });

const broken = (target: NodeTarget, cause?: unknown): ClusterError =>
  new ClusterError("EtcdBroken", `${target.name}: etcd closed the connection`, {
    source: "node",
    ...defined({ cause }),
  });
