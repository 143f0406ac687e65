/** The provider over the SDK's own clients over the simulation: only the socket is replaced. */
import { createClients } from "../../src/azure/clients.ts";
import { httpClientOf } from "../../src/azure/pipeline.ts";
import { createProvider } from "../../src/azure/provider.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Operation, Provider } from "../../src/engine/provider.ts";
import { type VirtualClock, createVirtualClock } from "../../src/sim/clock.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import type { Exchange } from "../../src/sim/message.ts";
import { type Simulation, type SimulationOptions, createSimulation, timeOf } from "../../src/sim/simulation.ts";

export const SUBSCRIPTION = "11111111-2222-4333-8444-555555555555";

export interface Simulated {
  readonly simulation: Simulation;
  readonly provider: Provider;
  readonly clock: VirtualClock;
  readonly exchanges: Exchange[];
  /** Polls until it has ended; throws what it ended with. Polls that fail for another reason are repeated, so many times. */
  finish(operation: Operation, faults?: number): Promise<number>;
  make(resource: AnyResource): Promise<void>;
}

export const signal = new AbortController().signal;

/** @param handle answers in the simulation's place */
export async function simulated(
  faults: readonly string[] = [],
  options: Partial<SimulationOptions> = {},
  handle?: Simulation["handle"],
): Promise<Simulated> {
  const clock = createVirtualClock(timeOf(options.state) ?? Date.UTC(2026, 10, 22, 12));
  const exchanges: Exchange[] = [];
  const simulation = createSimulation({
    clock,
    faults: faults.map(parseFault),
    onExchange: (one) => exchanges.push(one),
    ...options,
  });
  const clients = await createClients({
    subscription: SUBSCRIPTION,
    endpoint: { url: "https://management.azure.com" },
    clock,
    httpClient: await httpClientOf(handle ?? ((request) => simulation.handle(request))),
  });
  const provider = createProvider(clients);
  async function finish(operation: Operation, left = 0): Promise<number> {
    let polls = 0;
    for (let ended = operation.done; !ended;) {
      await clock.sleep(2000);
      polls++;
      try {
        ended = await operation.poll(signal);
      } catch (error) {
        if (left-- <= 0) throw error;
      }
    }
    return polls;
  }
  return {
    provider,
    simulation,
    clock,
    exchanges,
    finish,
    make: async (resource) => void (await finish(await provider.put(resource, { signal }))),
  };
}
