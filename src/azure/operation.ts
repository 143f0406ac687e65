/** A long-running operation of the SDK, made so that it can be asked again after a fault: the SDK's own poller cannot. */
import { defined } from "../core/defined.ts";
import type { AzureError } from "../core/advice/azure-error.ts";
import { ClusterError } from "../core/errors.ts";
import type { Operation } from "../engine/provider.ts";
import { operationFailure } from "./failure.ts";
import { shownAddress } from "./origin.ts";
import type { OperationErrors } from "./pipeline.ts";
import { understood, unreadable } from "./reading.ts";

/** What we use of the SDK's PollerLike. */
export interface SdkPoller {
  readonly isDone: boolean;
  readonly operationState?: { readonly status: string } | undefined;
  readonly result?: unknown;
  submitted(): Promise<void>;
  serialize(): Promise<string>;
  poll(options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

export interface RawAnswer {
  readonly status: number;
  readonly bodyAsText?: string | null | undefined;
}

export interface WholeAnswer extends RawAnswer {
  readonly headers: { get(name: string): string | undefined };
  readonly request: { readonly method: string; readonly url: string };
}

/**
 * Starts an operation and returns when Azure has accepted it.
 * @param start makes the request; the options it gets report the first answer
 * @param restore makes a poller again from its saved state
 */
export async function driveOperation(
  start: (options: { onResponse: (answer: RawAnswer) => void }) => SdkPoller,
  restore: (state: string) => SdkPoller,
  failed: OperationErrors,
): Promise<Operation> {
  let first: RawAnswer | undefined;
  let poller = start({ onResponse: (answer) => (first ??= answer) });
  // In the same tick: a poller that nobody listens to while it fails ends the process.
  await understood(() => poller.submitted());
  const { tags } = bodyOf(first);
  const told = defined({ tags });
  if (poller.isDone || saysSucceeded(first)) {
    const problem = poller.isDone ? failedResult(poller, undefined) : undefined;
    if (problem !== undefined) throw problem;
    return { done: true, ...told, poll: () => Promise.resolve(true) };
  }
  let good = await poller.serialize();
  let confirmed = false;
  return {
    done: false,
    ...told,
    get confirmed() {
      return confirmed;
    },
    async poll(signal) {
      try {
        await understood(() => poller.poll({ abortSignal: signal }));
      } catch (error) {
        const known = errorOf(good, failed) ?? (error instanceof ClusterError ? undefined : failedResult(poller, undefined));
        if (known !== undefined && !signal.aborted) throw known;
        if (!(error instanceof ClusterError) && !signal.aborted)
          throw unreadable(`GET ${shownAddress(configOf(good).operationLocation ?? "")}`);
        // A failed poll is final for the SDK; the operation goes on all the same.
        poller = restore(good);
        throw error;
      }
      if (!poller.isDone) {
        good = await poller.serialize();
        return false;
      }
      const problem = failedResult(poller, errorOf(good, failed));
      if (problem !== undefined) throw problem;
      if (stillWorking(poller)) {
        poller = restore(good);
        return false;
      }
      confirmed = stateOf(poller) === "Succeeded" && wasLookedAt(good);
      return true;
    },
  };
}

/**
 * The saved state of a poller for a DELETE that is to be carried out later: any may be (202), also of the kinds of which the SDK knows it
 * as a single request. Undefined for another answer.
 */
export function acceptedDelete({ status, headers, request: { method, url } }: WholeAnswer): string | undefined {
  const asynchronous = headers.get("azure-asyncoperation");
  const operationLocation = asynchronous ?? headers.get("location");
  if (method !== "DELETE" || status !== 202 || operationLocation === undefined) return undefined;
  const metadata = { mode: asynchronous === undefined ? "ResourceLocation" : "OperationLocation" };
  const config = { metadata, operationLocation, initialRequestUrl: url, requestMethod: method };
  return JSON.stringify({ state: { status: "running", config } });
}

// --- internal ---

/** A new interface or load balancer is done with its first answer, whatever operation header comes along. */
function saysSucceeded(answer: RawAnswer | undefined): boolean {
  return answer?.status !== 202 && bodyOf(answer).properties?.provisioningState === "Succeeded";
}

/** It was looked at where it came in (answer.ts). */
const bodyOf = (answer: RawAnswer | undefined): FirstBody => {
  const text = answer?.bodyAsText?.trim();
  return (text === undefined || text === "" ? {} : (JSON.parse(text) as FirstBody | null)) ?? {};
};

interface FirstBody {
  readonly properties?: { readonly provisioningState?: unknown };
  readonly tags?: Record<string, string>;
}

interface Config {
  readonly metadata?: { readonly mode?: string };
  readonly operationLocation?: string;
  readonly requestMethod?: string;
}

const configOf = (state: string): Config => (JSON.parse(state) as { state?: { config?: Config } }).state?.config ?? {};

function errorOf(state: string, failed: OperationErrors): AzureError | undefined {
  const { operationLocation: url } = configOf(state);
  if (url === undefined) return undefined;
  const error = failed.get(url);
  failed.delete(url);
  return error;
}

/** After an Azure-AsyncOperation of a PUT the SDK asks for the resource; at a Location it takes what stands there. */
function wasLookedAt(state: string): boolean {
  const { metadata, requestMethod } = configOf(state);
  return metadata?.mode === "OperationLocation" && requestMethod?.toUpperCase() === "PUT";
}

const stateOf = (poller: SdkPoller): unknown => (poller.result as { provisioningState?: unknown } | undefined)?.provisioningState;

/** An operation's URL that answers 200 with nothing in it says nothing about the resource, which the SDK asked for last. */
function stillWorking(poller: SdkPoller): boolean {
  const state = stateOf(poller);
  return typeof state === "string" && /^(creating|updating|accepted|running)$/i.test(state);
}

/** The SDK takes an operation as done without looking at the resource: an empty 200 ends it well. We look. */
function failedResult(poller: SdkPoller, known: AzureError | undefined): AzureError | undefined {
  const status = poller.operationState?.status;
  if (known !== undefined || status === "failed" || status === "canceled")
    return known ?? operationFailure(undefined, status ?? "Failed");
  const state = stateOf(poller);
  return state === "Failed" || state === "Canceled" ? operationFailure(undefined, state) : undefined;
}
