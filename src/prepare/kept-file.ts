/**
 * Files that are made once and then kept: keys and certificates. A kept file appears whole or not at all, has its mode from
 * birth, and is never overwritten; of two processes that make the same file at once, one wins and both use the winner's.
 * Nothing here may read what is inside.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { link, open, rm, stat } from "node:fs/promises";
import { platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { whyUnwritten } from "../core/unwritten.ts";
import { readWhole, whyUnread } from "./read-whole.ts";

export const PRIVATE = 0o600;
export const PUBLIC = 0o644;

/**
 * Writes `path` unless it is there: first under another name with its final mode, then linked, for a link never replaces.
 * Returns true when this call made it. Throws ClusterError `FileNotWritten`.
 */
export async function keepFile(path: string, content: string | Uint8Array, mode: number): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    await writeNew(temporary, content, mode);
    return await publish(temporary, path, content, mode);
  } catch (error) {
    throw fileError("FileNotWritten", `${path} cannot be written`, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** The file's bytes; undefined when it is not there. `flag` named it, if one did. Throws ClusterError `FileNotRead`. */
export async function readKept(path: string, flag?: string): Promise<Buffer | undefined> {
  try {
    return statSync(path).isFile() ? readFileSync(path) : await readWhole(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (flag !== undefined)
      throw new ClusterError("FileNotRead", `${flag}: cannot read ${path}`, {
        exit: EXIT.usage,
        advice: whyUnread(error),
      });
    const advice = "Check its permissions, move it away, or give another folder with --dir.";
    throw fileError("FileNotRead", `${path} cannot be read`, error, advice);
  }
}

/**
 * For small files that may be there: at once, for each trip to another thread costs more than such a file. Undefined where none can be
 * read, and for what is no file: a pipe that nobody writes to would hold up everything.
 */
export function textAt(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** What is in the file after `keepFile`: ours, or that of whoever was first. */
export async function keepAndRead(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<{ bytes: Buffer; made: boolean }> {
  const made = await keepFile(path, content, mode);
  const bytes = await readKept(path);
  if (bytes === undefined) {
    const target = leadsNowhere(path);
    throw target === undefined
      ? new ClusterError("FileNotRead", `${path} was removed while it was in use.`, { advice: "Run it again." })
      : new ClusterError("FileNotRead", `${path} is a link to ${target}, which is not there.`, {
          advice: "Bring that back (a disk may not be mounted), or take the link away to have the file made here.",
        });
  }
  return { bytes, made };
}

/** Why there is no file at a path that was named, as a sentence. */
export function whyMissing(path: string): string {
  const target = leadsNowhere(path);
  return target === undefined ? "There is no such file." : `It is a link to ${target}, which is not there.`;
}

/** What a link says that leads to nothing: such a name can neither be read nor made. */
function leadsNowhere(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** A sentence when others may read a private key, which ssh then refuses to use; undefined when all is well. */
export async function readableByOthers(path: string): Promise<string | undefined> {
  // Windows has no such mode bits: Node reports 0666 for every file there.
  if (platform() === "win32") return undefined;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return undefined;
  return `${path} holds a private key and can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, "0")}): chmod 600 ${path}`;
}

async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** File systems without hard links (FAT, some shares) get a plain exclusive creation: never overwriting either. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

async function publish(temporary: string, path: string, content: string | Uint8Array, mode: number): Promise<boolean> {
  try {
    await link(temporary, path).catch(async (error: unknown) => {
      if (!NO_LINKS.has(codeOf(error) ?? "")) throw error;
      await writeNew(path, content, mode);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export function fileError(
  code: string,
  message: string,
  cause: unknown,
  advice = "Check the path and its permissions, or give another folder with --dir.",
): ClusterError {
  return new ClusterError(code, `${message}: ${whyUnwritten(cause)}.`, {
    advice,
    exit: EXIT.failed,
    cause,
  });
}
