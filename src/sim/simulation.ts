/**
 * Azure Resource Manager as a function from request to answer. Everything that a request meets on its way is here, in
 * order: latency, a fault of the script, sign-in, the token bucket, what time has brought to an end, and then the routes.
 * It knows no SDK and no socket; what it answers, and what it does not simulate, is written in SPEC.md.
 * Longer than most: the options are documented here, and the steps of one request stay in one view.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { ArmError, envelope, type Trouble, troubleOf } from "./arm-error.ts";
import { type CloudState, createCloud, type Operation } from "./cloud.ts";
import { createFaults, type Fault, type FaultAction } from "./fault.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { answer, type Call, type Exchange, parseCall, type SimAnswer, type SimRequest } from "./message.ts";
import { settle } from "./operation.ts";
import { route } from "./routes.ts";
import { kindOf } from "./rules/table.ts";
import { takeToken } from "./throttle.ts";

export interface SimulationOptions {
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
  });
  const running = new Set(
    [...cloud.operations.values()].filter((one: Operation) => one.status === "InProgress").map(({ id }) => id),
  );
  const faults = createFaults(options.faults ?? [], () => cloud.random);

  function act(call: Call, doom: Trouble | undefined, lagMs = 0): SimAnswer {
    settle(cloud, kindOf, running);
    const boot = /^\/simulated\/boot(\/.+)\/serialconsole\.log$/.exec(call.path)?.[1];
    if (boot !== undefined) {
      return {
        status: 200,
        headers: { "content-type": "text/plain" },
        body: options.serialLog?.(boot) ?? `${boot}: simulated, nothing was booted\n`,
      };
    }
    let toll: Record<string, string> = {};
    try {
      if (!call.headers.has("authorization")) {
        throw new ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", {
          headers: {
            "www-authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"',
          },
        });
      }
      const { refusal, headers } = takeToken(cloud, call.method, /^\/subscriptions\/([^/]+)/i.exec(call.path)?.[1] ?? "");
      toll = headers;
      return finish(call, refusal ?? route({ cloud, call, kindOf, running, doom, lagMs }), toll);
    } catch (error) {
      if (!(error instanceof ArmError)) throw error;
      return finish(call, answer(error.status, envelope(troubleOf(error)), error.extras.headers), toll);
    }
  }

  function finish(call: Call, given: SimAnswer, toll: Record<string, string>): SimAnswer {
    const id = cloud.random.uuid();
    const compute = /\/providers\/Microsoft\.Compute\//i.test(call.path);
    return {
      ...given,
      headers: {
        "cache-control": "no-cache",
        pragma: "no-cache",
        expires: "-1",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-ms-request-id": id,
        "x-ms-correlation-request-id": id,
        "x-ms-routing-request-id": `SIMULATED:${id}`,
        date: new Date(cloud.now()).toUTCString(),
        ...toll,
        ...(compute ? { "x-ms-ratelimit-remaining-resource": computeBudget(call) } : {}),
        ...given.headers,
      },
    };
  }

  async function perform(request: SimRequest): Promise<SimAnswer> {
    const { signal } = request;
    const call = parseCall(request);
    await clock.sleep(cloud.random.between(...latencyMs), signal);
    const fault: FaultAction | undefined = faults.meet(request);
    if (fault === undefined) return act(call, undefined);
    if ("reset" in fault) {
      if (fault.reset === "after") act(call, undefined);
      throw reset();
    }
    if ("hang" in fault) {
      if (fault.hang === "after") act(call, undefined);
      return forever(signal);
    }
    if ("status" in fault) {
      if (fault.afterActing === true) act(call, undefined);
      const code = fault.code ?? CODE_OF[fault.status] ?? "InternalServerError";
      return finish(
        call,
        answer(fault.status, envelope({ code, message: fault.message ?? `${code}, as the script wants it.` }), {
          ...fault.headers,
        }),
        {},
      );
    }
    if ("lagMs" in fault) return act(call, undefined, fault.lagMs);
    if ("failOperation" in fault) return act(call, fault.failOperation);
    const given = act(call, undefined);
    if ("emptyBody" in fault) return { status: given.status, headers: given.headers };
    await clock.sleep(fault.delayMs, signal);
    return given;
  }

  return {
    async handle(request) {
      const at = clock.now();
      const { method, url, headers, body } = request;
      const told = { at, method, url, headers, ...(body === undefined ? {} : { body }) };
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
  };
}

/** Codes that ARM gives with a bare status. */
const CODE_OF: Record<number, string> = {
  400: "BadRequest",
  401: "AuthenticationFailed",
  403: "AuthorizationFailed",
  404: "ResourceNotFound",
  408: "RequestTimeout",
  409: "Conflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

/** The policies' names are recorded; the numbers do not count down here. */
function computeBudget(call: Call): string {
  if (/\/operations\//i.test(call.path))
    return "Microsoft.Compute/GetOperation3Min;14999,Microsoft.Compute/GetOperation30Min;29999";
  if (call.method === "GET") return "Microsoft.Compute/LowCostGet3Min;3999,Microsoft.Compute/LowCostGet30Min;31999";
  const policy = call.method === "DELETE" ? "DeleteVM" : "PutVM";
  return `Microsoft.Compute/${policy}3Min;239,Microsoft.Compute/${policy}30Min;1199`;
}

const reset = (): Error => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

/** Never answers; the only way out is the caller's signal. */
const forever = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const isState = (value: unknown): value is CloudState =>
  typeof value === "object" &&
  value !== null &&
  (value as { schema?: unknown }).schema === 1 &&
  Array.isArray((value as { entries?: unknown }).entries) &&
  Array.isArray((value as { operations?: unknown }).operations) &&
  typeof (value as { now?: unknown }).now === "number";
