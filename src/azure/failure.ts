/** What the SDK throws and ARM answers, as one kind of error with ARM's own code, message and details. */
import { defined } from "../core/defined.ts";
import { AzureError, type AzureErrorOptions, notAzure } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { isResourceManagers } from "./answer-shapes.ts";
import { type ErrorBody, errorBody, explained } from "./error-body.ts";
import { shownAddress } from "./origin.ts";

interface Answer {
  readonly status: number;
  readonly bodyAsText?: string | null | undefined;
  readonly headers: { get(name: string): string | undefined };
}

interface Asked {
  readonly method: string;
  readonly url: string;
}

/** "GET /subscriptions/S/resourceGroups/G": without the query, which may hold a signature. */
export function requestLine({ method, url }: Asked): string {
  const { pathname } = new URL(url);
  const path = pathname.length > LONGEST_PATH ? `${pathname.slice(0, LONGEST_PATH)}...` : pathname;
  return `${method} ${path.replace(/\/resourcegroups\//i, "/resourceGroups/")}`;
}

/** An answer of 300 or more as an error. */
export function refusedAnswer(answer: Answer, request: Asked): AzureError {
  const asked = requestLine(request);
  if (answer.status < 400) return redirected(answer, asked);
  const body = errorBody(answer.bodyAsText);
  const retryAfterMs = retryAfter(answer);
  if (isSomebodyElses(answer, body, request))
    return notAzure(`${asked}: ${answer.status}`, answer.status === 404 ? 404 : undefined);
  return new AzureError(body?.code ?? `Http${answer.status}`, explained(body) ?? `Azure answered ${answer.status} to ${asked}`, {
    status: answer.status,
    request: asked,
    ...detailsOf(body),
    ...defined({ retryAfterMs }),
    ...(answer.status === 401 || answer.status === 403 ? { exit: EXIT.signIn } : {}),
    cause: `${asked}: ${answer.status}`,
  });
}

export const OUT_OF_ORDER = "SignInUnavailable";

/** What Entra answers where it is out of order, and what is not Entra's at all; undefined for an answer, a refusal among them. */
export function noSignIn(answer: Answer & { readonly request: Asked }): AzureError | undefined {
  const { status, request } = answer;
  const asked = requestLine(request);
  const retryAfterMs = retryAfter(answer);
  const said = jsonIn(answer.bodyAsText);
  if (status === 429 || status >= 500 || (said !== undefined && PASSING.test(String(said["error"]))))
    return new AzureError(OUT_OF_ORDER, `${new URL(request.url).host} answered ${status} to ${asked}`, {
      status,
      ...defined({ retryAfterMs }),
    });
  if (said === undefined) return notAzure(`${asked}: ${status}`, status, "that of Azure's sign-in service");
  return undefined;
}

/** An operation that ended badly: ARM says so with 200. */
export function operationFailure(body: ErrorBody | undefined, status: string): AzureError {
  const code = body?.code === "" ? undefined : body?.code;
  return new AzureError(code ?? `Operation${status}`, explained(body) ?? `the operation ended as ${status}`, {
    operation: true,
    ...detailsOf(body),
  });
}

/** Whatever else was thrown on the way: no answer, no sign-in, an abort. */
export function failure(error: unknown): unknown {
  if (error instanceof ClusterError || !(error instanceof Error)) return error;
  if (/Credential|Authentication/.test(error.name))
    return (
      unreachedByCli(error) ??
      new ClusterError("SignInFailed", signInMessage(error), { source: "azure", exit: EXIT.signIn, cause: error })
    );
  const code = (error as { code?: unknown }).code;
  // the other side does not speak HTTP as Node's parser knows it: headers without an end, nonsense
  if (typeof code === "string" && code.startsWith("HPE_")) return notAzure(firstLine(error.message));
  if (error.name === "RestError" || typeof code === "string")
    return new AzureError(typeof code === "string" ? code : "RequestFailed", whereTo(error), {
      ...(typeof (error as { statusCode?: unknown }).statusCode === "number"
        ? { status: (error as { statusCode?: number }).statusCode as number }
        : {}),
      cause: error,
    });
  return error;
}

// --- internal ---

/** The network's own words name an address at best: here with the server that was asked. */
function whereTo(error: Error): string {
  const said = firstLine(error.message);
  const { request } = error as { request?: { url?: unknown } };
  const host = typeof request?.url === "string" && URL.canParse(request.url) ? new URL(request.url).host : undefined;
  return host === undefined || said.includes(host) ? said : `${host}: ${said}`;
}

