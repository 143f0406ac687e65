/** Writes a file whole or not at all: what is there is replaced in one step, with the mode it has from birth. */
import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { ClusterError } from "../core/errors.ts";

export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(temporary, text, { mode, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new ClusterError("FileNotWritten", `${path} cannot be written`, { advice: (error as Error).message, cause: error });
  }
}
