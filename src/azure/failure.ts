/** What the SDK throws and ARM answers, as one kind of error with ARM's own code, message and details. */
import { AzureError, notAzure } from "../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../core/errors.ts";

interface Answer {
  readonly status: number;
  readonly bodyAsText?: string | null | undefined;
  readonly headers: { get(name: string): string | undefined };
}

interface ErrorBody {
  code?: string;
  message?: string;
  details?: unknown;
  innererror?: unknown;
  additionalInfo?: unknown;
}

/** ARM's error envelope out of a body; operations put it at `error` too. */
export function errorBody(text: string | null | undefined): ErrorBody | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? "");
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const inner = (parsed as { error?: unknown }).error ?? parsed;
    return typeof inner === "object" && inner !== null ? inner : undefined;
  } catch {
    return undefined;
  }
}

/** An answer of 400 or more as an error. */
export function refusal(answer: Answer, request: { method: string; url: string }): AzureError {
  const body = errorBody(answer.bodyAsText);
  const retryAfterMs = retryAfter(answer);
  const what = `${request.method} ${new URL(request.url).pathname.replace(/\/resourcegroups\//i, "/resourceGroups/")}`;
  // ARM says what is not there; a page that says so is somebody else's, and proves nothing
  if (answer.status === 404 && body === undefined && (answer.bodyAsText ?? "").trim() !== "") return notAzure(what, 404);
  const signIn = answer.status === 401;
  return new AzureError(body?.code ?? `Http${answer.status}`, explained(body) ?? `Azure answered ${answer.status} to ${what}`, {
    status: answer.status,
    request: what,
    ...(body?.details === undefined ? {} : { details: body.details }),
    ...(body?.additionalInfo === undefined ? {} : { info: body.additionalInfo }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(signIn || answer.status === 403 ? { exit: EXIT.signIn } : {}),
    ...(signIn ? { advice: "Sign in again: `az login`, or check --tenant, --client-id and --azure-cert." } : {}),
    cause: `${what}: ${answer.status}`,
  });
}

/** An operation that ended badly: ARM says so with 200. */
export function operationFailure(body: ErrorBody | undefined, status: string): AzureError {
  return new AzureError(body?.code ?? `Operation${status}`, explained(body) ?? `the operation ended as ${status}`, {
    operation: true,
    ...(body?.details === undefined ? {} : { details: body.details }),
    ...(body?.additionalInfo === undefined ? {} : { info: body.additionalInfo }),
  });
}

/** Whatever else was thrown on the way: no answer, no sign-in, an abort. */
export function failure(error: unknown): unknown {
  if (error instanceof ClusterError || !(error instanceof Error)) return error;
  if (/Credential|Authentication/.test(error.name))
    return new ClusterError("SignInFailed", signInMessage(error), {
      source: "azure",
      exit: EXIT.signIn,
      advice:
        "Sign in with `az login`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give --azure-cert with --tenant and --client-id. " +
        "To try the tool without an account: --simulate.",
      link: "https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/overview",
      cause: error,
    });
  const code = (error as { code?: unknown }).code;
  if (error.name === "RestError" || typeof code === "string")
    return new AzureError(typeof code === "string" ? code : "RequestFailed", firstLine(error.message), {
      ...(typeof (error as { statusCode?: unknown }).statusCode === "number"
        ? { status: (error as { statusCode?: number }).statusCode as number }
        : {}),
      cause: error,
    });
  return error;
}

// --- internal ---

/** The chain lists every way it tried, over pages; Entra's own refusals (AADSTS...) say what is wrong. */
function signInMessage(error: Error): string {
  const refusal = /AADSTS\d+:[^\n]*/.exec(error.message)?.[0];
  if (refusal !== undefined) return refusal.replace(/ Trace ID:.*$/, "");
  return /Chained|Aggregate/.test(error.name + error.message) ? "nobody is signed in to Azure here" : firstLine(error.message);
}

/** Milliseconds out of Retry-After (seconds or a date) and the finer headers that Azure uses beside it. */
function retryAfter(answer: Answer): number | undefined {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const ms = Number(answer.headers.get(name) ?? "x");
    if (ms >= 0) return ms;
  }
  const text = answer.headers.get("retry-after");
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const [until, now] = [Date.parse(text), Date.parse(answer.headers.get("date") ?? "")];
  return Number.isNaN(until) || Number.isNaN(now) ? undefined : Math.max(0, until - now);
}

/** The message, and those of the details that say more. */
function explained(body: ErrorBody | undefined): string | undefined {
  if (body?.message === undefined) return body?.code;
  const details = Array.isArray(body.details) ? (body.details as ErrorBody[]) : [];
  // a group's deletion quotes what each service answered, whole
  const said = details.map((detail) => errorBody(detail.message)?.message ?? detail.message);
  const more = said.filter((text) => text !== undefined && !body.message?.includes(text));
  return [body.message, ...more].join(" ");
}

const firstLine = (text: string): string => text.split("\n")[0] ?? text;
