/** Pipes to write to: one that nobody reads is never opened so that a thread stands still in it, for ever and without a word. */
import { closeSync, constants, openSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Opens a file or a pipe at once, to append to it. @throws what the system refuses it with, and an Error for a pipe that nobody reads */
export const openToAppend = (path: string): number => (isPipe(path) ? openRead(path) : openSync(path, "a", 0o644));

/** The same for one that is written anew. */
export const openToWrite = (path: string): number =>
  isPipe(path) ? openRead(path) : openSync(path, isOwnStream(path) ? "a" : "w", 0o644);

/** What is open already (/dev/stdout, /dev/fd/N): a file behind it has bytes of others in it. */
export const isOwnStream = (path: string): boolean => /^\/(dev\/(fd\/|std(in|out|err)$)|proc\/)/.test(resolve(path));

/** A pipe, open for writing as soon as somebody reads it; undefined for what is none. @throws as above, after so many looks */
export async function openPipe(path: string, looks = LOOKS): Promise<number | undefined> {
  if (!isPipe(path)) return undefined;
  for (let left = looks; ; left--)
    try {
      return openRead(path);
    } catch (error) {
      if (left <= 0 || !isUnread((error as Error).cause)) throw error;
      await pause(LOOK_MS);
    }
}

// --- internal ---

const LOOK_MS = 20;
/** Until somebody reads a pipe: five seconds. */
const LOOKS = 250;

const isPipe = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

const isUnread = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === "ENXIO";

function openRead(path: string): number {
  let first: number | undefined;
  try {
    first = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    // writes are to wait for a reader that is slow; the first stays open meanwhile, for its end would be the reader's
    return openSync(path, "a");
  } catch (cause) {
    throw isUnread(cause) ? new Error("it is a pipe, and nobody reads it", { cause }) : cause;
  } finally {
    if (first !== undefined) closeSync(first);
  }
}
