/**
 * Agents that reach their servers through a proxy, and say so when that does not work: what fails is then the proxy's name and the
 * variable that it comes from, and not the server's. Codes are those of the advice table. No message holds the proxy's password.
 */
import { defined } from "../../core/defined.ts";
import http, { type Agent, type AgentOptions, type ClientRequest } from "node:http";
import https from "node:https";
import { type Socket, isIP } from "node:net";
import tls from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { wantsSignIn } from "./fetch.ts";
import type { Proxy } from "./proxy.ts";

/** For servers that are asked over https: the proxy is asked for a tunnel, and sees nothing of what is said in it. */
export function tunnel(proxy: Proxy, options: AgentOptions, patienceMs = PATIENCE_MS): Agent {
  const agent = new HttpsProxyAgent(proxy.url, options);
  // its own way leaves a socket without a listener while the proxy's handshake goes on: an error there would end the process
  agent.connect = async (request, to) => {
    const { host = "", port, path: _, ...rest } = to as tls.ConnectionOptions;
    const answer = await opened(proxy, `${isIP(host) === 6 ? `[${host}]` : host}:${port ?? 443}`, patienceMs);
    const { status, socket } = answer;
    if (status === 200) return tls.connect({ ...rest, ...(isIP(host) === 0 && { servername: rest.servername ?? host }), socket });
    // what the proxy refuses it answers like a server; a 403 of its would be taken for Azure's
    socket.destroy();
    throw refused(proxy, answer, request);
  };
  return agent;
}

/** For servers that are asked over http: the proxy is asked in their place. */
export function forPlainHttp(proxy: Proxy, options: AgentOptions): Agent {
  const agent = new HttpProxyAgent(proxy.url, options);
  const connect = agent.connect.bind(agent);
  agent.connect = (request, to) =>
    connect(request, to).catch((error: unknown) => {
      throw unreachable(proxy, error);
    });
  return agent;
}

// --- internal ---

/** A proxy that is there opens a way within a second or two; one that a firewall swallows, or that speaks no HTTP, never does. */
const PATIENCE_MS = 30_000;

/** What the proxy answers to CONNECT, and the socket that is then the tunnel. */
interface Opened {
  readonly status: number;
  readonly socket: Socket;
  /** The ways of signing in that it takes. */
  readonly offered: string | undefined;
}

function opened(proxy: Proxy, to: string, ms: number): Promise<Opened> {
  const { protocol, hostname, port, username, password } = proxy.url;
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const asked = (protocol === "https:" ? https : http).request({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : port,
    method: "CONNECT",
    path: to,
    headers: { host: to, ...(login === "Og==" ? {} : { "proxy-authorization": `Basic ${login}` }) },
    agent: false,
  });
  const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${ms / 1000} seconds`)), ms);
  return new Promise<Opened>((resolve, reject) => {
    asked.once("connect", ({ statusCode: status = 0, headers: { "proxy-authenticate": offered } }, socket) =>
      resolve({ status, socket, offered }),
    );
    asked.on("error", (error) => reject(unreachable(proxy, error)));
    asked.end();
  }).finally(() => clearTimeout(timer));
}

const failure = (code: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, defined({ cause })), { code });

function unreachable({ shown, variable }: Proxy, error: unknown): Error {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const why = typeof code === "string" ? code : String(message);
  return failure("ProxyUnreachable", `the proxy ${shown} (${variable}) cannot be reached: ${why}`, error);
}

function refused({ shown, variable }: Proxy, { status, offered }: Opened, request: ClientRequest): Error {
  const host = String(request.getHeader("host") ?? request.host);
  if (status === 407) return wantsSignIn(`${shown} (${variable})`, offered);
  const code = PASSING.has(status) ? "ProxyCannotConnect" : "ProxyRefused";
  return failure(code, `the proxy ${shown} (${variable}) opens no way to ${host} (${status})`);
}

/** It would let it through, and has trouble itself for now: too much to do, no answer of DNS or of the server. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
