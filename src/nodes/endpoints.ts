/**
 * What the load-balanced endpoints look like from outside. Behind an Azure load balancer, silence has several causes: a
 * backend whose probe fails gets no new connections, and a closed port is silent as well. Where the security group lets everybody in,
 * silence is told as what it most likely is: nobody listens yet.
 */
import { request } from "node:http";
import { connect } from "node:net";
import type { Clock } from "../core/clock.ts";
import { fromWords, isAll } from "../core/plan/let-in.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";

/** Where to look: an endpoint of the plan. */
export interface EndpointProbe {
  readonly host: string;
  readonly port: number;
  /** Asked for over HTTP; without one a connection is enough. */
  readonly path?: string;
  /** Whom the security group lets in; absent: everybody. */
  readonly from?: readonly string[];
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

/** All at once, in the order given. Never throws for what does not answer. */
export const probeEndpoints = (probes: readonly EndpointProbe[], options: ProbeOptions): Promise<EndpointState[]> =>
  Promise.all(probes.map((probe) => probeEndpoint(probe, options)));

async function probeEndpoint(probe: EndpointProbe, options: ProbeOptions): Promise<EndpointState> {
  const within = limit(options.clock, options.timeoutMs ?? 5000, options.signal);
  try {
    const asked = probe.path === undefined ? askTcp(probe, within.signal) : askHttp(probe, within.signal);
    return verdict(probe, await abortable(asked, within.signal));
  } catch (error) {
    options.signal?.throwIfAborted();
    return verdict(probe, within.expired() ? "silent" : ((error as { code?: string }).code ?? "error"));
  } finally {
    within.done();
  }
}

/** An HTTP status, "connected", "silent", or the code of a socket error. */
type Finding = number | string;

function verdict({ port, path, from = ["*"] }: EndpointProbe, found: Finding): EndpointState {
  if (found === 200) return { port, state: "answering", text: `port ${port} answers, ${path} is healthy` };
  if (typeof found === "number") return { port, state: "answering", text: `port ${port} answers, but ${path} says ${found}` };
  if (found === "connected") return { port, state: "answering", text: `port ${port} answers` };
  // Nobody has a router or builder before it is installed: no backend is healthy, so the load balancer drops the connection.
  if (["silent", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"].includes(found)) {
    if (from.length === 0) return { port, state: "closed", text: `port ${port} is not open: the security group lets nobody in` };
    if (!isAll(from))
      return { port, state: "closed", text: `port ${port} is open${fromWords({ from })} alone, and does not answer here` };
    return {
      port,
      state: "open",
      text: `port ${port} is open, nothing listening yet (no healthy node behind the load balancer)`,
    };
  }
  return { port, state: "closed", text: `port ${port} does not answer (${found}): closed, filtered, or nothing listening` };
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
