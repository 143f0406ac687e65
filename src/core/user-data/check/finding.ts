/** What a check says, as data; `lint` prints it, `create` refuses errors. */
import type { Platform } from "../../node-config.ts";

export interface Finding {
  /** error: a node refuses the file, or ignores what it says. warning: it works, and is seldom what was meant. */
  readonly level: "error" | "warning";
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  /** Where in the data, such as coreos.units[2].command. */
  readonly path?: string;
  readonly message: string;
  readonly advice?: string;
}

/** What every check is given: the platform decides what exists on the node. */
export interface CheckOptions {
  readonly platform: Platform;
}

export const error = (line: number, path: string, message: string, advice?: string): Finding => ({
  level: "error",
  line,
  path,
  message,
  ...(advice !== undefined && { advice }),
});

export const warning = (line: number, path: string, message: string, advice?: string): Finding => ({
  ...error(line, path, message, advice),
  level: "warning",
});
