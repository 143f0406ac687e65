/** What an error code means, what a person can do about it, and whether to send the same request again: asked of table.ts. */
import { defined } from "../defined.ts";
import { ClusterError, EXIT, type ExitCode } from "../errors.ts";
import { AzureError, amended } from "./azure-error.ts";
import { type AdviceContext, type AdviceRow, type AzureFailure, type RetryClass, rerun } from "./row.ts";
import { rowOf } from "./table.ts";

export type { AdviceContext, RetryClass } from "./row.ts";

export interface Advice {
  /** The code that the row matched: an inner one where the outer is only a wrapper. */
  readonly code: string;
  readonly meaning: string;
  /** In the imperative, with the next command to type. */
  readonly advice: string;
  readonly link?: string;
  readonly retry: RetryClass;
  readonly patienceMs?: number;
  readonly exit?: ExitCode;
}

/** A failure with its details as they came: ARM's array of errors in errors, or anything else. An AzureError is one. */
export type RawFailure = Pick<AzureFailure, "code" | "message"> & {
  readonly details?: unknown;
  /** What stands in ARM's `error.additionalInfo`. */
  readonly info?: unknown;
  readonly request?: string | undefined;
};

/**
 * What is known about a failure; undefined for a code that no row covers (show it as it is).
 * A wrapper such as `DeploymentFailed` is looked through: its details are tried first.
 */
export function adviceFor(given: RawFailure, context: AdviceContext = {}): Advice | undefined {
  const failure: AzureFailure = {
    code: given.code,
    message: given.message,
    details: readDetails(given.details),
    info: readInfo([{ info: given.info }, given.details]),
    ...defined({ request: given.request }),
  };
  const match = lookUp(failure);
  if (match === undefined) return undefined;
  const { row, code } = match;
  const words = (text: AdviceRow["meaning"]): string => (typeof text === "string" ? text : text(failure, context));
  return {
    code,
    meaning: words(row.meaning),
    advice: words(row.advice),
    retry: row.retry,
    ...(row.link === undefined ? {} : { link: words(row.link) }),
    ...defined({ patienceMs: row.patienceMs, exit: row.exit }),
  };
}

/**
 * The error as it should reach a person: with the table's meaning, advice, link and exit code, and the original underneath.
 * An error that brings its own advice comes back as it is; of a code that no row knows Azure's words stay, and what its status
 * and text say is added. How the command goes on comes last.
 */
export function advised(error: Refused, context: AdviceContext = {}): ClusterError {
  const known = judged(error, context);
  if (error.next === undefined) return known;
  return amended(known, { advice: [known.advice, error.next].filter(Boolean).join(" "), next: undefined });
}

/**
 * Whether the same request can succeed later. A code in the table decides; else the status: 429 is throttling, 408 and
 * 5xx are transient, everything else is final. (A 409 is final unless its code says contention: facts of ARM's
 * request-limits page and of recorded traffic.)
 */
export function retryClass(status?: number, code = "", message = "", details?: unknown): RetryClass {
  // what says only that something inside failed is judged by that
  const row = WRAPPER.test(code) ? lookUp({ code, message, details: readDetails(details) })?.row : rowOf(code, message);
  if (row !== undefined && !(row.retry === "no" && status === 429)) return row.retry;
  if (status === 429) return "throttle";
  if (status === 408 || (status !== undefined && status >= 500)) return "transient";
  return "no";
}

/** Whether a failure says that there is no room, so that another size may do: what the table says of it, or of what is inside. */
export function isCapacity({ code, message, details }: RawFailure): boolean {
  const failure = { code, message, details: readDetails(details) };
  const capacity = lookUp(failure)?.row.capacity;
  return typeof capacity === "function" ? capacity(failure) : capacity === true;
}

/** Whether a failure says that nothing is made in this location, so that another one may do. */
export const isOfPlace = ({ code, message, details }: RawFailure): boolean =>
  lookUp({ code, message, details: readDetails(details) })?.row.place === true;

/** How long sending the same again can make sense, in ms; undefined where nothing but the retry budget limits it. */
export const patienceFor = (code: string, message = ""): number | undefined => rowOf(code, message)?.patienceMs;

