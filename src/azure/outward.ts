/**
 * The SDK's own HTTP client over the run's sockets: which agent an address is asked with is decided by whoever opened the run, and
 * so is the proxy. Parts of the SDK would read the proxy's variables by themselves, each in its way.
 */
import type { HttpClient, ProxySettings } from "@azure/core-rest-pipeline";
import type { Agent } from "node:http";

export type AgentOf = (address: string) => Agent;

/** Given to every client so that it does not read the environment, where a proxy without a scheme makes it throw. Nothing is sent there. */
export const UNREAD_PROXY: ProxySettings = { host: "http://proxy.invalid", port: 9 };

export async function outwardClient(agentOf: AgentOf): Promise<HttpClient> {
  const { createDefaultHttpClient } = await import("@azure/core-rest-pipeline");
  const client = createDefaultHttpClient();
  return {
    sendRequest(request) {
      request.agent = agentOf(request.url);
      return client.sendRequest(request);
    },
  };
}