/** The Azure CLI asks Entra in a process of its own, with Python's words for a way that is not there. */
function unreachedByCli(error: Error): AzureError | undefined {
  const text = error.message;
  const code = CLI_WORDS.find(({ words }) => words.test(text))?.code;
  if (code === undefined) return undefined;
  const host = /host='([^']+)'/.exec(text)?.[1] ?? "the sign-in service";
  return new AzureError(code, `the Azure CLI could not reach ${host} (${code})`, { cause: error });
}

const CLI_WORDS = [
  { code: "ProxyUnreachable", words: /ProxyError|Cannot connect to proxy/ },
  { code: "SELF_SIGNED_CERT_IN_CHAIN", words: /CERTIFICATE_VERIFY_FAILED/ },
  {
    code: "ENOTFOUND",
    words: /NameResolutionError|getaddrinfo failed|Name or service not known|Temporary failure in name resolution/,
  },
  { code: "ECONNREFUSED", words: /Connection refused|actively refused it/ },
  { code: "ETIMEDOUT", words: /Max retries exceeded|ConnectTimeoutError|Network is unreachable/ },
] as const;

/** OAuth's words for a fault that passes (RFC 6749, 4.1.2.1). */
const PASSING = /^(server_error|temporarily_unavailable)$/;

function jsonIn(body: string | null | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = JSON.parse(body ?? "");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const LONGEST_PATH = 400;

/** With the inner error, which says more of the same, and what stands beside. */
function detailsOf(body: ErrorBody | undefined): Pick<AzureErrorOptions, "details" | "info"> {
  const { details = [], innererror, info } = body ?? {};
  return {
    ...(body?.details === undefined && innererror === undefined
      ? {}
      : { details: [...details, ...(innererror === undefined ? [] : [innererror])] }),
    ...defined({ info }),
  };
}

/**
 * A proxy's page, a gateway without such a route: taken for Azure's, its 404 would be a cluster that is not there, and its 403 a missing
 * role. Of what Resource Manager answers itself it says what is wrong, with a code; another list or question may be one that an emulator
 * does not know, and what is deleted may be gone without a word.
 */
function isSomebodyElses({ status, bodyAsText }: Answer, body: ErrorBody | undefined, { method, url }: Asked): boolean {
  if (![401, 403, 404].includes(status) || body?.code !== undefined) return false;
  const text = (bodyAsText ?? "").trim();
  // an emulator on this machine may say it without words: nobody stands in between
  if (status === 404 && isResourceManagers(url)) return text !== "" || (method === "GET" && !isLoopback(url));
  if (status === 404) return body === undefined && text !== "";
  // words without a code are a gateway's; an object without either may be an emulator's
  return body !== undefined || (text !== "" && !text.startsWith("{"));
}

/** Resource Manager redirects nobody: nothing is asked elsewhere. */
function redirected(answer: Answer, asked: string): AzureError {
  const to = answer.headers.get("location");
  return notAzure(
    `${asked}: ${answer.status}${to === undefined ? "" : `, to ${shownAddress(to)}, where nothing was sent`}`,
    answer.status,
  );
}

/** The chain lists every way it tried, over pages; Entra's own refusals (AADSTS...) say what is wrong, and so does the Azure CLI. */
function signInMessage(error: Error): string {
  const refusal = /AADSTS\d+:[^\n]*/.exec(error.message)?.[0];
  if (refusal !== undefined) return refusal.replace(/ Trace ID:.*$/, "");
  const cli = /^(?:CredentialUnavailableError: )?ERROR: (?!The command failed)([^\n]+)/m.exec(error.message)?.[1];
  if (cli !== undefined) return `the sign-in on this machine failed: ${cli}`;
  return /Chained|Aggregate/.test(error.name + error.message) ? "nobody is signed in to Azure here" : firstLine(error.message);
}

/** Milliseconds out of Retry-After (seconds or a date) and the finer headers that Azure uses beside it. */
function retryAfter(answer: Answer): number | undefined {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const ms = Number(answer.headers.get(name) || "x");
    if (ms >= 0) return Math.min(ms, LONGEST_WAIT_MS);
  }
  const text = answer.headers.get("retry-after");
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS);
  const [until, now] = [Date.parse(text), Date.parse(answer.headers.get("date") ?? "")];
  return Number.isNaN(until) || Number.isNaN(now) ? undefined : Math.min(Math.max(0, until - now), LONGEST_WAIT_MS);
}

/** Azure's longest limits are by the hour: who asks for more is asked again then. */
const LONGEST_WAIT_MS = 3_600_000;

const firstLine = (text: string): string => text.split("\n")[0] ?? text;
