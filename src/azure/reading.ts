/** Two shapes that nearly every read has: a list to its last page, and a resource that may not be there. */
import { AzureError } from "../core/azure-error.ts";

export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of list) found.push(item);
  return found;
}

/** Undefined for 404. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AzureError && error.status === 404) return undefined;
    throw error;
  }
}

/** Undefined where there is no such list: the group is gone, or this ARM does not know the path. */
export async function listed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AzureError && [400, 404, 405, 501].includes(error.status ?? 0)) return undefined;
    throw error;
  }
}
