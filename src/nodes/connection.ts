/**
 * An SSH connection to one node: TCP first, so that "nobody listens" and "no answer" are told apart, then the handshake with
 * the host key compared before anything of ours is sent, then our key. One attempt: whoever waits does the repeating. The
 * ssh2 package is loaded here and only when needed.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import {
  execCommand,
  lost,
  openCommand,
  streamCommand,
  type ExecOptions,
  type ExecResult,
  type Exit,
  type StreamOptions,
} from "./command.ts";
import { type SocketCode, handshakeCode, connectError, hostKeyMismatch, hostKeyUnknown } from "./connect-error.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";
import { algorithmsFor, keyLine, sameKey } from "./host-key.ts";
import { agentWith, type OneKeyAgent } from "./agent.ts";
import { credentialOf } from "./identity.ts";
import { ForwardFailure } from "./jump-error.ts";
import type { NodeTarget } from "./target.ts";
import { openTcp } from "./tcp.ts";
import type { Trust } from "../core/ssh-options.ts";

export interface ConnectOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** For the whole: TCP, handshake and login. 20 seconds by default. */
  readonly timeoutMs?: number;
  /** For TCP alone; `timeoutMs` by default. */
  readonly tcpTimeoutMs?: number;
  /** What to do when no host key is known. A known one that differs is refused in both cases. */
  readonly trust: Trust;
  /** Called when TCP is through, before the handshake. */
  readonly onTcp?: () => void;
}

export interface Connection {
  readonly target: NodeTarget;
  /** The key that it showed: "ssh-ed25519 AAAA...". */
  readonly hostKey: string;
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** As exec, with the output handed on as it comes. */
  stream(command: string, options?: StreamOptions): Promise<Exit>;
  /** A command to talk to: its input and output as one Duplex. */
  open(command: string): Promise<Duplex>;
  /** A TCP connection from the node to host:port (direct-tcpip). @throws ClusterError ForwardRefused, ForwardForbidden */
  forward(host: string, port: number): Promise<Duplex>;
  /** False as soon as the connection is gone. */
  alive(): boolean;
  close(): void;
}

/** @throws ClusterError with a ConnectCode, SshKey*, SshAgent*, PrivateKeyMissing; the signal's reason when aborted */
export async function connect(target: NodeTarget, options: ConnectOptions): Promise<Connection> {
  if (target.hostKeys.length === 0 && options.trust === "strict") throw hostKeyUnknown(target);
  const credential = await credentialOf(target.identity);
  const timeoutMs = options.timeoutMs ?? 20_000;
  const whole = limit(options.clock, timeoutMs, options.signal);
  const { Client } = (await import("ssh2")).default;
  let socket: Duplex | undefined;
  try {
    socket = await reach(target, options, Math.min(timeoutMs, options.tcpTimeoutMs ?? timeoutMs), whole.signal);
    options.onTcp?.();
    const client = new Client();
    const way = "agent" in credential ? await agentWith(credential.agent, credential.publicKey) : credential;
    const login = handshake(client, socket, target, way);
    const hostKey = await abortable(login, whole.signal);
    return overClient(client, socket, target, hostKey, options.clock);
  } catch (error) {
    socket?.destroy();
    throw whole.expired() ? connectError(socket === undefined ? "SshTimeout" : "SshHandshakeTimeout", target) : error;
  } finally {
    whole.done();
  }
}

/** One that lasts as long as the work. @throws what `connect` and the work throw */
export async function withConnection<T>(
  target: NodeTarget,
  options: ConnectOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(target, options);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

// --- internal ---

/** TCP to the node: straight, or from the last jump host. */
async function reach(target: NodeTarget, { clock }: ConnectOptions, timeoutMs: number, signal: AbortSignal): Promise<Duplex> {
  const { host, port, via } = target;
  const failed = (code: SocketCode, cause?: unknown): ClusterError => connectError(code, target, cause);
  if (via === undefined) return openTcp({ host, port }, { clock, signal, timeoutMs, failed });
  const within = limit(clock, timeoutMs, signal);
  try {
    return await via.open(host, port, within.signal);
  } catch (error) {
    if (within.expired()) throw failed("SshTimeout");
    throw error instanceof ForwardFailure ? failed(error.code, error) : error;
  } finally {
    within.done();
  }
}

/** Resolves with the host key once logged in. */
function handshake(
  client: Client,
  socket: Duplex,
  target: NodeTarget,
  way: { readonly privateKey: string } | OneKeyAgent,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    let refused: ClusterError | undefined;
    const decided = (): ClusterError | undefined => refused ?? ("agent" in way ? way.failure() : undefined);
    client.on("ready", () => resolve(seen));
    // The first error decides; later ones (a reset after our own end) must only not be thrown.
    client.on("error", (error) => reject(decided() ?? connectError(handshakeCode(error), target, error)));
    client.on("close", () => reject(decided() ?? connectError("SshReset", target)));
    client.connect({
      sock: socket,
      username: target.user,
      // Not "none" first: each attempt counts against MaxAuthTries and costs a round trip.
      ...("agent" in way
        ? { agent: way.agent, authHandler: ["agent"] }
        : { privateKey: way.privateKey, authHandler: ["publickey"] }),
      algorithms: { serverHostKey: algorithmsFor(target.hostKeys) },
      hostVerifier: (blob: Buffer) => {
        const shown = keyLine(blob);
        if (shown === undefined) return false;
        seen = shown;
        const known = target.hostKeys.length === 0 || target.hostKeys.some((line) => sameKey(line, seen));
        if (!known) refused = hostKeyMismatch(target, seen);
        return known;
      },
      readyTimeout: 0, // ours is on the Clock
      keepaliveInterval: 15_000, // an Azure load balancer forgets idle connections after 4 minutes
      keepaliveCountMax: 3,
    });
  });
}

function overClient(client: Client, socket: Duplex, target: NodeTarget, hostKey: string, clock: Clock): Connection {
  const session = { client, clock, node: target.name };
  let open = true;
  client.on("close", () => (open = false));
  return {
    target,
    hostKey,
    exec: (command, options = {}) => execCommand(session, command, options),
    stream: (command, options = {}) => streamCommand(session, command, options),
    open: async (command) => (await openCommand(client, target.name, command)).channel,
    forward: (host, port) => openForward(client, target, host, port),
    alive: () => open && !socket.destroyed && socket.writable,
    close: () => {
      client.end();
      if (socket instanceof Socket) socket.destroySoon();
      else socket.destroy();
    },
  };
}

function openForward(client: Client, target: NodeTarget, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error & { reason?: number | string }): void => {
      // RFC 4254, 5.1: 1 = administratively prohibited, 2 = connect failed.
      const code = error.reason === 1 ? "ForwardForbidden" : error.reason === 2 ? "ForwardRefused" : undefined;
      if (code === undefined) return reject(lost(target.name, error));
      const why = code === "ForwardForbidden" ? "sshd does not allow tunnels" : "nothing listens there";
      reject(
        new ClusterError(code, `${target.name}: no tunnel to ${host} port ${port}: ${why}`, {
          source: "node",
          advice:
            code === "ForwardForbidden"
              ? "AllowTcpForwarding in its sshd_config decides."
              : "Is what should listen there running?",
          cause: error,
        }),
      );
    };
    try {
      client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => (error === undefined ? resolve(channel) : failed(error)));
    } catch (error) {
      reject(lost(target.name, error));
    }
  });
}
