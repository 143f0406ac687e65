/**
 * The shape of a row of the advice table, and the few ways in which rows read Azure's sentences. Kept apart from the rows and from
 * the look-up (table.ts), so that each of them imports one way.
 */
import type { ExitCode } from "../errors.ts";
import type { ImageFacts } from "../region.ts";

/**
 * How a refusal is to be taken by whoever sends requests:
 * - "throttle": too many requests; wait as Retry-After says and send the same again;
 * - "contention": another operation has the resource; wait a little and send the same again, jittered;
 * - "transient": a fault on the way or inside Azure; send the same again, within the retry budget;
 * - "no": the same request will be refused again.
 */
export type RetryClass = "throttle" | "contention" | "transient" | "no";

/** What Azure, the sign-in library or the network said. */
export interface AzureFailure {
  readonly code: string;
  readonly message: string;
  /** ARM's `error.details` (and inner errors), outermost first. */
  readonly details?: readonly { readonly code: string; readonly message: string }[];
  /** ARM's `error.additionalInfo`, its own and its details': which policy objected, and to what. */
  readonly info?: readonly Readonly<Record<string, unknown>>[];
  /** What was asked: "DELETE /subscriptions/S/resourceGroups/G". */
  readonly request?: string;
}

/** What is known of the command, so that advice can be a command to type. All optional. */
export interface AdviceContext {
  /** The cluster's name. */
  readonly name?: string;
  /** The command as it was typed, where that was not `create`: what is refused to a `destroy` must not end in a creation. */
  readonly command?: string;
  readonly nodes?: number;
  /** How many nodes were asked for, where that was said: what is typed again without it makes another number, or does not grow. */
  readonly askedNodes?: number | undefined;
  readonly vmSize?: string;
  readonly location?: string;
  readonly resourceGroup?: string;
  /** What is there of the cluster: machines that stood before this command, or anything else; absent: nothing. */
  readonly there?: "stands" | "begun";
  /** The group was there before this command. */
  readonly groupThere?: boolean;
  readonly subscription?: string;
  readonly tenant?: string;
  /** What the request was about: "machine mycluster-coreos-0". */
  readonly label?: string;
  /** Index of the node it was about. */
  readonly node?: number;
  /** What its machines are made from, a URN or an id, with the Marketplace's plan; and what the platform has where nobody names another. */
  readonly image?: { readonly name: string; readonly plan?: ImageFacts["plan"]; readonly default?: string };
  /** What would do instead, as flags with their values, where that was looked up: "--vm-size Standard_D2s_v5". */
  readonly instead?: readonly string[];
  /** Sizes that were tried, or passed over, before this one. */
  readonly tried?: readonly string[];
  /** The quota that would do, where that was looked up. */
  readonly limit?: number;
}

type Text = string | ((failure: AzureFailure, context: AdviceContext) => string);

/**
 * One row: does a `code` match, does `text` (if any) match the message; then this is what it means, what to do, where to read on,
 * and whether sending the same again can help. Rows have no order: of several that match, the one that says more counts (a whole
 * code before a pattern, a text before none), and no two may say the same.
 */
export interface AdviceRow {
  /** Whole codes, without regard to case; `*` stands for any letters. */
  readonly code: string | readonly string[];
  readonly text?: RegExp;
  /** Its codes are said of nearly everything: whatever row knows the text says more. */
  readonly saysLittle?: true;
  readonly meaning: Text;
  readonly advice: Text;
  readonly link?: Text;
  readonly retry: RetryClass;
  /** There is no room for it, or none for this subscription: another size, or another location, may do; in view of its words, where they tell. */
  readonly capacity?: true | ((failure: AzureFailure) => boolean);
  /** Nothing of its kind is made in this location: another one may do, and no other size. */
  readonly place?: true;
  /** How long sending the same again can make sense, in ms, where Azure says so. */
  readonly patienceMs?: number;
  /** The exit code when this ends the command and it is not 1. */
  readonly exit?: ExitCode;
}

/** The first group of the expression in the failure's message or in one of its details. */
export function found(failure: AzureFailure, expression: RegExp): string | undefined {
  for (const text of [failure.message, ...(failure.details ?? []).map((detail) => detail.message)]) {
    const match = expression.exec(text);
    if (match?.[1] !== undefined) return match[1];
  }
  return undefined;
}

/** The command that goes on, with what is to be changed in it: the one that was typed, or `azure-coreos-cluster mycluster`. */
export function rerun(context: AdviceContext, flags = ""): string {
  const { name = "NAME", askedNodes } = context;
  const create =
    askedNodes === undefined ? `azure-coreos-cluster ${name}` : `azure-coreos-cluster ${name} --num-nodes ${askedNodes}`;
  const command = context.command ?? create;
  if (flags === "") return command;
  const [, own = "", rest = ""] = /^(.*?)( -- CMD)?$/s.exec(command) ?? [];
  // what was typed with another value is replaced
  const names = flags.match(/(?<=^| )--[\w-]+/g)?.join("|");
  return `${own.replace(new RegExp(` (?:${names})[ =](?:'[^']*'|"[^"]*"|[^ ])+`, "g"), "")} ${flags}${rest}`;
}

/** A choice that stays with a cluster: what was begun with another one goes first; undefined where machines stood before. */
export function chosenOnce(context: AdviceContext, what: string, flags: string): string | undefined {
  if (context.there === "stands" || context.command !== undefined) return undefined;
  if (context.there === undefined) return `${what}: \`${rerun(context, flags)}\``;
  return `${what}: first \`azure-coreos-cluster destroy ${context.name ?? "NAME"}\`, then the same command with ${flags}`;
}

/** "--vm-size A, --vm-size B" where that was looked up, else what is to be found out first. */
export const insteadOf = ({ instead = [] }: Pick<AdviceContext, "instead">, unknown: string): string =>
  instead.length === 0 ? unknown : instead.join(", ");

/** "/subscriptions/S/resourceGroups/G" out of an id or a request; the subscription where it names no group. */
export const groupScopeIn = (text: string | undefined): string | undefined =>
  /\/subscriptions\/[^/\s'",;]+(?:\/resourceGroups\/[^/\s'",;]+)?/i.exec(text ?? "")?.[0];
