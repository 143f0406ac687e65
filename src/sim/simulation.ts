/**
 * Azure Resource Manager as a function from request to answer. Everything that a request meets on its way is here, in
 * order: latency, a fault of the script, sign-in, the token bucket, what time has brought to an end, and then the routes.
 * It knows no SDK and no socket; what it answers, and what it does not simulate, is written in SPEC.md.
 */
import { defined } from "../core/defined.ts";
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { type Answering, act, meet } from "./answering.ts";
import { type CloudState, createCloud, type SimOperation } from "./cloud.ts";
import { createFaults, type Fault } from "./fault.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { isPriceList, priceList } from "./prices.ts";
import { type Exchange, parseCall, type SimAnswer, type SimRequest } from "./message.ts";

export interface SimulationOptions {
  /** Whoever asks goes by it as well: a virtual one stands nearly still beside a program that waits in real time. */
  readonly clock: Clock;
  /** What `save` gave. Best with a clock that starts at `timeOf(state)` or later; an earlier one is taken to be behind. */
  readonly state?: unknown;
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  /** Every public IP gets this address instead of one from the documentation ranges. */
  readonly publicAddress?: string;
  /** Of each answer, least and most. */
  readonly latencyMs?: readonly [number, number];
  /** Multiplies every duration and Retry-After: 0.01 for rehearsals in real time. 1 when left out. */
  readonly pace?: number;
  /** How long creations take, least and most, by resource type; else as the rules say. */
  readonly seconds?: Readonly<Record<string, readonly [number, number]>>;
  readonly limits?: Partial<Limits>;
  readonly onExchange?: (exchange: Exchange) => void;
  /** What a machine's serial console has printed; the id is in ARM's case. */
  readonly serialLog?: (machineId: string) => string;
}

export interface Simulation {
  /** Rejects with a code ECONNRESET for a fault that resets; with the signal's reason when it aborts. */
  handle(request: SimRequest): Promise<SimAnswer>;
  /** Everything, as plain JSON; safe at any moment. */
  save(): CloudState;
  /** Faults of the script that no request has met, as they were written. */
  unmet(): readonly string[];
}

/** The time inside a saved state. */
export const timeOf = (state: unknown): number | undefined => (isState(state) ? state.now : undefined);

export function createSimulation(options: SimulationOptions): Simulation {
  const { clock, state, latencyMs = [60, 240], onExchange } = options;
  if (state !== undefined && !isState(state)) {
    throw new ClusterError("SimulationState", "The saved state of the simulation cannot be read.", {
      advice: "Delete it; the simulation then starts with an empty subscription.",
    });
  }
  // The saved time has been; a clock that starts earlier is behind, and what runs must not take longer for it.
  const behind = Math.max(0, (state?.now ?? 0) - clock.now());
  const cloud = createCloud({
    now: () => clock.now() + behind,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    seed: options.seed ?? 1,
    state,
    publicAddress: options.publicAddress,
    pace: options.pace ?? 1,
    seconds: options.seconds ?? {},
  });
  const running = new Set(
    [...cloud.operations.values()].filter((one: SimOperation) => one.status === "InProgress").map(({ id }) => id),
  );
  const faults = createFaults(options.faults ?? [], () => cloud.random);

  const answering: Answering = { cloud, running, serialLog: options.serialLog };

  async function perform(request: SimRequest): Promise<SimAnswer> {
    const call = parseCall(request);
    // another service, at an address of its own in Azure: no sign-in, no budget, and no fault of the script
    if (isPriceList(call.path)) return priceList(call.origin, call.query);
    await clock.sleep(cloud.random.between(...latencyMs), request.signal);
    const fault = faults.meet(request);
    return fault === undefined ? act(answering, call) : meet(answering, call, fault, { clock, signal: request.signal });
  }

  return {
    async handle(request) {
      const at = clock.now();
      const { method, url, headers, body } = request;
      const told = { at, method, url, headers, ...defined({ body }) };
      try {
        const given = await perform(request);
        onExchange?.({ ...told, ms: clock.now() - at, answer: given });
        return given;
      } catch (error) {
        onExchange?.({ ...told, ms: clock.now() - at, error: error instanceof Error ? error.message : String(error) });
        throw error;
      }
    },
    save: () => cloud.save(),
    unmet: () => faults.unmet(),
  };
}

const isState = (value: unknown): value is CloudState =>
  typeof value === "object" &&
  value !== null &&
  (value as { schema?: unknown }).schema === 1 &&
  Array.isArray((value as { entries?: unknown }).entries) &&
  Array.isArray((value as { operations?: unknown }).operations) &&
  typeof (value as { now?: unknown }).now === "number";
