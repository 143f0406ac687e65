/**
 * One request on its way through the simulated ARM: what time has brought to an end, sign-in, the token bucket, the route, and the
 * headers that every answer has; and what a fault of the script makes of it instead.
 */
import type { Clock } from "../core/clock.ts";
import { ArmError, envelope, type ArmErrorBody, errorBodyOf } from "./arm-error.ts";
import type { SimCloud } from "./cloud.ts";
import type { FaultAction } from "./fault.ts";
import { disallowed, lacksTag } from "./tag-policy.ts";
import { answer, type Call, type SimAnswer } from "./message.ts";
import { settle } from "./operation.ts";
import { route } from "./routes.ts";
import { kindOf } from "./rules/table.ts";
import { takeToken } from "./throttle.ts";

export interface Answering {
  readonly cloud: SimCloud;
  /** Ids of operations that are not done. */
  readonly running: Set<string>;
  readonly serialLog: ((machineId: string) => string) | undefined;
}

/**
 * What ARM answers.
 * @param doom how the operation that the request begins is to end
 * @param lagMs how far behind the lists are
 */
export function act(answering: Answering, call: Call, doom?: ArmErrorBody, lagMs = 0): SimAnswer {
  const { cloud, running } = answering;
  settle(cloud, kindOf, running);
  const boot = /^\/simulated\/boot(\/.+)\/serialconsole\.log$/.exec(call.path)?.[1];
  if (boot !== undefined) return consoleText(answering, boot);
  let toll: Record<string, string> = {};
  try {
    if (!call.headers.has("authorization")) throw notSignedIn();
    const { refusal, headers } = takeToken(cloud, call.method, call.path);
    toll = headers;
    return dressed(cloud, call, refusal ?? route({ cloud, call, kindOf, running, doom, lagMs }), toll);
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    return dressed(cloud, call, answer(error.status, envelope(errorBodyOf(error)), error.extras.headers), toll);
  }
}

/** What comes of a request that meets a fault. @throws an error with code ECONNRESET; the signal's reason */
export async function meet(
  answering: Answering,
  call: Call,
  fault: FaultAction,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal | undefined },
): Promise<SimAnswer> {
  if ("reset" in fault) {
    if (fault.reset === "after") act(answering, call);
    throw reset();
  }
  if ("hang" in fault) {
    if (fault.hang === "after") act(answering, call);
    return forever(signal);
  }
  if ("status" in fault) {
    if (fault.afterActing === true) act(answering, call);
    const code = fault.code ?? CODE_OF[fault.status] ?? "InternalServerError";
    const body = envelope({ code, message: fault.message ?? `${code}, as the script wants it.` });
    return dressed(answering.cloud, call, answer(fault.status, body, { ...fault.headers }), {});
  }
  if ("demandsTag" in fault)
    return lacksTag(call, kindOf, fault.demandsTag)
      ? dressed(answering.cloud, call, answer(403, disallowed(call, fault.demandsTag)), {})
      : act(answering, call);
  if ("lagMs" in fault) return act(answering, call, undefined, fault.lagMs);
  if ("failOperation" in fault) return act(answering, call, fault.failOperation);
  const given = act(answering, call);
  if ("emptyBody" in fault) return { status: given.status, headers: given.headers };
  await clock.sleep(fault.delayMs, signal);
  return given;
}

// --- internal ---

const consoleText = ({ serialLog }: Answering, machineId: string): SimAnswer => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body: serialLog?.(machineId) ?? `${machineId}: simulated, nothing was booted\n`,
});

const notSignedIn = (): ArmError =>
  new ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", {
    headers: {
      "www-authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"',
    },
  });

/** With the headers that every answer of ARM's has. */
function dressed(cloud: SimCloud, call: Call, given: SimAnswer, toll: Record<string, string>): SimAnswer {
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

/** Codes that ARM gives with a bare status. */
const CODE_OF: Record<number, string> = {
  400: "BadRequest",
  401: "AuthenticationFailed",
  403: "AuthorizationFailed",
  404: "ResourceNotFound",
  408: "RequestTimeout",
  409: "Conflict",
  410: "Gone",
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
