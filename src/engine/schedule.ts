/**
 * When to ask how a long-running operation goes: late by a share of what it has taken, whatever that is. Azure's Retry-After on a
 * running operation is a hint that costs up to half a minute for each machine, so it is not slept out.
 */
import { KINDS, type Pace } from "../core/plan/kinds.ts";
import type { Target } from "./provider.ts";

const GROUP_DELETE: Pace = { first: 2000, least: 500, most: 8000 };
const OTHERS: Pace = { first: 500, least: 250, most: 3000 };
const SHARE = 0.1;

export const scheduleOf = (kind: Target["kind"] | "groupDelete"): Pace =>
  kind === "groupDelete" ? GROUP_DELETE : (KINDS[kind].pace ?? OTHERS);

/** Ms to the next question. @param elapsed ms since it was accepted */
export const nextLook = ({ first, least, most }: Pace, elapsed: number): number =>
  elapsed < first ? first - elapsed : Math.min(most, Math.max(least, elapsed * SHARE));
