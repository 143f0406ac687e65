/**
 * Agents that reach their servers through a proxy, and say so when that does not work: what fails is then the proxy's name and the
 * variable that it comes from, and not the server's. Codes are those of the advice table. No message holds the proxy's password.
 */
import type { Agent, AgentOptions, ClientRequest } from "node:http";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import type { Proxy } from "./proxy.ts";

/** For servers that are asked over https: the proxy is asked for a tunnel, and sees nothing of what is said in it. */
export function tunnel(proxy: Proxy, options: AgentOptions): Agent {
  const agent = new HttpsProxyAgent(proxy.url, options);
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, to) => {
    const answer = { status: 200 };
    // what the proxy refuses it answers like a server; a 403 of its would be taken for Azure's
    request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => (answer.status = statusCode));
    const socket = await connect(request, to).catch((error: unknown) => {
      throw unreachable(proxy, error);
    });
    if (answer.status === 200) return socket;
    socket.destroy();
    throw refused(proxy, answer.status, request);
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

const failure = (code: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });

function unreachable({ shown, variable }: Proxy, error: unknown): Error {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const why = typeof code === "string" ? code : String(message);
  return failure("ProxyUnreachable", `the proxy ${shown} (${variable}) cannot be reached: ${why}`, error);
}

function refused({ shown, variable }: Proxy, status: number, request: ClientRequest): Error {
  const host = String(request.getHeader("host") ?? request.host);
  return status === 407
    ? failure("ProxyAuthenticationRequired", `the proxy ${shown} (${variable}) wants a user name and a password (407)`)
    : failure("ProxyRefused", `the proxy ${shown} (${variable}) opens no way to ${host} (${status})`);
}
