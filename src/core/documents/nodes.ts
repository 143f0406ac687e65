/** What nodes have printed and written. */
import type { Described } from "./parts.ts";

/** One node's part of `run --json`. */
export interface NodeRun {
  readonly index: number;
  readonly name: string;
  /** The command's, or 255 without a connection (as ssh), 124 after the time limit (as timeout), 128 + n after signal n. */
  readonly code: number;
  /** The beginning, as UTF-8; bytes that are none come as U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** How much the command wrote. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** True when it wrote more than is here. */
  readonly truncated: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RunResult {
  /** The worst of the nodes'. */
  readonly exit: number;
  readonly nodes: readonly NodeRun[];
}

/** What `run --json` prints. */
export interface RunDocument extends Described, RunResult {
  readonly schema: "azure-coreos-cluster/run/1";
  readonly name: string;
  readonly command: string;
}

/** What `logs --json` prints. */
export interface LogsDocument extends Described {
  readonly schema: "azure-coreos-cluster/logs/1";
  readonly name: string;
  /** "console": the machine's serial console, from Azure. "journal": the node's, over SSH. */
  readonly source: "console" | "journal";
  readonly unit?: string;
  readonly nodes: readonly {
    readonly index: number;
    readonly name: string;
    /** The last lines, as UTF-8. */
    readonly text: string;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}
