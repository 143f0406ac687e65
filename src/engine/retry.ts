/**
 * When to try again, in one place: the SDK's own retries are off. One budget a resource, with jitter. What Azure asks for
 * (Retry-After of a 429 or 503) is obeyed; contention is waited out for as long as Azure reserves an interface (180 s).
 */
import { patienceFor, retryClass, waitHint } from "../core/advice/advice.ts";
import type { Clock } from "../core/clock.ts";
import { AzureError } from "../core/advice/azure-error.ts";

export interface Retry {
  readonly waitMs: number;
  readonly kind: "throttle" | "contention" | "transient" | "lag";
  /** The wait is what Azure asked for. */
  readonly asked: boolean;
  /** The request may have been carried out all the same. */
  readonly ambiguous: boolean;
}

/** Nobody is there, or no such name: that seldom passes, and a person waits for the answer. */
const NOBODY = /^(ECONNREFUSED|ENOTFOUND|ProxyUnreachable)$/;
const TRANSIENT = { attempts: 12, nobody: 5, first: 500, most: 20_000 };
const CONTENTION = { forMs: 300_000, grace: 20_000, first: 2000, most: 15_000 };
const LAG = { attempts: 5, first: 1000, most: 5000 };
/** Of a 429 that names no time. Doubled by throttle.ts for as long as nothing is accepted: a limit for all is not learned by one. */
const THROTTLE_MS = 1000;

/** What a reference answers for a moment after its target was made: ARM's own replication. */
const LAGGING =
  /^(ResourceGroupNotFound|ParentResourceNotFound|InvalidResourceReference|ReferencedResourceNotFound|NotFound|ResourceNotFound)$/;

export interface RetryBudget {
  /** What to do about an error: a wait, or undefined when it is final or the budget is spent. */
  next(error: unknown): Retry | undefined;
  /** A success: trouble that comes later has its own budget. */
  reset(): void;
}

/** What was asked for is kept, but "at once" from a side that is in trouble is no advice to hammer it. */
const kept = (asked: number | undefined, own: number): number => (asked === undefined ? own : Math.max(asked, AT_LEAST_MS));
const AT_LEAST_MS = 500;

export function createBudget(clock: Clock, random: () => number): RetryBudget {
  let transient = 0;
  let lagging = 0;
  let contended = 0;
  let contendedSince: number | undefined;
  const jitter = (first: number, most: number, attempt: number): number => {
    const full = Math.min(most, first * 2 ** attempt);
    return full / 2 + random() * (full / 2);
  };
  return {
    reset() {
      transient = 0;
      contendedSince = undefined;
      contended = 0;
    },
    next(error) {
      if (!(error instanceof AzureError)) return undefined;
      const asked = error.retryAfterMs ?? waitHint(error.message);
      const wait = (waitMs: number): Pick<Retry, "waitMs" | "asked"> => ({ waitMs, asked: asked !== undefined });
      switch (retryClass(error.status, error.code, error.message, error.details)) {
        case "throttle":
          // "at once" is no word about when: then it is asked for seldomer and seldomer
          return asked !== undefined && asked >= AT_LEAST_MS
            ? { waitMs: asked, asked: true, kind: "throttle", ambiguous: false }
            : { waitMs: jitter(THROTTLE_MS, THROTTLE_MS, 0), asked: false, kind: "throttle", ambiguous: false };
        case "contention": {
          contendedSince ??= clock.now();
          const patience = patienceFor(error.code, error.message) ?? CONTENTION.forMs;
          if (clock.now() - contendedSince > patience + CONTENTION.grace) return undefined;
          return {
            ...wait(kept(asked, jitter(CONTENTION.first, CONTENTION.most, contended++))),
            kind: "contention",
            ambiguous: false,
          };
        }
        case "transient":
          if (transient >= (NOBODY.test(error.code) ? TRANSIENT.nobody : TRANSIENT.attempts)) return undefined;
          return {
            ...wait(kept(asked, jitter(TRANSIENT.first, TRANSIENT.most, transient++))),
            kind: "transient",
            ambiguous: true,
          };
        default:
          if (
            !error.operation &&
            (error.status === 404 || error.status === 400) &&
            LAGGING.test(error.code) &&
            lagging < LAG.attempts
          )
            return { ...wait(jitter(LAG.first, LAG.most, lagging++)), kind: "lag", ambiguous: false };
          return undefined;
      }
    },
  };
}
