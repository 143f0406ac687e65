/** A path that the user gave: relative to the working directory, and "~" is the home folder where no shell has said so (--ssh-key=~/.ssh/mine). */
import { resolve } from "node:path";
import type { Surroundings } from "./run.ts";

export const ownPath = ({ cwd, env }: Pick<Surroundings, "cwd" | "env">, path: string): string =>
  resolve(
    cwd,
    path.replace(/^~(?=[/\\]|$)/, () => homeOf(env) ?? "~"),
  );

export const homeOf = (env: Surroundings["env"]): string | undefined => env["HOME"] ?? env["USERPROFILE"];
