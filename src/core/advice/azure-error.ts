/** An error that Azure answered, or a request that got no answer: with what the engine needs to decide about trying again. */
import { defined } from "../defined.ts";
import { ClusterError, type ErrorOptions } from "../errors.ts";

export interface AzureErrorOptions extends ErrorOptions {
  /** HTTP status; absent when there was no answer. */
  readonly status?: number | undefined;
  /** The error body's details, as ARM gave them. */
  readonly details?: unknown;
  /** The error body's additionalInfo, as ARM gave it. */
  readonly info?: unknown;
  /** What Retry-After asked for. */
  readonly retryAfterMs?: number | undefined;
  /** What was asked: "DELETE /subscriptions/S/resourceGroups/G". */
  readonly request?: string | undefined;
  /** It came out of a long-running operation that failed (or was cancelled), not out of a refused request. */
  readonly operation?: boolean;
}

export class AzureError extends ClusterError {
  readonly status: number | undefined;
  readonly details: unknown;
  readonly info: unknown;
  readonly retryAfterMs: number | undefined;
  readonly request: string | undefined;
  readonly operation: boolean;

  constructor(code: string, message: string, options: AzureErrorOptions = {}) {
    super(code, message, { source: "azure", ...options });
    this.name = "AzureError";
    this.status = options.status;
    this.details = options.details;
    this.info = options.info;
    this.retryAfterMs = options.retryAfterMs;
    this.request = options.request;
    this.operation = options.operation ?? false;
  }
}

/** The same failure, of which more is known. An answer of Azure's stays one, so that the advice table is still asked about it. */
export function amended(error: ClusterError, more: Pick<ErrorOptions, "advice" | "exit" | "next">): ClusterError {
  const { source, exit, advice, next, link } = error;
  const known = { source, exit, advice, next, link, ...more };
  if (!(error instanceof AzureError)) return new ClusterError(error.code, error.message, { ...known, cause: error });
  const { status, details, info, retryAfterMs, request, operation, cause } = error;
  const answer = { status, details, info, retryAfterMs, request, operation, cause };
  return new AzureError(error.code, error.message, { ...known, ...answer });
}

/**
 * A 404 that says that this very thing is not there. One about the subscription, or a page that no Resource Manager wrote, says
 * nothing of the kind: taken for absence it would make a destroy believe that all is gone.
 */
export const isAbsence = (error: unknown): boolean =>
  error instanceof AzureError &&
  error.status === 404 &&
  !isMisdirected(error) &&
  /NotFound$|^(Http404|InvalidResourceType|NoRegisteredProviderFound)$/i.test(error.code);

/** The request has gone to a wrong place: to a subscription that is not there for this sign-in, or to no Resource Manager at all. */
export const isMisdirected = (error: unknown): boolean =>
  error instanceof AzureError && (error.code === NOT_AZURE || NOT_OURS.test(error.code));

const NOT_OURS =
  /^(SubscriptionNotFound|InvalidSubscription(Id)?|SubscriptionDisabled|DisabledSubscription|ReadOnlyDisabledSubscription|TenantNotFound|InvalidAuthenticationTokenTenant)$/i;

/** The code of an answer that cannot be Azure Resource Manager's. */
const NOT_AZURE = "UnreadableAnswer";

/**
 * What came back is no answer of ARM's (or of whom was asked): a page, `null`, an array.
 * @param what the request and what is wrong with its answer: "GET /subscriptions/S/resourceGroups: value is a number"
 * @param status 502 where it may pass, as a gateway's trouble does; none where the same request will be answered so again
 */
export const notAzure = (what: string, status?: number, whose = "Azure Resource Manager's"): AzureError =>
  new AzureError(NOT_AZURE, `the answer is not ${whose} (${what})`, {
    ...defined({ status }),
    advice:
      "Something else answers in its place: check --arm-endpoint (AZURE_ARM_ENDPOINT) and the proxy (HTTPS_PROXY, NO_PROXY), then repeat the command.",
  });
