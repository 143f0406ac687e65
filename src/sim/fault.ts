/** Faults by script: which requests they meet, how often, and what happens then. The words for them are in fault-script.ts. */
import { parseCall, type SimRequest } from "./message.ts";
import type { Random } from "./random.ts";
import type { ArmErrorBody } from "./arm-error.ts";

export interface FaultMatch {
  readonly method?: string;
  /** Source of a regular expression, tried on path and query without regard to case. */
  readonly url?: string;
  /** Source of a regular expression, tried on the body without regard to case. */
  readonly body?: string;
  /** Only the nth request that matches, or from the nth to the mth; counted from 1. */
  readonly nth?: number | readonly [from: number, to: number];
  /** Of those, only so many: 0 to 1, by the simulation's seed. */
  readonly probability?: number;
}

export type FaultAction =
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** The request takes effect, and only the answer is lost. */
      readonly afterActing?: boolean;
    }
  | { readonly reset: "before" | "after" }
  | { readonly hang: "before" | "after" }
  | { readonly delayMs: number }
  /** A list leaves out what is younger than that; anything else is as it is. */
  | { readonly lagMs: number }
  | { readonly failOperation: ArmErrorBody }
  /** A policy refuses what is written without this tag. */
  | { readonly demandsTag: string }
  | { readonly emptyBody: true };

export interface Fault {
  readonly match: FaultMatch;
  readonly effect: FaultAction;
  /** As it was written in a script. */
  readonly said?: string;
}

export interface Faults {
  /** What happens to this request; counts it for every fault it matches. The first fault that applies wins. */
  meet(request: SimRequest): FaultAction | undefined;
  /** Those of a script that nothing has met so far, as they were written. */
  unmet(): readonly string[];
}

export function createFaults(faults: readonly Fault[], random: () => Random): Faults {
  const armed = faults.map((fault) => ({
    fault,
    body: fault.match.body === undefined ? undefined : new RegExp(fault.match.body, "i"),
    pattern: fault.match.url === undefined ? undefined : new RegExp(fault.match.url, "i"),
    count: 0,
    met: false,
  }));
  return {
    meet(request) {
      if (armed.length === 0) return undefined;
      const { method, path } = parseCall(request);
      const url = path + new URL(request.url).search;
      let met: FaultAction | undefined;
      for (const one of armed) {
        const { match, effect } = one.fault;
        if (match.method !== undefined && match.method.toUpperCase() !== method) continue;
        if (one.pattern?.test(url) === false) continue;
        if (one.body?.test(request.body ?? "") === false) continue;
        one.count += 1;
        const [from, to] = typeof match.nth === "number" ? [match.nth, match.nth] : (match.nth ?? [1, Infinity]);
        if (one.count < from || one.count > to) continue;
        if (match.probability !== undefined && random().next() >= match.probability) continue;
        one.met = true;
        met ??= effect;
      }
      return met;
    },
    unmet: () => armed.flatMap((one) => (one.met ? [] : (one.fault.said ?? []))),
  };
}
