/** What belongs to a command, and to no cluster: a file that was checked, a failure, a line of what happened. */
import type { Finding } from "../user-data/check/finding.ts";
import type { Described, Failure } from "./parts.ts";

/** What `lint --json` prints. */
export interface LintDocument extends Described {
  readonly schema: "azure-coreos-cluster/lint/1";
  readonly file: string;
  readonly platform: string;
  /** How many of the findings are errors: a node refuses the file, or ignores what it says. */
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
}

/** What any command with `--json` prints when it fails. */
export interface ErrorDocument extends Described {
  readonly error: Failure;
}

/** A line of `--events FILE`. A file of many lines: they do not name their schema. */
export interface EventLine {
  readonly schema: 1;
  /** ISO time. */
  readonly at: string;
  /**
   * "plan": what is about to be done, `count` resources. "phase": a step that is no resource ("preflight", "keys", "readiness"), `detail`
   * says more. "started": the first request for the resource is on its way. "waiting": Azure accepted it and works on it. "retrying": in
   * `delayMs`, because of `code`. "unchanged": it is there, as desired. "done": made or changed (`change` says which), or deleted.
   * "skipped": something that it needs has failed, or the run was interrupted. "note": a sentence for the user that is no error.
   */
  readonly kind:
    | "plan"
    | "phase"
    | "started"
    | "waiting"
    | "retrying"
    | "unchanged"
    | "done"
    | "failed"
    | "skipped"
    | "note"
    | "end";
  /** ARM id, or a word for what has none ("preflight"). */
  readonly id: string;
  readonly label: string;
  readonly change?: "created" | "updated" | "deleted" | "deallocated" | "started";
  readonly count?: number;
  readonly delayMs?: number;
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  /** Index of the node it belongs to. */
  readonly node?: number;
  /** How far a node that is waited for has come: "unreachable", "no-login", "ssh"... */
  readonly step?: string;
}
