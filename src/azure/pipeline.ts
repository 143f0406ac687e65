/**
 * What every request of every client goes through: a time limit for each attempt, errors with ARM's whole body, and the fixed
 * header for a loopback ARM. The SDK's own retries are off, for the engine owns them.
 */
import { defined } from "../core/defined.ts";
import type { HttpClient, PipelinePolicy, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { AzureError } from "../core/advice/azure-error.ts";
import type { Clock } from "../core/clock.ts";
import { OPERATION } from "./answer-shapes.ts";
import { readAnswer } from "./answer.ts";
import { errorBody } from "./error-body.ts";
import { failure, operationFailure, refusedAnswer, requestLine } from "./failure.ts";
import { enoughOf, noteAnswer } from "./reading.ts";

/** ARM answers within seconds, or gives up itself after a minute. A list of sizes is the slowest read. */
const LIMIT_MS: Record<string, number> = { GET: 20_000, HEAD: 20_000, POST: 30_000, PUT: 40_000, PATCH: 40_000, DELETE: 40_000 };

/** Errors of operations that failed, by operation URL: the SDK keeps only part of the message. */
export type OperationErrors = Map<string, AzureError>;

/** What has been heard from the other side so far, by all clients of a run. */
export interface Heard {
  /** Something that ARM can have said. */
  azure: boolean;
  /** Answers that cannot be ARM's. */
  strange: number;
}

/** A gateway may be in trouble for a moment. What has never said anything else is no Resource Manager. */
const STRANGE_AT_FIRST = 3;

export function answers(clock: Clock, failed: OperationErrors, heard: Heard = { azure: false, strange: 0 }): PipelinePolicy {
  return {
    name: "answers",
    async sendRequest(request, next) {
      const outer = request.abortSignal as AbortSignal | undefined;
      const response = plainEnd(request, await limited(request, next, outer, clock));
      if (response.status >= 300) throw refusedAnswer(response, request);
      const body = readAnswer(request, response, () => {
        heard.strange += 1;
        return heard.azure || heard.strange <= STRANGE_AT_FIRST;
      });
      // an array is an answer to a few questions, and all that some servers say
      if (!Array.isArray(body)) heard.azure = true;
      noteAnswer(requestLine(request));
      // it was read as JSON here; by another name the SDK would take it for a text
      if (body !== undefined) response.headers.set("content-type", "application/json");
      const enough = enoughOf(body);
      if (enough !== undefined) return { ...response, bodyAsText: enough };
      const status = request.method === "GET" && response.status === 200 ? operationStatus(body) : undefined;
      if (status !== undefined) failed.set(request.url, operationFailure(errorBody(response.bodyAsText), status));
      return response;
    },
  };
}

/** On a loopback ARM nobody signs in: the header is fixed, so that the other side can check that it was sent. */
export const loopbackSignIn: PipelinePolicy = {
  name: "loopbackSignIn",
  sendRequest(request, next) {
    request.headers.set("Authorization", "Bearer loopback");
    return next(request);
  },
};

/**
 * The program is whole before anything is written: an upgrade of the package under a running command takes its files away. It is loaded
 * while the first answer is waited for.
 */
export const wholeBeforeWrites = (load: () => Promise<void>): PipelinePolicy => ({
  name: "wholeBeforeWrites",
  async sendRequest(request, next) {
    if (!isRead(request)) await load();
    const answer = next(request);
    load().catch(() => undefined); // said when something is to be written
    return answer;
  },
});

/** Tells of whatever is not only read. */
export const writesTold = (tell: () => void): PipelinePolicy => ({
  name: "writesTold",
  sendRequest(request, next) {
    if (!isRead(request)) tell();
    return next(request);
  },
});

export interface PlainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** A function from request to response as the SDK's HTTP client: the seam to the simulation. */
export async function httpClientOf(handle: (request: PlainRequest) => Promise<PlainResponse>): Promise<HttpClient> {
  const { createHttpHeaders } = await import("@azure/core-rest-pipeline");
  return {
    async sendRequest(request) {
      const signal = request.abortSignal as AbortSignal | undefined;
      const answer = await handle({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        ...(typeof request.body === "string" ? { body: request.body } : {}),
        ...defined({ signal }),
      });
      return { request, status: answer.status, headers: createHttpHeaders(answer.headers), bodyAsText: answer.body ?? "" };
    },
  };
}

// --- internal ---

/** Azure has reads that are POSTs. */
const isRead = ({ method, url }: Pick<PipelineRequest, "method" | "url">): boolean =>
  method === "GET" || method === "HEAD" || (method === "POST" && /\/(retrieveBootDiagnosticsData|listKeys)\?/i.test(url));

/** An operation's URL that says "nothing" (204) says as little as an empty 200, which the SDK takes from every kind: the resource is looked at then. */
const plainEnd = (request: PipelineRequest, response: PipelineResponse): PipelineResponse =>
  response.status === 204 && request.method === "GET" && OPERATION.test(request.url) ? { ...response, status: 200 } : response;

const ANSWERED = new Error("answered");

async function limited(
  request: PipelineRequest,
  next: (request: PipelineRequest) => Promise<PipelineResponse>,
  outer: AbortSignal | undefined,
  clock: Clock,
): Promise<PipelineResponse> {
  const ms = LIMIT_MS[request.method] ?? 40_000;
  const cut = new AbortController();
  const stop = (): void => cut.abort(outer?.reason);
  // cheaper by far than AbortSignal.any, of which each holds on to its sources
  if (outer?.aborted === true) stop();
  else outer?.addEventListener("abort", stop, { once: true });
  const late = clock.sleep(ms, cut.signal).then(
    () => {
      cut.abort();
      throw new AzureError("ETIMEDOUT", `no answer from Azure within ${ms / 1000} s`, {
        cause: requestLine(request),
      });
    },
    () => new Promise<never>(() => undefined),
  );
  request.abortSignal = cut.signal;
  try {
    return await Promise.race([next(request), late]);
  } catch (error) {
    if (outer?.aborted === true) throw outer.reason as Error;
    throw failure(error);
  } finally {
    // with a reason of its own: to make the usual one, with its stack, takes longer than the rest of this
    cut.abort(ANSWERED);
    outer?.removeEventListener("abort", stop);
    if (outer === undefined) delete request.abortSignal;
    else request.abortSignal = outer;
  }
}

/** "Failed" or "Canceled" when the body is an operation's that ended so. A resource has no `status` at the top. */
function operationStatus(body: unknown): string | undefined {
  const status = (body as { status?: unknown } | null | undefined)?.status;
  return typeof status === "string" && /^(failed|canceled|cancelled)$/i.test(status) ? status : undefined;
}
