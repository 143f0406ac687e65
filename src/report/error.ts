/**
 * An error as a person and as a script see it: what happened, what to do, where to read on, and the original last and
 * dimmed. A user's error never shows a stack; a fault of ours shows it and asks for a report. Secrets are taken out.
 */
import { defined } from "../core/defined.ts";
import { AzureError } from "../core/advice/azure-error.ts";
import type { Failure } from "../core/documents.ts";
import { ClusterError, EXIT, type ExitCode } from "../core/errors.ts";
import { paint } from "./paint.ts";
import { scrub } from "../core/scrub.ts";
import { short } from "./short.ts";
import { printable as steady } from "../core/words.ts";

/** The error as text for people, which ends with a line end. */
export function renderError(error: unknown, { color }: { readonly color: boolean }): string {
  const known = asClusterError(error);
  const ink = paint(color);
  const lines = [`${ink.bad("Error:")} ${ink.strong(printable(short(known.message, { own: !quotesAzure(known) })))}`];
  const advice = known.advice ?? (known.source === "bug" ? BUG_ADVICE : undefined);
  if (advice !== undefined) lines.push("", printable(short(advice, { own: true })));
  if (known.link !== undefined) lines.push(`Read on: ${known.link}`);
  const last =
    known.source === "bug" ? [stackOf(known)] : [...quotedBelow(known), ...(known.code === "Usage" ? [] : [`(${known.code})`])];
  if (last.length > 0) lines.push("", ...last.map((line) => ink.dim(line)));
  return `${lines.join("\n")}\n`;
}

/** The words underneath that its own message does not say: Azure's, where ours stand above. */
export const quotedBelow = (error: ClusterError): string[] =>
  originals(error, short)
    .slice(0, MOST_CAUSES)
    .map((original) => printable(original));

/** The `error` of `--json`; `link` and `cause` only when there are any. */
export function errorDocument(error: unknown): Failure {
  const known = asClusterError(error);
  const original = originals(known, scrub);
  return {
    code: known.code,
    message: scrub(known.message),
    advice: scrub(known.advice ?? ""),
    source: known.source,
    ...defined({ link: known.link }),
    ...(original.length === 0 ? {} : { cause: original.join("\n") }),
  };
}

/** The exit code that the error asks for; 1 for what is no ClusterError. */
export const exitCodeOf = (error: unknown): ExitCode => (error instanceof ClusterError ? error.exit : EXIT.failed);

/** So many different ones are shown underneath. */
const MOST_CAUSES = 20;

const BUG_ADVICE =
  "This is a fault of azure-coreos-cluster, not yours. Please report it with the lines below and the command you typed. Running the same command again is safe.";

/** Whether the message is Azure's own, in our words around it or not. */
export const quotesAzure = (error: ClusterError): boolean =>
  error instanceof AzureError || (error.cause instanceof AzureError && error.message.includes(error.cause.message.slice(0, 200)));

/** Anything that was thrown and is not ours is a fault of the program. */
function asClusterError(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ClusterError("Bug", message === "" ? "Something failed without a message." : message, {
    source: "bug",
    advice: BUG_ADVICE,
    cause: error,
  });
}

function stackOf(error: ClusterError): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return printable(short(cause.stack ?? String(cause), { own: true }));
}

/**
 * The messages underneath, outermost first, each once: equal ones (40 machines that failed alike) are counted. What the
 * message above says already is left out.
 */
function originals(error: ClusterError, read: (text: string) => string): string[] {
  const said = read(error.message);
  const counts = new Map<string, number>();
  const seen = new Set<unknown>();
  const visit = (cause: unknown): void => {
    if (cause === undefined || cause === null || seen.has(cause) || seen.size > 1000) return;
    seen.add(cause);
    if (cause instanceof AggregateError) for (const each of cause.errors) visit(each);
    const message = read(cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "").trim();
    if (message !== "" && !said.includes(message)) counts.set(message, (counts.get(message) ?? 0) + 1);
    if (cause instanceof Error) visit(cause.cause);
  };
  visit(error.cause);
  return [...counts].map(([message, count]) => (count === 1 ? message : `${message} (${count} times)`));
}

/** Scrubbed, and without characters that would steer the terminal; line ends stay. */
const printable = (text: string): string => steady(scrub(text).replaceAll(OURS, ""));

/** Colours are put on afterwards: a message brings none. */
// eslint-disable-next-line no-control-regex -- they are what is taken out
const OURS = /\u001B\[[0-9;]*m/g;
