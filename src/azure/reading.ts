/** Two shapes that nearly every read has: a list to its last page, and a resource that may not be there. */
import { AsyncLocalStorage } from "node:async_hooks";
import { AzureError, isAbsence, isMisdirected, notAzure } from "../core/advice/azure-error.ts";
import { isLoopback } from "../core/loopback.ts";
import { abortable } from "../engine/abortable.ts";
import { shownAddress } from "./origin.ts";

/** What of the SDK's lists is used: pages, each with the address of the next. */
export interface Paged<T> {
  byPage(): AsyncIterable<T[] & { readonly continuationToken?: string }>;
}

/**
 * @param signal the SDK passes it to the first page alone
 * @param only ids and states are looked at, and the rest need not be read: long lists are asked for every second
 */
export async function all<T>(list: Paged<T>, signal?: AbortSignal, only?: "states"): Promise<T[]> {
  const found: T[] = [];
  const seen = new Set<string>();
  const pages = list.byPage()[Symbol.asyncIterator]();
  const collect = async (): Promise<void> => {
    for (let first = true; ; first = false) {
      const page = signal === undefined ? pages.next() : abortable(pages.next(), signal);
      const next = await (first ? page : page.catch(brokenOff));
      if (next.done === true) return;
      const { continuationToken: after = "" } = next.value;
      if (after !== "" && seen.has(after)) throw notAzure(`${line(after)}: a list that leads back to itself`);
      if (seen.add(after).size > MOST_PAGES || found.length + next.value.length > MOST)
        throw notAzure(`${line(after)}: a list without an end`);
      found.push(...next.value);
    }
  };
  await understood(collect, only);
  return found;
}

/** More than a subscription can hold of anything that is listed here; pages may be empty, where Azure filters behind them. */
const MOST = 100_000;
const MOST_PAGES = 1000;

/** A list that begins is one that is there: that its next page is not, or no more, is a fault. From its first page on it may go well. */
function brokenOff(error: unknown): never {
  if (!isNoList(error)) throw error;
  throw new AzureError("ListBrokenOff", `a list broke off after its first page: ${error.message}`, { status: 502, cause: error });
}

const line = (url: string): string => `GET ${shownAddress(url)}`;

/**
 * Answers are checked where they come in (answer.ts). What the SDK breaks on all the same was none that it knows, and no fault of ours.
 * @throws AzureError UnreadableAnswer in place of what it throws then
 */
export async function understood<T>(request: () => Promise<T>, only?: "states"): Promise<T> {
  const asked: Asked = { only };
  try {
    return await asking.run(asked, request);
  } catch (error) {
    if (!isOfShape(error)) throw error;
    const { statusCode } = error as { statusCode?: unknown };
    throw unreadable(asked.last, typeof statusCode === "number" ? statusCode : undefined);
  }
}

/** Remembers whose answer is read next, in case that it cannot be. */
export function noteAnswer(requestLine: string): void {
  const asked = asking.getStore();
  if (asked !== undefined) asked.last = requestLine;
}

/** What of a list's answer the SDK is to read, as JSON; undefined: all of it. */
export function enoughOf(body: unknown): string | undefined {
  if (asking.getStore()?.only !== "states") return undefined;
  const { value, nextLink } = body as { value?: unknown; nextLink?: unknown };
  if (!Array.isArray(value)) return undefined;
  const states = (value as Listed[]).map(({ id, properties }) => ({
    id,
    properties: { provisioningState: properties?.provisioningState },
  }));
  return JSON.stringify({ value: states, nextLink });
}

/** @param status what was answered, where that is what the SDK cannot read */
export const unreadable = (requestLine = "a request", status?: number): AzureError =>
  notAzure(`${requestLine}: ${status === undefined ? "its parts are not those of its kind" : `the status is ${status}`}`, status);

/** The request that was answered last on behalf of a call to the SDK, which makes its own. */
interface Asked {
  last?: string;
  readonly only: "states" | undefined;
}

interface Listed {
  readonly id?: unknown;
  readonly properties?: { readonly provisioningState?: unknown } | null;
}

const asking = new AsyncLocalStorage<Asked>();

/** The SDK's own words for an answer that is not as it should be; an abort, or an error that is known, is none of them. */
const isOfShape = (error: unknown): error is Error =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof SyntaxError ||
  (error instanceof Error && error.name === "RestError");

/** Undefined for what is not there. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await understood(read);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * All of a list; undefined where there is none: the group is gone, or this ARM does not know the path. A 400 is an emulator's way to say so:
 * from elsewhere it says no to the request, and what is there is not known.
 */
export async function listed<T>(
  endpoint: string,
  list: Paged<T>,
  signal: AbortSignal,
  only?: "states",
): Promise<T[] | undefined> {
  try {
    return await all(list, signal, only);
  } catch (error) {
    if (isNoList(error) && (error.status !== 400 || UNKNOWN_KIND.test(error.code) || isLoopback(endpoint))) return undefined;
    throw error;
  }
}

/** What a Resource Manager says with 400 of a kind that it does not have, or not in the SDK's version. */
const UNKNOWN_KIND = /^(InvalidResourceType|NoRegisteredProviderFound)$/i;

/** The group is gone, or this ARM does not know the path. */
export const isNoList = (error: unknown): error is AzureError =>
  error instanceof AzureError && !isMisdirected(error) && [400, 404, 405, 501].includes(error.status ?? 0);

/** Reads of which each is understood. */
export function guarded<T extends Record<string, (...given: never[]) => Promise<unknown>>>(reads: T): T {
  const all = Object.entries(reads).map(([name, read]) => [name, (...given: never[]) => understood(() => read(...given))]);
  return Object.fromEntries(all) as T;
}
