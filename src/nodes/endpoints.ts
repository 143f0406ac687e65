/**
 * What the load-balanced endpoints look like from outside. Behind an Azure load balancer, silence has several causes: a
 * backend whose probe fails gets no new connections, and a closed port is silent as well. So what cannot be told apart from
 * here is said to be so, and only the plan (`opened`) makes the difference.
 */
import { request } from "node:http";
import { connect } from "node:net";
import type { Clock } from "../core/clock.ts";
import { limit, orAborted } from "./deadline.ts";

export interface EndpointProbe {
  readonly host: string;
  readonly port: number;
  /** "http" asks for `path`; "tcp" only connects. */
  readonly protocol: "http" | "tcp";
  readonly path?: string;
  /** True when a load balancer rule and the security group open this port. */
  readonly opened: boolean;
}

export interface EndpointState {
  readonly port: number;
  readonly state: "answering" | "open" | "closed";
  /** One line for people. */
  readonly text: string;
}

export interface ProbeOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** 5 seconds by default. */
  readonly timeoutMs?: number;
}

/** Deis: the router on 80 (with its health check) and 443, the builder on 2222. */
export const deisProbes = (host: string, https: boolean): EndpointProbe[] => [
  { host, port: 80, protocol: "http", path: "/health-check", opened: true },
  ...(https ? [{ host, port: 443, protocol: "tcp" as const, opened: true }] : []),
  { host, port: 2222, protocol: "tcp", opened: true },
];

/** All at once, in the order given. Never throws for what does not answer. */
export const probeEndpoints = (probes: readonly EndpointProbe[], options: ProbeOptions): Promise<EndpointState[]> =>
  Promise.all(probes.map((probe) => probeEndpoint(probe, options)));

async function probeEndpoint(probe: EndpointProbe, options: ProbeOptions): Promise<EndpointState> {
  const within = limit(options.clock, options.timeoutMs ?? 5000, options.signal);
  try {
    const asked = probe.protocol === "http" ? askHttp(probe, within.signal) : askTcp(probe, within.signal);
    return verdict(probe, await orAborted(asked, within.signal));
  } catch (error) {
    options.signal?.throwIfAborted();
    return verdict(probe, within.expired() ? "silent" : ((error as { code?: string }).code ?? "error"));
  } finally {
    within.done();
  }
}

/** An HTTP status, "connected", "silent", or the code of a socket error. */
type Finding = number | string;

function verdict({ port, path, opened }: EndpointProbe, found: Finding): EndpointState {
  if (found === 200) return { port, state: "answering", text: `port ${port} answers, ${path} is healthy` };
  if (typeof found === "number") return { port, state: "answering", text: `port ${port} answers, but ${path} says ${found}` };
  if (found === "connected") return { port, state: "answering", text: `port ${port} answers` };
  // Nobody has a router or builder before it is installed: no backend is healthy, so the load balancer drops the connection.
  if (opened && ["silent", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"].includes(found)) {
    return {
      port,
      state: "open",
      text: `port ${port} is open, nothing listening yet (no healthy node behind the load balancer)`,
    };
  }
  const why = found === "ECONNREFUSED" ? "refuses connections" : `does not answer${found === "silent" ? "" : ` (${found})`}`;
  return {
    port,
    state: "closed",
    text: `port ${port} ${why}: closed, filtered, or nothing listening; from outside these look alike`,
  };
}

function askTcp({ host, port }: EndpointProbe, signal: AbortSignal): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      resolve("connected");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

function askHttp({ host, port, path }: EndpointProbe, signal: AbortSignal): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, signal, agent: false }, (incoming) => {
      resolve(incoming.statusCode ?? 0);
      incoming.destroy();
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
