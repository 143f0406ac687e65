/** `--simulate`: the embedded simulation of Azure in the network's place, with virtual time, its state kept in a file of the folder. */
import { defined } from "../../core/defined.ts";
import { join } from "node:path";
import type { PlainRequest, PlainResponse } from "../../azure/pipeline.ts";
import type { Clock } from "../../core/clock.ts";
import { parseScript } from "../../sim/fault-script.ts";
import { createVirtualClock } from "../../sim/clock.ts";
import { SIMULATION_FILE } from "../../prepare/folder-files.ts";
import { createSimulation, timeOf } from "../../sim/simulation.ts";
import { loadSimulation, saveSimulation } from "../../sim/store.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import { lockRehearsal } from "./rehearsal-lock.ts";
import { pacedClock } from "./paced-clock.ts";
import type { Surroundings } from "../run.ts";

export interface Simulated {
  readonly clock: Clock;
  handle(request: PlainRequest): Promise<PlainResponse>;
  /** Lets the next rehearsal in, for a run that was never begun. */
  leave(): void;
  /** Keeps what was made, unless it only looked, and lets the next rehearsal in. */
  close(): Promise<void>;
}

export interface RehearsalOptions {
  /** The state stays as it was: nobody waits for it, and it for nobody. */
  readonly looks: boolean;
  readonly say?: ((text: string) => void) | undefined;
}

export async function startSimulation(
  outside: Surroundings,
  dir: string,
  given: Partial<FlagValues>,
  { looks, say }: RehearsalOptions,
): Promise<Simulated> {
  const file = join(dir, SIMULATION_FILE);
  const leave = looks ? undefined : await lockRehearsal(file, { clock: outside.clock, ...(say && { say }) });
  try {
    return await begin(outside, file, given, leave, say);
  } catch (error) {
    leave?.();
    throw error;
  }
}

// --- internal ---

/** @param leave given where it may write */
async function begin(
  outside: Surroundings,
  file: string,
  given: Partial<FlagValues>,
  leave: (() => void) | undefined,
  say: RehearsalOptions["say"],
): Promise<Simulated> {
  const state = await loadSimulation(file);
  // virtual time never runs backwards: an earlier rehearsal may have gone on for hours
  const start = Math.max(outside.clock.now(), timeOf(state) ?? 0);
  const { simulateSpeed: speed } = given;
  const clock = speed === undefined ? createVirtualClock(start) : pacedClock(outside.clock, start, speed);
  const seed = new DataView(outside.random(4).buffer.slice(0)).getUint32(0);
  const simulation = createSimulation({
    clock,
    seed,
    ...defined({ state }),
    ...parseScript(given.fault ?? ""),
  });
  return {
    clock,
    handle: (request) => simulation.handle(request),
    leave: () => leave?.(),
    async close() {
      if (leave === undefined) return;
      await saveSimulation(file, simulation.save()).finally(leave);
      const unmet = simulation.unmet();
      if (unmet.length > 0) say?.(`--fault ${unmet.join(",")}: met nothing, for no such request was sent.`);
    },
  };
}
