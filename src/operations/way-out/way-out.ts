/**
 * How requests leave the process: one set of sockets, and the proxy of the environment where there is one. Everything that speaks
 * HTTP to the world takes it: Resource Manager, the sign-in, blobs, a discovery service, a serial log. SSH to nodes does not.
 */
import { defined } from "../../core/defined.ts";
import http from "node:http";
import { lookup } from "node:dns";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { fetchWith, type Fetch } from "./fetch.ts";
import { type Env, type Proxy, proxyOf } from "./proxy.ts";
import { forPlainHttp, tunnel } from "./proxy-agents.ts";

export interface WayOut {
  /** For an address: direct, or through the proxy. @throws ClusterError Usage, for a variable that names no proxy */
  agentOf(address: string): http.Agent;
  /** What is between here and an address, for people. */
  through(address: string): { readonly proxy?: string };
  readonly fetch: Fetch;
}

/** Without a limit every request in flight has a socket and a TLS handshake of its own; 64 carry a thousand machines. */
const SOCKETS = { keepAlive: true, maxSockets: 64, lookup: lookupOf };

export function wayOut(env: Env): WayOut {
  const direct = { "http:": new http.Agent({ keepAlive: true, lookup: lookupOf }), "https:": new https.Agent(SOCKETS) };
  const proxied = new Map<string, http.Agent>();
  const agentOf = (address: string): http.Agent => {
    const protocol = address.startsWith("http:") ? "http:" : "https:";
    const proxy = proxyOf(env, address);
    if (proxy === undefined) return direct[protocol];
    const key = `${protocol} ${proxy.url.href}`;
    const agent = proxied.get(key) ?? agentThrough(protocol, proxy);
    proxied.set(key, agent);
    return agent;
  };
  const proxyNamed = (address: string): string | undefined => {
    const proxy = proxyOf(env, address);
    return proxy === undefined ? undefined : `${proxy.shown} (${proxy.variable})`;
  };
  return {
    agentOf,
    through: (address) => {
      const proxy = proxyNamed(address);
      return defined({ proxy });
    },
    fetch: fetchWith(agentOf, proxyNamed),
  };
}

// --- internal ---

/** The SDK gives an address of IPv6 with its brackets, as a URL has it: to the resolver that is a name that nobody has. */
function lookupOf(...[host, ...rest]: Parameters<LookupFunction>): void {
  lookup(host.replace(/^\[(.*)\]$/, "$1"), ...rest);
}

const agentThrough = (protocol: "http:" | "https:", proxy: Proxy): http.Agent =>
  protocol === "https:" ? tunnel(proxy, SOCKETS) : forPlainHttp(proxy, SOCKETS);
