/**
 * THE ADVICE TABLE: its parts, and which row speaks of a failure. To teach the program a new code, add a row to the part that it
 * belongs to; nothing else changes, and the place in it does not matter. Codes are from Azure's list of common deployment errors, from
 * recorded traffic and from threads of peers' users; a code that was seen in no source is marked. The engine reads `retry` and
 * `patienceMs`, the screens the words; nothing else in the program decides by an Azure error code.
 */
import { accessAdvice } from "./access.ts";
import { capacityAdvice } from "./capacity.ts";
import { groupAdvice } from "./group.ts";
import { machineAdvice } from "./machine.ts";
import { namesAdvice } from "./names.ts";
import { placesAdvice } from "./places.ts";
import type { AdviceRow } from "./row.ts";
import { signInAdvice } from "./sign-in.ts";
import { waitingAdvice } from "./waiting.ts";
import { wayAdvice } from "./way.ts";

export const adviceTable: readonly AdviceRow[] = [
  ...waitingAdvice,
  ...capacityAdvice,
  ...machineAdvice,
  ...placesAdvice,
  ...namesAdvice,
  ...groupAdvice,
  ...accessAdvice,
  ...signInAdvice,
  ...wayAdvice,
];

/** The row that says most about a code and its message: a whole code before a pattern, a text before none. */
export function rowOf(code: string, message: string, table = adviceTable): AdviceRow | undefined {
  let best: { row: AdviceRow; rank: number } | undefined;
  for (const row of table) {
    const rank = row.text?.test(message) === false ? 0 : rankOf(row, code);
    if (rank > (best?.rank ?? 0)) best = { row, rank };
  }
  return best?.row;
}

/** How much a row says about a code: 0 nothing; whole codes, patterns and "*" in this order, each with a text or without; last what says little. */
export function rankOf(row: AdviceRow, code: string): number {
  const patterns = typeof row.code === "string" ? [row.code] : row.code;
  const fit = Math.max(
    ...patterns.map((pattern) => (matches(pattern, code) ? (pattern === "*" ? 1 : pattern.includes("*") ? 2 : 3) : 0)),
  );
  if (row.saysLittle === true) return Math.min(fit, 1);
  return fit === 0 ? 0 : 2 * fit + (row.text === undefined ? 0 : 1);
}

// --- internal ---

/** Codes are compared without regard to case: Azure's services do not agree on theirs. */
function matches(pattern: string, code: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), code.toLowerCase()];
  if (!wanted.includes("*")) return wanted === given;
  const parts = wanted.split("*");
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (given.length < first.length + last.length || !given.startsWith(first) || !given.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = given.indexOf(part, at);
    if (found < 0 || found + part.length > given.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
