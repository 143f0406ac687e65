/**
 * Reads the numbers out of Azure's sentences about quotas, in the old and the new wording, so that the advice can say
 * in words what is needed and what is free. Pure text; the live usage is the preflight's business.
 */
import type { AdviceContext, AzureFailure } from "./row.ts";
import { insteadOf, rerun } from "./row.ts";

export interface QuotaNumbers {
  /** Azure's own name: "Total Regional Cores", "standardDSv5Family Cores". */
  readonly what: string;
  readonly location: string | undefined;
  readonly limit: number;
  readonly used: number;
  /** What the refused request asks for on top. */
  readonly required: number;
  /** The smallest limit that would let it pass. */
  readonly newLimit: number;
}

/**
 * Two wordings are known: "... exceeding approved X quota. Additional details - ..., Location: westus, Current Limit: 50, Current
 * Usage: 50, Additional Required: 2, (Minimum) New Limit Required: 52." and, of 2017, "... exceeding quota limits of Core.
 * Maximum allowed: 100, Current in use: 100, Additional requested: 4."
 */
export function quotaNumbers(message: string): QuotaNumbers | undefined {
  const number = (expression: RegExp): number | undefined => {
    const match = expression.exec(message);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  const limit = number(/(?:Current Limit|Maximum allowed):\s*(\d+)/i);
  const used = number(/(?:Current Usage|Current in use):\s*(\d+)/i);
  const required = number(/Additional (?:Required|requested):\s*(\d+)/i);
  if (limit === undefined || used === undefined || required === undefined) return undefined;
  return {
    what: /exceeding (?:approved |quota limits? of )([\w ]+?)(?: quota)?(?:\.|,|$)/i.exec(message)?.[1] ?? "vCPU",
    location: /Location:\s*(\w+)/i.exec(message)?.[1],
    limit,
    used,
    required,
    newLimit: number(/New Limit Required:\s*(\d+)/i) ?? used + required,
  };
}

/** Another size may do: it speaks of cores, or of nothing that has a name. */
export function isOfCores(failure: AzureFailure): boolean {
  const said = texts(failure).join(" ");
  return CORES.test(said) || !(NAMED.test(said) || read(failure) !== undefined);
}

/** "Azure allows 50 vCPUs (Total Regional Cores) in westus; 50 are in use, none is free, and this machine needs 2." */
export function quotaMeaning(failure: AzureFailure, context: AdviceContext): string {
  const numbers = read(failure);
  const where = numbers?.location ?? context.location ?? "this region";
  if (numbers === undefined) return `The subscription's quota in ${where} does not allow this.`;
  const free = Math.max(0, numbers.limit - numbers.used);
  return (
    `The quota "${numbers.what}" in ${where} is ${numbers.limit}${isOfCores(failure) ? " vCPUs" : ""}; ${numbers.used} are in use, ` +
    `${free === 0 ? "none is" : `${free} ${free === 1 ? "is" : "are"}`} free, and ${context.label ?? (isOfCores(failure) ? "this machine" : "this")} needs ${numbers.required}.`
  );
}

/** What fits, what to ask for, and the command that goes on afterwards. */
export function quotaAdvice(failure: AzureFailure, context: AdviceContext): string {
  const numbers = read(failure);
  if (!isOfCores(failure)) return otherQuota(numbers, context);
  const needed = numbers?.newLimit ?? context.limit;
  const limit = needed === undefined ? "" : ` for a limit of at least ${needed}`;
  const all =
    numbers !== undefined && context.nodes !== undefined && context.nodes > 1
      ? ` (all ${context.nodes} nodes use ${context.nodes * numbers.required} vCPUs${context.vmSize === undefined ? "" : ` as ${context.vmSize}`})`
      : "";
  return (
    `Ask${limit} at ${PORTAL}${all}; or take ${context.instead === undefined ? "a smaller --vm-size, fewer nodes or another --location" : insteadOf(context, NOTHING)}. ` +
    `Then run \`${rerun(context)}\` again with these: what is there is kept. Usage: \`az vm list-usage --location ${numbers?.location ?? context.location ?? "LOCATION"} --output table\`.`
  );
}

/** The link that Azure put into the message, else its page about raising quotas. */
export const quotaLink = (failure: AzureFailure): string =>
  /https:\/\/[^\s"'<>]+[^\s"'<>.,;)]/.exec(failure.message)?.[0] ??
  "https://learn.microsoft.com/azure/quotas/per-vm-quota-requests";

/** Not of cores: no size and no number of nodes helps. */
const otherQuota = (numbers: QuotaNumbers | undefined, context: AdviceContext): string =>
  `Delete what is not used of it, or ask for more (${PORTAL}${numbers === undefined ? "" : `, a limit of at least ${numbers.newLimit}`}); then run \`${rerun(context)}\` again: what is there is kept. A new cluster can also go to another --location.`;

/** In any of Azure's names: "Total Regional Cores", "LowPriorityCores", "Core", "vCPUs". */
const CORES = /cores?(?![a-z])|vcpu/i;
const NAMED = /\bresources? (?:of )?type\b|resource groups?\b/i;

/** Looked up, and nothing near by would pass. */
const NOTHING = "another --location (no size and no number of nodes fits here now)";

/** The portal's list of quotas, where more is asked for. (The address is from memory, not from a recording.) */
const PORTAL = "https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas";

function read(failure: AzureFailure): QuotaNumbers | undefined {
  for (const text of texts(failure)) {
    const numbers = quotaNumbers(text);
    if (numbers !== undefined) return numbers;
  }
  return undefined;
}

const texts = ({ message, details = [] }: AzureFailure): string[] => [message, ...details.map((detail) => detail.message)];
