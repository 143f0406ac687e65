/**
 * Writes a file whole or not at all: what is there is replaced in one step, with the mode it has from birth. A link stays,
 * and the file that it leads to is replaced; what is no file (a device, a pipe, /dev/stdout) is
 * written to, for put in its place a file would be the end of it. A file is written at once: the trips to another thread and back cost
 * more than it does.
 */
import { randomBytes } from "node:crypto";
import {
  type Stats,
  closeSync,
  constants,
  lstatSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFile as writeOpen,
  writeFileSync,
} from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { promisify } from "node:util";
import { EXIT } from "../../core/errors.ts";
import { notWritten } from "../../core/unwritten.ts";
import { isOwnStream, openPipe } from "./open-pipe.ts";

/** Refuses a path that takes no file: said before anything is made, not after. */
export async function refuseUnwritable(path: string, flag: "--output" | "--timings"): Promise<void> {
  try {
    const place = placeOf(path);
    // a file is no folder, and may be written as well
    await access(place.stream ? place.path : `${dirname(place.path)}${sep}.`, constants.W_OK);
    // a name that is too long is refused by whatever asks for it
    if (!place.stream) statSync(temporaryOf(place.path), { throwIfNoEntry: false });
  } catch (error) {
    throw notWritten(path, error, { flag });
  }
}

/** @param looks for a reader, where it is a pipe */
export async function replaceFile(path: string, text: string | Uint8Array, mode: number, looks?: number): Promise<void> {
  try {
    const place = placeOf(path);
    if (place.stream) await writeOut(place.path, text, looks);
    else replace(place.path, text, mode);
  } catch (error) {
    throw notWritten(path, error, { exit: EXIT.failed });
  }
}

async function writeOut(path: string, text: string | Uint8Array, looks?: number): Promise<void> {
  const pipe = isOwnStream(path) ? undefined : await openPipe(path, looks);
  if (pipe === undefined) return writeFile(path, text, { flag: "a" });
  await promisify(writeOpen)(pipe, text).finally(() => closeSync(pipe));
}

function replace(path: string, text: string | Uint8Array, mode: number): void {
  const temporary = temporaryOf(path);
  try {
    writeFileSync(temporary, text, { mode, flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // what kept it from being written is said
    }
    throw error;
  }
}

const temporaryOf = (path: string): string => `${path}.${randomBytes(4).toString("hex")}`;

/** Where the bytes go. A link that is not of the folder's owner (in /tmp, say) is not followed: it is replaced itself. */
function placeOf(path: string): { readonly path: string; readonly stream: boolean } {
  const there = found(path);
  if (there === undefined) return { path, stream: false };
  if (isOwnStream(path)) return { path, stream: true };
  if (there.isDirectory()) throw new Error("it is a folder");
  if (!there.isFile()) return { path, stream: true };
  const [itself, folder] = [lstatSync(path), statSync(dirname(path))];
  const followed = itself.isSymbolicLink() && itself.uid === folder.uid;
  return { path: followed ? realpathSync(path) : path, stream: false };
}

function found(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
