/** Two shapes that nearly every read has: a list to its last page, and a resource that may not be there. */
import { AzureError, isAbsence, isMisdirected, notAzure } from "../core/azure-error.ts";

export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  await understood(async () => {
    for await (const item of list) found.push(item);
  });
  return found;
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
