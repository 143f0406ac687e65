/**
 * A file that somebody named, whole: read up to a limit, for a device or a pipe may have no end, and reading it takes all memory. A pipe
 * is waited for while somebody has it open for writing, and is never opened so that a thread stands still in it: nothing could end that.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { platform } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const MOST_MIB = 64;

/** @throws what the system refuses it with, and an Error for one that is larger than any file of this kind, or a pipe without a writer */
export async function readWhole(path: string, looks = LOOKS): Promise<Buffer> {
  const found = await stat(path);
  if (!found.isFIFO()) return readFile(path);
  // elsewhere than on Linux /dev/fd/N is the descriptor itself, with its writer at the other end
  return platform() !== "linux" && path.startsWith("/dev/")
    ? once(path, () => readFile(path))
    : once(`${found.dev}:${found.ino}`, () => readPipe(path, looks));
}

/** Why a file that a flag names was not read, as a sentence: the system's own words are for programmers. */
export function whyUnread(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WHY[code ?? ""] ?? `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

// --- internal ---

const WHY: Partial<Record<string, string>> = {
  ENOENT: "There is no such file.",
  ENOTDIR: "There is no such file: a part of its path is no folder.",
  EISDIR: "It is a folder: give a file.",
  EACCES: "You have no permission to read it.",
  ENAMETOOLONG: "Its name is too long.",
  ELOOP: "It is a link that leads to itself.",
};

const LOOK_MS = 20;
/** Until somebody has a pipe open for writing: five seconds. */
const LOOKS = 250;

/** What is read out of pipes: a pipe gives it once, and a file may be asked for twice, as before and after a question, or at the same time. */
const drained = new Map<string, Promise<Buffer>>();

function once(pipe: string, read: () => Promise<Buffer>): Promise<Buffer> {
  const begun = drained.get(pipe) ?? read();
  drained.set(pipe, begun);
  // one that nobody wrote to may find a writer
  begun.catch(() => drained.delete(pipe));
  return begun;
}

async function readFile(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const take = collector();
    for await (const part of file.createReadStream({ autoClose: false })) take.add(part as Buffer);
    return take.all();
  } finally {
    await file.close();
  }
}

async function readPipe(path: string, looks: number): Promise<Buffer> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const take = collector();
    const part = Buffer.alloc(64 * 1024);
    for (let left = looks, begun = false; ;) {
      const read = someOf(file, part);
      if (read === 0 && begun) break;
      if (read === 0 && left-- <= 0) throw new Error("it is a pipe, and nobody writes to it");
      if (read !== 0) begun = true;
      if (read === undefined || read === 0) await pause(LOOK_MS);
      else take.add(Buffer.from(part.subarray(0, read)));
    }
    return take.all();
  } finally {
    closeSync(file);
  }
}

/** Bytes read; 0 where nobody has it open for writing, undefined where somebody has and nothing was written yet. */
function someOf(file: number, into: Buffer): number | undefined {
  try {
    return readSync(file, into);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}

function collector(): { add(part: Buffer): void; all(): Buffer } {
  const parts: Buffer[] = [];
  let size = 0;
  return {
    add(part) {
      size += part.length;
      if (size > MOST_MIB * 2 ** 20) throw new Error(`it has more than ${MOST_MIB} MiB`);
      parts.push(part);
    },
    all: () => Buffer.concat(parts),
  };
}
