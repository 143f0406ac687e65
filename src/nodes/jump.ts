/**
 * Jump hosts: SSH in SSH, as ProxyJump does it. One connection to each hop for all nodes, made when it is first needed and made again when
 * it has died; through the last one a channel (direct-tcpip) for each node. sshd's MaxStartups counts connections and MaxSessions shells,
 * so that neither stands in the way of many nodes. Keys stay here: each hop sees bytes, and no agent is forwarded.
 */
import type { Duplex } from "node:stream";
import type { Client, AnyAuthMethod } from "ssh2";
import type { Clock } from "../core/clock.ts";
import type { Hop } from "../core/spec/hops.ts";
import { abortable } from "../engine/abortable.ts";
import { type SocketCode, handshakeCode } from "./connect-error.ts";
import { limit } from "./deadline.ts";
import { algorithmsFor, keyLine, sameKey } from "./host-key.ts";
import { ForwardFailure, jumpForbidden, jumpKeyMismatch, jumpKeyUnknown, jumpRefused, jumpUnreachable } from "./jump-error.ts";
import { openTcp } from "./tcp.ts";
import type { Via } from "./via.ts";
import { waitingChannels } from "./waiting-channels.ts";

export interface JumpHop extends Hop {
  /** Keys that the user's known_hosts has for it. */
  readonly hostKeys: readonly string[];
  /** What to log in with, in this order. */
  readonly ways: readonly HopLogin[];
}

export type HopLogin = { readonly privateKey: string } | { readonly agent: string };

export interface JumpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Keys of the cluster's own nodes: who shows one is a node, at whatever address it is reached. */
  readonly nodeKeys: () => readonly string[];
}

export function createJump(hops: readonly JumpHop[], options: JumpOptions): Via {
  const links = new Map<number, Promise<Client>>();
  let closed = false;
  const link = (at: number): Promise<Client> => {
    const known = links.get(at);
    if (known !== undefined) return known;
    const made = logIn(
      hops,
      at,
      options,
      () => link(at - 1),
      () => links.get(at) === made && links.delete(at),
    );
    links.set(at, made);
    made.then(
      (client) => closed && client.end(),
      () => links.get(at) === made && links.delete(at),
    );
    return made;
  };
  const last = hops.length - 1;
  const channels = waitingChannels(options.clock, async (host, port) => forward(await link(last), hops[last] as Hop, host, port));
  return {
    open: (host, port, signal) => channels.open(host, port, signal),
    check: async () => void (await link(last)),
    close() {
      closed = true;
      channels.close();
      for (const one of links.values())
        void one.then(
          (client) => client.end(),
          () => undefined,
        );
    },
  };
}

// --- internal ---

const LOGIN_MS = 20_000;

/** @param ended called once the connection is gone */
async function logIn(
  hops: readonly JumpHop[],
  at: number,
  options: JumpOptions,
  before: () => Promise<Client>,
  ended: () => void,
): Promise<Client> {
  const hop = hops[at] as JumpHop;
  const within = limit(options.clock, LOGIN_MS, options.signal);
  const opening = at === 0 ? straight(hop, options, within.signal) : through(hop, hops[at - 1] as Hop, before);
  try {
    return await abortable(handshake(await abortable(opening, within.signal), hops, at, options, ended), within.signal);
  } catch (error) {
    // one that comes too late is nobody's
    opening.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    throw within.expired() ? jumpUnreachable(hop, "does not answer in time") : error;
  } finally {
    within.done();
  }
}

const straight = (hop: Hop, { clock }: JumpOptions, signal: AbortSignal): Promise<Duplex> =>
  openTcp(hop, { clock, signal, timeoutMs: LOGIN_MS, failed: (code, cause) => jumpUnreachable(hop, WORDS[code], cause) });

async function through(hop: Hop, from: Hop, before: () => Promise<Client>): Promise<Duplex> {
  try {
    return await forward(await before(), from, hop.host, hop.port);
  } catch (error) {
    throw error instanceof ForwardFailure ? jumpUnreachable(hop, WORDS[error.code], error) : error;
  }
}

const WORDS: Record<SocketCode, string> = {
  SshRefused: "refuses connections",
  SshTimeout: "does not answer",
  SshUnreachable: "cannot be reached",
  SshReset: "cuts the connection",
};

async function handshake(
  sock: Duplex,
  hops: readonly JumpHop[],
  at: number,
  { nodeKeys }: JumpOptions,
  ended: () => void,
): Promise<Client> {
  const hop = hops[at] as JumpHop;
  const client = new (await import("ssh2")).default.Client();
  const known = [...hop.hostKeys, ...nodeKeys()];
  return new Promise((resolve, reject) => {
    let refused: Error | undefined;
    client.on("ready", () => resolve(client));
    client.on("error", (cause) => {
      const code = handshakeCode(cause);
      const why = code === "SshReset" ? WORDS.SshReset : "does not complete the SSH handshake";
      const denied = code === "SshAuthentication";
      reject(refused ?? (denied ? jumpRefused(hop, hops.slice(0, at), cause) : jumpUnreachable(hop, why, cause)));
    });
    client.on("close", () => {
      ended();
      reject(refused ?? jumpUnreachable(hop, WORDS.SshReset));
    });
    client.connect({
      sock,
      username: hop.user,
      authHandler: hop.ways.map((way): AnyAuthMethod =>
        "agent" in way
          ? { type: "agent", username: hop.user, agent: way.agent }
          : { type: "publickey", username: hop.user, key: way.privateKey },
      ),
      algorithms: { serverHostKey: algorithmsFor(known) },
      hostVerifier: (blob: Buffer) => {
        const seen = keyLine(blob) ?? "";
        if (known.some((line) => sameKey(line, seen))) return true;
        refused = hop.hostKeys.length === 0 ? jumpKeyUnknown(hop, hops.slice(0, at), seen) : jumpKeyMismatch(hop, seen);
        return false;
      },
      readyTimeout: 0, // ours is on the Clock
      keepaliveInterval: 15_000, // a firewall or Azure Bastion forgets what is idle
      keepaliveCountMax: 3,
    });
  });
}

/** sshd says why in words of its libc (RFC 4254, 5.1: 1 = administratively prohibited, 2 = connect failed). */
function forward(client: Client, hop: Hop, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error & { reason?: number | string }): void => {
      if (error.reason === 1) return reject(jumpForbidden(hop, error));
      if (error.reason !== 2) return reject(jumpUnreachable(hop, "has cut the connection", error));
      const text = error.message;
      const code = /timed out/i.test(text) ? "SshTimeout" : /route|unreachable/i.test(text) ? "SshUnreachable" : "SshRefused";
      reject(new ForwardFailure(code, error));
    };
    try {
      client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => (error === undefined ? resolve(channel) : failed(error)));
    } catch (error) {
      failed(error as Error); // ssh2 throws when the socket is gone
    }
  });
}
