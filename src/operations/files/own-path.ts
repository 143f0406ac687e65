/**
 * A path that the user gave: relative to the working directory, and "~" is the home folder where no shell has said so (--dir=~/clusters,
 * the environment, a file). Every flag's path is read here: a folder that is called "~" would be removed with `rm -r ~`.
 */
import { join, resolve } from "node:path";
import { usageError } from "../../core/errors.ts";
import type { Surroundings } from "../run.ts";

export const ownPath = ({ cwd, env }: Pick<Surroundings, "cwd" | "env">, path: string): string =>
  resolve(
    cwd,
    path.replace(/^~(?=[/\\]|$)/, () => homeOf(env) ?? noHome(path)),
  );

/**
 * The same of a folder or a key that is written into ssh's configuration, which has no way to say a line break (ssh_config(5)): a path with
 * one would end its line there. @param flag that names it; undefined for the working directory
 */
export function pathForSsh(outside: Pick<Surroundings, "cwd" | "env">, path: string, flag: string | undefined): string {
  const full = ownPath(outside, path);
  if (!CONTROL.test(full)) return full;
  throw usageError(
    `${flag ?? "the working directory"}: ${JSON.stringify(full)} has a line break or another control character in its path`,
    "ssh's configuration cannot name it: rename it, or give another.",
  );
}

// oxlint-disable-next-line no-control-regex -- they are what is refused
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/;

function noHome(path: string): never {
  throw usageError(`${path} is in the home folder, and HOME does not say where that is`, "Write the path in full.");
}

export const homeOf = (env: Surroundings["env"]): string | undefined => env["HOME"] || env["USERPROFILE"] || undefined;

/** The user's own files of ssh: its folder, which is there or not. */
export function sshFolder(env: Surroundings["env"]): string | undefined {
  const home = homeOf(env);
  return home === undefined ? undefined : join(home, ".ssh");
}

/** Private keys that ssh tries when none is named, where they would be: see IdentityFile in ssh_config(5). */
export function keysOfSsh(env: Surroundings["env"]): string[] {
  const folder = sshFolder(env);
  return folder === undefined ? [] : ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => join(folder, name));
}
