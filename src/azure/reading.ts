/** Two shapes that nearly every read has: a list to its last page, and a resource that may not be there. */
import { AzureError, isAbsence, isMisdirected, notAzure } from "../core/advice/azure-error.ts";

/** @param signal the SDK passes it to the first page alone */
export async function all<T>(list: AsyncIterable<T>, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  const pages = list[Symbol.asyncIterator]();
  await understood(async () => {
    for (;;) {
      const next = await (signal === undefined ? pages.next() : orAborted(pages.next(), signal));
      if (next.done === true) return;
      found.push(next.value);
      if (found.length > MOST) throw notAzure("a list without an end");
    }
  });
  return found;
}

/** More than a subscription can hold of anything that is listed here. */
const MOST = 100_000;

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * The SDK reads an answer without a look at its shape, and breaks on one that is no such resource or list.
 * @throws AzureError UnreadableAnswer in place of its TypeError
 */
export async function understood<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof TypeError) throw notAzure(error.message);
    throw error;
  }
}

/** Undefined for what is not there. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await understood(read);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** Undefined where there is no such list: the group is gone, or this ARM does not know the path. */
export async function listed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AzureError && !isMisdirected(error) && [400, 404, 405, 501].includes(error.status ?? 0))
      return undefined;
    throw error;
  }
}
