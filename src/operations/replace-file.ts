/** Writes a file whole or not at all: what is there is replaced in one step, with the mode it has from birth. */
import { randomBytes } from "node:crypto";
import { access, constants, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";

/** Refuses a path whose folder takes no file: said before anything is made, not after. */
export async function refuseUnwritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw notWritten(path, error, EXIT.usage);
  }
}

export async function replaceFile(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(temporary, text, { mode, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritten(path, error, EXIT.failed);
  }
}

const notWritten = (path: string, error: unknown, exit: ExitCode): ClusterError =>
  new ClusterError("FileNotWritten", `${path} cannot be written`, {
    exit,
    advice: "Give a file in a folder that exists and can be written.",
    cause: error,
  });
