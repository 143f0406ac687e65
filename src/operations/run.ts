/**
 * A run: one Azure, the time and the folder of one piece of work, how it is stopped and who hears of it. Every operation takes
 * it first. It knows no command line and no screen: who opens it decides what becomes of what it tells (open.ts).
 */
import type { TokenCredential } from "@azure/identity";
import type { Lookups } from "../azure/lookups.ts";
import type { Account } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import type { FlagValues } from "../core/spec/flags.ts";
import type { Hop } from "../core/spec/hops.ts";
import type { Emit, Event } from "../engine/event.ts";
import { type Tools, toTheEnd } from "../engine/tools.ts";
import type { Via } from "../nodes/via.ts";
import type { Ahead } from "./ahead.ts";
import type { Surroundings } from "./surroundings.ts";
import type { PriceService } from "./price/service.ts";
import type { WayOut } from "./way-out/way-out.ts";

export type { Surroundings };

export interface OtherSubscription {
  readonly id: string;
  readonly name: string;
  lookups(): Promise<Lookups>;
}

/** The way to Azure. */
export interface Way {
  readonly subscription: string;
  readonly tools: Tools;
  readonly lookups: Lookups;
  /** By how many milliseconds this machine's clock is ahead of Azure's (behind it: less than 0), as its last answer told; 0 within a minute. */
  aheadOfAzure(): number;
  /** Questions that were begun before their turn. */
  readonly ahead?: Ahead;
  /** `--resource-group`: many have rights on one group alone, so nothing beyond it is asked that can be done without. */
  readonly onlyIn?: string;
  /** Which subscription this is, and who signed in, for people and documents. Asked when first called; never rejected. */
  account(): Promise<Account>;
  /** Other subscriptions that the same sign-in reaches, as far as the Azure CLI knows. */
  readonly others: readonly OtherSubscription[];
  /** Who signs in, for what is not Resource Manager (a storage account's blobs); absent where nobody does. */
  readonly credential: TokenCredential | undefined;
  /** The cloud that subscription and sign-in belong to. */
  readonly cloud: FlagValues["cloud"];
  /** How everything else is asked: sockets, and the proxy. */
  readonly wayOut: WayOut;
}

export interface Run extends Way {
  readonly outside: Surroundings;
  readonly simulated: boolean;
  /** Who is asked what things cost. */
  readonly prices: PriceService;
  /** Folder of keys and cluster folders. */
  readonly dir: string;
  /** `--ssh-key`: the private key that nodes are logged in to with, as an absolute path. */
  readonly sshKey?: string;
  /** `--jump`: through whom nodes are reached; no hop at all with `none`. */
  readonly jump?: readonly Hop[];
  /** Ways to nodes that this run has begun, by cluster; closed with it. */
  readonly ways: Map<string, { readonly keys: Set<string>; via: Promise<Via> | undefined }>;
  readonly clock: Clock;
  readonly startedAt: number;
  /** Milliseconds since 1970: nothing goes on after it. */
  readonly deadline: number;
  /** Somewhat sooner: nodes that are not there by then are given up, so that there is time to find out why. */
  readonly giveUpAt: number;
  /** Aborted when it is to be stopped: nothing new is started. */
  readonly stop: AbortSignal;
  readonly emit: Emit;
  /** Everything that happened, for charts and documents. */
  readonly events: readonly Event[];
  /** A sentence for whoever listens, outside of the progress. */
  say(text: string): void;
  /** Told before anything is changed on a node: from then on, as after a write to Azure, an interrupt lets it be finished. */
  changesNodes(): void;
  /** The same without its deadline, for what must be done when the time is up. */
  overtime(): Promise<Run>;
}

/** The same for work that the first Ctrl-C does not end: what takes back what was done, or ends what cannot be left half done. */
export const unstoppable = (run: Run): Run => ({ ...run, stop: NEVER, tools: toTheEnd(run.tools) });

const NEVER = new AbortController().signal;

/** How long it has taken until now, in whole seconds. */
export const secondsOf = ({ clock, startedAt }: Pick<Run, "clock" | "startedAt">): number =>
  Math.round((clock.now() - startedAt) / 1000);
