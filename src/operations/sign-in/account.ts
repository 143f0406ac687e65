/**
 * Which subscription a run asks, and as whom: what the Azure CLI knows, what a token says, and one small question where that is not
 * enough. It is there to be told to people; nothing depends on it, so that nothing of it fails.
 */
import { defined } from "../../core/defined.ts";
import type { Lookups } from "../../azure/lookups.ts";
import { type Account, type SignedIn, oneLine } from "../../core/account.ts";
import type { Clock } from "../../core/clock.ts";
import { FLAGS, type FlagValues } from "../../core/spec/flags.ts";
import { abortable } from "../../engine/abortable.ts";
import { limit } from "../../nodes/deadline.ts";
import type { KnownSubscription } from "./azure-cli-profile.ts";

interface Around {
  readonly clock: Clock;
  readonly hard: AbortSignal;
}

/** How long is waited for what nothing depends on. */
const PATIENCE_MS = 5000;

export interface AccountFacts {
  readonly subscription: string;
  readonly cloud: FlagValues["cloud"];
  /** `--arm-endpoint`, as it was given. */
  readonly endpoint: string | undefined;
  readonly known: KnownSubscription;
  /** Who signs in, by the token that some request of the run gets; or that nobody does. */
  signedIn(): Promise<SignedIn | undefined>;
  /** Who it is where the token does not say. */
  readonly expected: SignedIn | undefined;
  /** The subscription's own name may be asked for: it is beyond every resource group. */
  readonly mayAsk: boolean;
}

/** Asked when first called, and then the same for all. Never rejected. */
export function accountOf(facts: AccountFacts, lookups: Lookups, around: Around): () => Promise<Account> {
  let name: Promise<string | undefined> | undefined;
  return async () => {
    name ??= nameOf(facts, lookups, around);
    const [found, signedIn] = await Promise.all([name, ifAnswered(around.clock, around.hard, () => facts.signedIn())]);
    return {
      subscription: { id: facts.subscription, ...defined({ name: found }) },
      signIn: signedIn ?? facts.expected ?? facts.known.signedIn ?? { kind: "unknown" },
      ...placeOf(facts),
    };
  };
}

/** Undefined where it was not answered in time, or at all. */
export async function ifAnswered<T>(
  clock: Clock,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limited = limit(clock, PATIENCE_MS, signal);
  try {
    return await abortable(ask(limited.signal), limited.signal);
  } catch {
    return undefined;
  } finally {
    limited.done();
  }
}

// --- internal ---

async function nameOf({ subscription, known, mayAsk }: AccountFacts, lookups: Lookups, around: Around) {
  if (known.name !== undefined || !mayAsk) return known.name;
  const name = await ifAnswered(around.clock, around.hard, (limited) => lookups.subscriptionName(subscription, limited));
  return name === undefined ? undefined : oneLine(name);
}

function placeOf({ cloud, endpoint }: AccountFacts): Pick<Account, "at"> {
  if (endpoint !== undefined) return { at: `at ${endpoint}` };
  return cloud === FLAGS.cloud.default ? {} : { at: `of ${cloud}` };
}