/**
 * The wait that stands in the text: "... can be retried in 12 seconds." (seen on a 429 RetryableError), in ms.
 * Undefined when the text names none.
 */
export function waitHint(message: string): number | undefined {
  const match =
    /(?:retr(?:y|ied)|try again|wait)\D{0,40}?\b(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|min)\b/i.exec(
      message,
    );
  if (match === null) return undefined;
  const unit = match[2]!.toLowerCase();
  return Math.round(
    Number(match[1]) * (unit.startsWith("mi") && !unit.startsWith("mil") ? 60_000 : unit.startsWith("m") ? 1 : 1000),
  );
}

type Refused = ClusterError & Pick<RawFailure, "details" | "info" | "request">;

function judged(error: Refused, context: AdviceContext): ClusterError {
  if (error.advice !== undefined || error.source === "user" || error.source === "bug") return error;
  const advice = adviceFor(error, context) ?? signInAgain(error, context);
  if (advice === undefined) return error instanceof AzureError ? judgedByStatus(error, context) : error;
  return new ClusterError(error.code, context.label === undefined ? advice.meaning : `${context.label}: ${advice.meaning}`, {
    source: error.source,
    advice: advice.advice,
    exit: error.exit === EXIT.failed ? (advice.exit ?? EXIT.failed) : error.exit,
    cause: error,
    ...defined({ link: advice.link }),
  });
}

/** 401 is the sign-in's, whatever its code. */
const signInAgain = (error: Refused, context: AdviceContext): Advice | undefined =>
  error instanceof AzureError && error.status === 401
    ? adviceFor({ code: "Http401", message: error.message }, context)
    : undefined;

/** A code that nobody knows: what its status and its text say, and that this is all that is known. */
function judgedByStatus(error: AzureError, context: AdviceContext): ClusterError {
  const passing = retryClass(error.status, error.code, error.message, error.details) !== "no";
  const by = error.status === undefined ? "its text" : `its status ${error.status}`;
  return new ClusterError(error.code, context.label === undefined ? error.message : `${context.label}: ${error.message}`, {
    source: error.source,
    exit: error.exit,
    cause: error.cause,
    advice: `No row of this tool's table knows the code ${error.code}. By ${by} ${
      passing
        ? `it may pass: run \`${rerun(context)}\` again in some minutes.`
        : `the same request would be refused again: change what Azure's words name, then run \`${rerun(context)}\` again.`
    }`,
  });
}

/** ARM nests errors in `details` and `innererror`; outermost first, at most a few levels. */
function readDetails(details: unknown, depth = 0): { code: string; message: string }[] {
  if (depth > 5 || typeof details !== "object" || details === null) return [];
  if (Array.isArray(details)) return details.flatMap((each: unknown) => readDetails(each, depth + 1));
  const { code, message, details: inner, innererror } = details as Record<string, unknown>;
  const self = { code: typeof code === "string" ? code : "", message: typeof message === "string" ? message : "" };
  return [
    ...(self.code === "" && self.message === "" ? [] : [self]),
    ...readDetails(inner, depth + 1),
    ...readDetails(innererror, depth + 1),
  ];
}

/** Codes that say only that something inside failed. */
const WRAPPER =
  /^(DeploymentFailed|ResourceDeploymentFailure|InvalidTemplateDeployment|MultipleErrorsOccurred|BadRequest|Conflict|Canceled)$/;

function lookUp(failure: AzureFailure): { row: AdviceRow; code: string } | undefined {
  const self = { code: failure.code, message: failure.message };
  const inner = failure.details ?? [];
  for (const { code, message } of WRAPPER.test(failure.code) ? [...inner, self] : [self, ...inner]) {
    const row = rowOf(code, message);
    if (row !== undefined) return { row, code };
  }
  return undefined;
}

/** `info` at any depth: of the error itself, and of its details. */
function readInfo(value: unknown, depth = 0): Record<string, unknown>[] {
  if (depth > 8 || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each: unknown) => readInfo(each, depth + 1));
  const { info, details, innererror } = value as Record<string, unknown>;
  const own = (Array.isArray(info) ? info : []).filter(isRecord);
  return [...own, ...readInfo(details, depth + 1), ...readInfo(innererror, depth + 1)];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
