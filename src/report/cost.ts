/** What something costs, in one line, and always with what the number is: a list price, an estimate, a rehearsal's. */
import type { CostDocument } from "../core/documents.ts";
import { plain } from "../core/words.ts";

/** "Price: 0.439 USD an hour, 316 USD in 30 days (list price, without traffic, taxes and discounts)." */
export const renderPrice = (cost: CostDocument): string =>
  isKnown(cost) ? `Price: ${rate(cost)} (${kindOf(cost)})${withoutPrice(cost)}.` : `Price unknown: ${reason(cost)}.`;

/** "0.439 USD an hour": for a question. */
export const renderRate = (cost: CostDocument): string => (isKnown(cost) ? perHour(cost) : "price unknown");

/** What a cluster costs now, and has cost: after "costs: ". */
export const renderCosts = (cost: CostDocument): string =>
  isKnown(cost)
    ? `${rate(cost)}${cost.soFar === undefined ? "" : `; so far ${total(cost)}`} (${kindOf(cost)})${withoutPrice(cost)}`
    : `unknown (${reason(cost)})`;

/** What a cluster has cost, when it goes. */
export const renderTotal = (cost: CostDocument): string =>
  cost.soFar === undefined
    ? `What it has cost is unknown: ${reason(cost)}.`
    : `It has cost ${total(cost)} so far, if its machines have run all the time (${kindOf(cost)})${withoutPrice(cost)}.`;

// --- internal ---

const isKnown = ({ perHour, per30Days }: CostDocument): boolean => perHour !== undefined && per30Days !== undefined;

const reason = ({ unknown = "nothing says how old it is" }: CostDocument): string => plain(unknown);

const perHour = ({ perHour = 0, complete, currency }: CostDocument): string =>
  `${complete ? "" : "at least "}${money(perHour, currency)} an hour`;

const rate = (cost: CostDocument): string => `${perHour(cost)}, ${money(cost.per30Days ?? 0, cost.currency)} in 30 days`;

const total = ({ soFar = 0, complete, currency }: CostDocument): string =>
  `${complete ? "about" : "at least"} ${money(soFar, currency)}`;

const kindOf = ({ source }: CostDocument): string =>
  source === "rehearsal" ? "a rehearsal's own prices" : "list price, without traffic, taxes and discounts";

function withoutPrice({ items }: CostDocument): string {
  const unknown = items.filter((one) => one.perHour === undefined).map(({ count, what }) => `${count} ${plain(what)}`);
  return unknown.length === 0 ? "" : `; no price is known of ${unknown.join(", ")}`;
}

/** As exact as an estimate is. */
function money(amount: number, currency: string): string {
  const digits = amount >= 1000 ? 0 : amount >= 1 || amount === 0 ? 2 : 3;
  return `${amount.toFixed(digits)} ${currency}`;
}
