/**
 * An Azure in the middle of its life, for tests of what comes then: what leads there happens once, and each test gets an Azure
 * of its own that goes on from it. (Whoever begins with one create alone has that from cli/replay.ts.)
 */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VirtualClock, createVirtualClock } from "../src/sim/clock.ts";
import type { CloudState } from "../src/sim/cloud.ts";
import type { SimulationOptions } from "../src/sim/simulation.ts";
import { START, type TestAzure, testAzure } from "./cli/world.ts";

export interface Beginning {
  /** @param idleMs how long nothing has happened since */
  open(options?: Partial<SimulationOptions>, idleMs?: number): { readonly azure: TestAzure; readonly clock: VirtualClock };
  /** Another person's folder with the same files. To be removed by whoever asked for it. */
  folder(): string;
  close(): void;
}

/** @param lead what happens until then; nothing: a fresh subscription @param from where that begins */
export async function beginning(
  lead: (azure: TestAzure) => Promise<unknown> = () => Promise.resolve(),
  from: { readonly azure: TestAzure; readonly clock: VirtualClock } = fresh(),
): Promise<Beginning> {
  const { azure, clock } = from;
  await lead(azure);
  const state = JSON.stringify(azure.simulation.save());
  const now = clock.now();
  return {
    open(options = {}, idleMs = 0) {
      const later = createVirtualClock(now + idleMs);
      // what is random is not the same as in what led here
      const on = testAzure({ seed: 11, ...options, state: JSON.parse(state) as CloudState, clock: later });
      cpSync(azure.dir, on.dir, { recursive: true });
      return { azure: on, clock: later };
    },
    folder() {
      const dir = mkdtempSync(join(tmpdir(), "acc-other-"));
      cpSync(azure.dir, dir, { recursive: true });
      return dir;
    },
    close: () => azure.close(),
  };
}

function fresh(): { azure: TestAzure; clock: VirtualClock } {
  const clock = createVirtualClock(START);
  return { azure: testAzure({ clock }), clock };
}
