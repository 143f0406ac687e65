/** A text file that somebody wrote, read strictly: a byte that is not UTF-8 would be replaced by another character, and used. */
import { usageError } from "../core/errors.ts";
import { shellWord } from "../core/quoting.ts";
import { strictText } from "../core/strict-text.ts";
import { unusedPath } from "../core/unused-path.ts";
import { pathExists } from "./beside.ts";

/** A byte order mark included. @throws a usage error that names file and line */
export function ownText(bytes: Uint8Array, file: string, taken: (path: string) => boolean = pathExists): string {
  const text = strictText(bytes, shellWord(file), shellWord(unusedPath(`${file}.utf8`, taken)));
  if (typeof text === "string") return text;
  throw usageError(`${file}:${text.line}: ${text.message}`, text.advice);
}
