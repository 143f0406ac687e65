/** What belongs to a command, and to no cluster: a file that was checked, a failure, a line of what happened. */
import type { Finding } from "../user-data/check/finding.ts";
import type { Described, Failure, Versioned } from "./parts.ts";

/** What `lint --json` prints. */
export interface LintDocument extends Versioned<"azure-coreos-cluster/lint/1"> {
  /** The file that was checked, as it was given. */
  readonly file: string;
  /** System of the nodes that it was checked for: "flatcar", "ubuntu" ... */
  readonly platform: string;
  /** How many of the findings are errors: a node refuses the file, or ignores what it says. */
  readonly errors: number;
  /** How many of the findings are warnings. */
  readonly warnings: number;
  /** What was found, in the order of lines. */
  readonly findings: readonly Finding[];
}

/** What any command with `--json` prints when it fails. */
export interface ErrorDocument extends Described {
  /** What went wrong, and what to do about it. */
  readonly error: Failure;
}

/** A line of `--events FILE`. A file of many lines: they do not name their schema. */
export interface EventLine {
  /** Version of these lines. */
  readonly schema: 1;
  /** Time of the event, in ISO 8601. */
  readonly at: string;
  /**
   * What happened. "plan": what is about to be done, `count` resources of a kind. "phase": a step that is no resource ("preflight",
   * "keys", "readiness"), `detail` says more. "started": the first request for the resource is on its way. "waiting": Azure accepted it
   * and works on it. "retrying": in `delayMs`, because of `code`. "unchanged": it is there, as desired. "done": made or changed (`change`
   * says which), or deleted. "failed": it could not be done, because of `code`. "skipped": something that it needs has failed, or the run
   * was interrupted. "note": a sentence for the user that is no error. "end": the command has done what it could.
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
  /** What it happened to: an ARM id, or a word for what has none ("preflight"). */
  readonly id: string;
  /** The same for people: "machine mycluster-coreos-0". */
  readonly label: string;
  /** What was done to the resource: with "done". What is there and "updated" is being changed, with "started", or is not, with "failed". */
  readonly change?: "created" | "updated" | "deleted" | "deallocated" | "started";
  /** How many resources of this kind there are to make, change or delete: with "plan". */
  readonly count?: number;
  /** Milliseconds until the next try: with "retrying". */
  readonly delayMs?: number;
  /** Why, in one word, ours or Azure's: with "retrying" and "failed", and some of "note". */
  readonly code?: string;
  /** Why, in a sentence, or the sentence of a "note". */
  readonly message?: string;
  /** What more there is to say of it, in a few words for people. */
  readonly detail?: string;
  /** Index of the node that it belongs to; absent where it belongs to none. */
  readonly node?: number;
  /** How far a node that is waited for has come: "unreachable", "no-login", "ssh" ... */
  readonly step?: string;
}
