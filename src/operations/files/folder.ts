/** The folder of keys and clusters (`--dir`, else the working directory): made when it is not there, refused when it is no use. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type ClusterError, usageError } from "../../core/errors.ts";
import { makeFolder } from "../../prepare/cluster-folder.ts";
import { pathForSsh } from "./own-path.ts";
import type { Surroundings } from "../run.ts";

/**
 * Its absolute path.
 * @param asked `--dir`
 * @param write it must take files: a rehearsal keeps its state there
 * @throws ClusterError Usage when it cannot be made or, with `write`, not be written
 */
export async function openFolder(
  outside: Pick<Surroundings, "cwd" | "env">,
  asked: string | undefined,
  { write = false }: { write?: boolean } = {},
): Promise<string> {
  const dir = pathForSsh(outside, asked ?? ".", asked === undefined ? undefined : "--dir");
  try {
    if (asked !== undefined) await makeFolder(dir);
    if (asked !== undefined && !(await stat(dir)).isDirectory()) throw new Error("it is a file");
    if (write) await access(dir, constants.W_OK);
  } catch (error) {
    throw await unusable(dir, asked, error);
  }
  return dir;
}

// --- internal ---

async function unusable(dir: string, asked: string | undefined, error: unknown): Promise<ClusterError> {
  const file = await fileOnTheWay(dir);
  const path = asked ?? dir;
  // what is longer than any name of a file would not be shown at all: it may be a secret
  const shown = path.length > LONGEST ? `${path.slice(0, 60)}...` : path;
  const why =
    file === undefined ? (WHY[(error as NodeJS.ErrnoException).code ?? ""] ?? (error as Error).message) : `${file} is a file`;
  return usageError(
    asked === undefined
      ? `the working directory ${shown} cannot be used: ${why}`
      : `--dir: ${shown} cannot be used as a folder: ${why}`,
    "Give --dir a folder that can be made and written.",
  );
}

const LONGEST = 255;

const WHY: Partial<Record<string, string>> = {
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EROFS: "it is on a read-only file system",
  ENOENT: "it cannot be made there",
  ENOSPC: "there is no room left",
  ENAMETOOLONG: "its name is too long",
};

/** The part of the path that is a file where a folder has to be. */
async function fileOnTheWay(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return found.isDirectory() ? undefined : path;
  return dirname(path) === path ? undefined : fileOnTheWay(dirname(path));
}
