/** What nodes have printed and written. */
import type { NodeFailure, Versioned } from "./parts.ts";

/** One node's part of `run --json`. */
export interface NodeRun {
  /** Number of the node, from 0. */
  readonly index: number;
  /** Name of its machine. */
  readonly name: string;
  /** Exit code of the command there: 255 without a connection (as ssh), 124 after the time limit (as timeout), 128 + n after signal n. */
  readonly code: number;
  /** The beginning of what it wrote to stdout, as UTF-8; bytes that are none come as U+FFFD. */
  readonly stdout: string;
  /** The beginning of what it wrote to stderr, in the same way. */
  readonly stderr: string;
  /** How many bytes it wrote to stdout in all. */
  readonly stdoutBytes: number;
  /** How many bytes it wrote to stderr in all. */
  readonly stderrBytes: number;
  /** It wrote more to one of the two than is here. */
  readonly truncated: boolean;
  /** Why the node was not reached, or not to the command's end; absent when it was. */
  readonly error?: NodeFailure;
}

export interface RunResult {
  /** Exit code of the whole: the greatest of the nodes'. */
  readonly exit: number;
  /** What each node did, in the order of their indexes. */
  readonly nodes: readonly NodeRun[];
}

/** What `run --json` prints. */
export interface RunDocument extends Versioned<"azure-coreos-cluster/run/1">, RunResult {
  /** Name of the cluster. */
  readonly name: string;
  /** What was run, as a shell on each node got it. */
  readonly command: string;
}

/** What `logs --json` prints. */
export interface LogsDocument extends Versioned<"azure-coreos-cluster/logs/1"> {
  /** Name of the cluster. */
  readonly name: string;
  /** Where the lines are from. "console": the machine's serial console, from Azure. "journal": the node's, over SSH. */
  readonly source: "console" | "journal";
  /** The systemd unit whose journal it is; absent for a console. */
  readonly unit?: string;
  /** Each node's lines, in the order of their indexes. */
  readonly nodes: readonly {
    /** Number of the node, from 0. */
    readonly index: number;
    /** Name of its machine. */
    readonly name: string;
    /** The last lines, as UTF-8; empty where there are none. */
    readonly text: string;
    /** Why they could not be read; absent when they could. */
    readonly error?: NodeFailure;
  }[];
}
