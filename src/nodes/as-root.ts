/** What runs on a node as root: the user that is logged in as is root itself, or has sudo without a password. */
import { shellWord } from "../core/quoting.ts";
import type { ExecOptions, ExecResult } from "./command.ts";
import type { Connection } from "./connection.ts";
import type { NodeTarget } from "./target.ts";

/** What stands before each command; empty for root. */
export const sudo = ({ user }: Pick<NodeTarget, "user">): string => (user === "root" ? "" : "sudo -n ");

/** A script of sh, with arguments that anybody on the node may read. @throws what exec throws */
export function asRoot(
  connection: Connection,
  script: string,
  args: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const words = [script, ...(args.length === 0 ? [] : ["sh", ...args])];
  return connection.exec(`${sudo(connection.target)}sh -ec ${words.map(shellWord).join(" ")}`, options);
}

/** Of what a command printed. */
export const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
