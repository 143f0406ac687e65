/** What the simulation's tests share: a subscription, a way to ask, bodies that pass, and the SDK's clients over `handle`. */
import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import { ResourceManagementClient } from "@azure/arm-resources";
import { StorageManagementClient } from "@azure/arm-storage";
import { createHttpHeaders, type HttpClient, RestError } from "@azure/core-rest-pipeline";
import { createVirtualClock, type VirtualClock } from "../../src/sim/clock.ts";
import type { SimAnswer } from "../../src/sim/message.ts";
import { createSimulation, type Simulation, type SimulationOptions } from "../../src/sim/simulation.ts";

export const SUB = "11111111-2222-4333-8444-555555555555";
const ORIGIN = "https://management.azure.com";
const START = Date.UTC(2026, 10, 22, 12);
export const GROUP = `/subscriptions/${SUB}/resourceGroups/g`;
export const of = (type: string, name: string): string => `${GROUP}/providers/Microsoft.${type}/${name}`;

export const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

export interface Asked extends SimAnswer {
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks wherever it likes into an answer
  json: any;
}

export interface Arm {
  readonly clock: VirtualClock;
  readonly simulation: Simulation;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Asked>;
  /** PUT, and time goes on until its operation has ended; throws when it is refused. */
  make(path: string, body: unknown): Promise<Asked>;
  wait(seconds: number): Promise<void>;
}

export function arm(options: Partial<SimulationOptions> = {}): Arm {
  const clock = (options.clock as VirtualClock | undefined) ?? createVirtualClock(START);
  const simulation = createSimulation({ ...options, clock });
  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> {
    const url = path.startsWith("http") ? path : `${ORIGIN}${path}${path.includes("?") ? "&" : "?"}api-version=2026-04-01`;
    const given = await simulation.handle({
      method,
      url,
      headers: { authorization: "Bearer t", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ...given, json: given.body === undefined || given.body === "" ? undefined : JSON.parse(given.body) };
  }
  return {
    clock,
    simulation,
    ask,
    async make(path, body) {
      const given = await ask("PUT", path, body);
      if (given.status >= 300) throw new Error(`${path}: ${given.status} ${given.body}`);
      await clock.sleep(100_000);
      return ask("GET", path);
    },
    wait: (seconds) => clock.sleep(seconds * 1000),
  };
}

export interface Clients {
  readonly compute: ComputeManagementClient;
  readonly network: NetworkManagementClient;
  readonly resources: ResourceManagementClient;
  readonly storage: StorageManagementClient;
}

/** The real SDK; only its socket is replaced. */
export function clients(simulation: Simulation): Clients {
  const httpClient: HttpClient = {
    async sendRequest(request) {
      try {
        const given = await simulation.handle({
          method: request.method,
          url: request.url,
          headers: request.headers.toJSON(),
          ...(typeof request.body === "string" ? { body: request.body } : {}),
          ...(request.abortSignal === undefined ? {} : { signal: request.abortSignal as AbortSignal }),
        });
        return { request, status: given.status, headers: createHttpHeaders(given.headers), bodyAsText: given.body ?? "" };
      } catch (error) {
        throw new RestError(String(error), { code: (error as { code?: string }).code ?? "ABORT", request });
      }
    },
  };
  const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  const options = { httpClient, retryOptions: { maxRetries: 0 } };
  return {
    compute: new ComputeManagementClient(credential, SUB, options),
    network: new NetworkManagementClient(credential, SUB, options),
    resources: new ResourceManagementClient(credential, SUB, options),
    storage: new StorageManagementClient(credential, SUB, options),
  };
}
