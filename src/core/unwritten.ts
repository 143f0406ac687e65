/** A file that a flag names, or that is this tool's own, and that was not written. Pure. */
import { ClusterError, EXIT, type ExitCode } from "./errors.ts";

/** @param how the flag that names it; exit code 2, unless it was written to already */
export const notWritten = (
  path: string,
  error: unknown,
  { flag, exit = EXIT.usage }: { readonly flag?: string; readonly exit?: ExitCode } = {},
): ClusterError =>
  new ClusterError(
    "FileNotWritten",
    `${flag === undefined ? "" : `${flag}: `}${path} cannot be written: ${whyUnwritten(error)}.`,
    {
      exit,
      advice: "Give a file in a folder that exists, can be written and has room.",
      // bad usage is said whole in words
      ...(exit === EXIT.usage ? {} : { cause: error }),
    },
  );

/** Why a file was not read or written, as the end of a sentence: the system's own words are for programmers. */
export function whyUnwritten(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASON[code ?? ""] ?? message ?? String(error);
}

// --- internal ---

const REASON: Partial<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  EDQUOT: "no space left to this user",
  ENOENT: "the folder does not exist",
  ENOTDIR: "a part of its path is no folder",
  EEXIST: "a file of that name is in the way",
  EISDIR: "it is a folder",
  ELOOP: "it is a link that leads to itself",
  ENAMETOOLONG: "its name is too long",
  EPIPE: "nobody reads it any more",
};
