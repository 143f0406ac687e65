/**
 * The one error that users see. Thrown where the knowledge is, enriched on the way, rendered once (in cli/main.ts):
 * what happened, what to do, where to read on, the original last.
 */
import { defined } from "./defined.ts";

export type ErrorSource = "user" | "azure" | "node" | "bug";

/** Exit codes, as documented for scripts: they never change their meaning. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** What was asked for cannot be, as it is written. */
  usage: 2,
  /** Some of it is done: the same command again goes on. */
  partly: 3,
  /** Sign-in, or a permission that is lacking. */
  signIn: 4,
  /** Refused before anything was written. */
  preflight: 5,
  timeout: 6,
  /** Another run, another's resource, or another choice stands in the way. */
  conflict: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorOptions {
  /** What to do about it, in the imperative; one sentence or a few. */
  advice?: string | undefined;
  /** What is said after the advice, its own or the table's: how the command goes on. */
  next?: string | undefined;
  /** Where to read on: a URL. */
  link?: string | undefined;
  source?: ErrorSource;
  exit?: ExitCode;
  cause?: unknown;
}

/** What every failure is; `cause` has the original, where there was one. */
export class ClusterError extends Error {
  /** A stable word for scripts: ARM's own code where it came from Azure, ours in the same style otherwise. */
  readonly code: string;
  /** Whose it is: what was asked for, Azure's refusal, a node's, or a fault of this tool. */
  readonly source: ErrorSource;
  /** What to do about it. */
  readonly advice: string | undefined;
  /** How the command goes on, after the advice. */
  readonly next: string | undefined;
  /** Where to read on: a URL. */
  readonly link: string | undefined;
  /** What the command line ends with for it: see EXIT. */
  readonly exit: ExitCode;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ClusterError";
    this.code = code;
    this.source = options.source ?? "user";
    this.advice = options.advice;
    this.next = options.next;
    this.link = options.link;
    this.exit = options.exit ?? (this.source === "user" ? EXIT.usage : EXIT.failed);
  }
}

/** Bad usage: exit code 2, and what to type instead. */
export const usageError = (message: string, advice?: string, code = "Usage"): ClusterError =>
  new ClusterError(code, message, { source: "user", exit: EXIT.usage, ...defined({ advice }) });
