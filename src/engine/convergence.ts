/** How far one resource has been brought: what is there of it as far as this run knows, and what this run has done about it. */
import type { AzureError } from "../core/advice/azure-error.ts";
import type { lostTags } from "../core/plan/user-tags.ts";
import type { AnyResource } from "../core/plan/resource.ts";
import { type Event, aboutOf } from "./event.ts";
import { createPatience } from "./overtaken.ts";
import type { Live } from "./provider.ts";
import { type RetryBudget, createBudget } from "./retry.ts";
import type { Tools } from "./tools.ts";

export type Outcome = "created" | "updated" | "unchanged";

export interface ConvergeOptions {
  readonly cluster: string;
  /** What an earlier look saw; absent: look now. `null` is "seen to be absent". */
  readonly observed?: Live | null;
  /** When that look began, in milliseconds since 1970; absent: just now. */
  readonly observedAt?: number;
  /** Asked just before every write, repeated ones too, and never sooner: throws when this run may write no more, or not this. */
  readonly permit?: (what?: "tags") => Promise<void>;
  /**
   * What is wanted in view of what is there, of a resource that several runs change: asked before it is changed, and again when
   * another one was quicker. Throws when this run may change it no more.
   */
  readonly adapt?: (live: Live) => AnyResource | Promise<AnyResource>;
  /** It is changed and never made: throws what its absence means. */
  readonly mustExist?: () => Error;
  /**
   * Called once Azure has accepted it: a machine may be usable long before Azure calls it done. `live` is what is there when
   * it was not this call that made it.
   */
  readonly onAccepted?: (live?: Live) => void;
  /**
   * Makes sure of what the resource stands on, when replacing it took that away (a machine's interface goes with it), or a reference is
   * not there.
   */
  readonly restore?: (missing?: AzureError) => Promise<void>;
  /** Asked before a machine is deleted that is to be made again: what it holds must be able to go. Throws when it must not. */
  readonly letGo?: (live: Live) => Promise<void>;
  /** Of a machine that Azure calls failed: whether its creation ended well once, so that it is not deleted, and counts as made. */
  readonly hasWorked?: (live: Live) => Promise<boolean>;
  /** Asked of a machine that could not be made: true where the caller has another way, so that this one is not tried a second time. */
  readonly goesElsewhere?: (error: AzureError) => boolean;
  /** Told of the user's tags that Azure does not keep as they were written: a policy writes them, too. */
  readonly onTagsLost?: (lost: ReturnType<typeof lostTags>) => void;
  /** Told when it ends with an error: whether Azure may have made or changed it all the same, what was waited out last, and what is there. */
  readonly onUnfinished?: (how: Unfinished) => void;
  /** Resolves when waiting for Azure's word is no longer needed: the node answers. */
  readonly usable?: Promise<void>;
}

export interface Unfinished {
  /** It was asked for, and no answer says what became of that. */
  readonly unclear: boolean;
  /** What it waited for when it ended. */
  readonly lastRetry: LastRetry | undefined;
  /** What it last saw: null where it is not there; undefined where it was to look again. */
  readonly live: Live | null | undefined;
}

/** What a request was repeated for, and how long after. */
export interface LastRetry {
  readonly code: string;
  readonly delayMs: number;
}

/** What a run has of one resource on its way. Only the steps of converge.ts and recover.ts change it. */
export interface Convergence {
  readonly resource: AnyResource;
  readonly tools: Tools;
  readonly options: ConvergeOptions;
  /** What its events are about. */
  readonly about: Pick<Event, "id" | "label" | "node">;
  readonly budget: RetryBudget;
  readonly patience: ReturnType<typeof createPatience>;
  /** `null` is "seen to be absent"; undefined: look before anything is decided. */
  live: Live | null | undefined;
  /** `live` is no longer only what an earlier look saw. */
  looked: boolean;
  /** It was seen, or Azure has said that it makes it, and nobody has said that it goes: a read that does not find it may be behind. */
  expected: boolean;
  acted: Outcome;
  /** How often a machine that failed to be made was given another try. */
  replaced: number;
  /** How often it was made, and its operation could not be asked to the end. */
  unheard: number;
  /** How often a change was looked at again. */
  checked: number;
  /** Waits for an operation that Azure has accepted. */
  driving: boolean;
  /** Azure has called it made while it was still at work on it: its lists are not believed any more. */
  early: boolean;
  /** A request of ours may have been carried out without our knowing. */
  unclear: boolean;
  /** A write has left, and was neither refused nor seen to have changed nothing. */
  asked: boolean;
  /** What the last request is repeated for; undefined once a write is accepted. */
  lastRetry: LastRetry | undefined;
}

export const startConvergence = (resource: AnyResource, tools: Tools, options: ConvergeOptions): Convergence => ({
  resource,
  tools,
  options,
  about: aboutOf(resource),
  budget: createBudget(tools.clock, tools.random),
  patience: createPatience(resource.label, tools),
  live: options.observed,
  looked: false,
  expected: isExpected(options.observed),
  acted: "unchanged",
  replaced: 0,
  unheard: 0,
  checked: 0,
  driving: false,
  early: false,
  unclear: false,
  asked: false,
  lastRetry: undefined,
});

/** What is being deleted is to be gone. */
export const isExpected = (live: Live | null | undefined): boolean =>
  live !== undefined && live !== null && live.state !== "deleting";
