/** Names for what an advised command writes: beside the file it reads, never that file, and nothing that is there. */
import { lstatSync } from "node:fs";
import { shellWord } from "../core/quoting.ts";
import { unusedPath } from "../core/unused-path.ts";

/** A link that leads nowhere is there, too; what has too long a name is not. */
export function pathExists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A word for a shell: the file with another ending (".pem", "-plain.pem") in the place of its extension. */
export const unusedBeside = (file: string, ending: string): string => unused(`${file.replace(/\.[^./\\]+$/, "")}${ending}`);

/** A word for a shell. */
export const unused = (path: string): string => shellWord(unusedPath(path, pathExists));
