/** A run that stands still like a process with SIGSTOP: nothing that it sends arrives, nothing that it waits for comes back, until it goes on. */
import type { PlainRequest } from "../src/azure/pipeline.ts";
import type { Clock } from "../src/core/clock.ts";
import type { TestAzure } from "./cli/world.ts";

/** One run's way to Azure and to time, which can be stopped before its nth write, or nth request. */
export function stoppable(azure: TestAzure, clock: Clock, stopsAt: { readonly write?: number; readonly request?: number }) {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const stopped = Promise.withResolvers<void>();
  const counts = { write: 0, request: 0 };
  const through = async (): Promise<void> => {
    for (let seen: unknown; seen !== gate;) {
      seen = gate;
      await gate.promise;
    }
  };
  const count = ({ method }: PlainRequest): void => {
    counts.request += 1;
    if (method !== "GET") counts.write += 1;
    if (counts.request !== stopsAt.request && (method === "GET" || counts.write !== stopsAt.write)) return;
    gate = Promise.withResolvers<void>();
    stopped.resolve();
  };
  return {
    stopped: stopped.promise,
    goOn: (): void => gate.resolve(),
    options: {
      clock: {
        now: () => clock.now(),
        sleep: async (ms: number, signal?: AbortSignal) => {
          await clock.sleep(ms, signal);
          await through();
        },
      },
      azure: async (request: PlainRequest) => {
        count(request);
        // what was sent before the stop arrives; its answer does not come back
        await gate.promise;
        const answer = await azure.simulation.handle(request);
        await through();
        return answer;
      },
    },
  };
}
