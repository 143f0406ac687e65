/**
 * What the simulation knows about one resource type: how Azure answers (the timings, read off recordings), what it refuses,
 * what it fills in, and what happens around it. The rules table (rules/table.ts) is an array of these; the machinery
 * (resource-requests.ts) knows no type by name.
 */
import type { SimCloud, SimOperation } from "./cloud.ts";
import type { StoredResource } from "./cloud-index.ts";
import type { JsonValue } from "./json.ts";

/** How a write is answered, and how its operation behaves. Sources: SPEC.md, "Answers and times". */
export interface Timing {
  readonly status: number;
  /** `provisioningState` until the operation ends; undefined: done at once. */
  readonly state?: string;
  /** How long the operation runs, least and most; picked by seed. */
  readonly seconds?: readonly [number, number];
  readonly header: "none" | "async" | "location" | "both";
  /** Retry-After of the first answer, in seconds. */
  readonly retry?: number;
  /** Retry-After of a poll while it runs; `once`: of the first poll only. */
  readonly poll?: number;
  readonly once?: boolean;
  /** A 202 with nothing in it. */
  readonly empty?: boolean;
}

/** A PUT on its way in: the body as sent, already known to have only known names. */
export interface Change {
  readonly cloud: SimCloud;
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly subscription: string;
  readonly location: string;
  readonly body: JsonValue;
  readonly properties: JsonValue;
  readonly before: StoredResource | undefined;
}

/** What a kind needs to know of an operation that has ended. */
type Ended = Pick<SimOperation, "verb" | "power" | "powerBefore" | "error">;

export interface KindRules {
  readonly type: string;
  /** Names a body may have, as `name`, `name{...}` for what is checked below; see members.ts. */
  readonly members: string;
  /** Pattern of a legal name, and the code of the refusal. */
  readonly name: RegExp;
  readonly nameCode?: string;
  /** Whether a location is required; containers and such live where their parent lives. */
  readonly located: boolean;
  /** Network resources carry a weak etag that changes with every change. */
  readonly etag: boolean;
  /** False where ARM shows no provisioningState at all. */
  readonly stateful: boolean;
  readonly create: Timing;
  readonly update: Timing | ((change: Change) => Timing);
  readonly remove: Timing;
  /** Throws what Azure would refuse. */
  check?(change: Change): void;
  /** `properties` and other members as stored; the generic part (id, name, type, location, tags) is added by the machinery. */
  shape?(change: Change): JsonValue;
  /** Right after the PUT was accepted. */
  accepted?(cloud: SimCloud, entry: StoredResource, change: Change): void;
  /** The operation ended well, or not. */
  settled?(cloud: SimCloud, entry: StoredResource, operation: Ended): void;
  failed?(cloud: SimCloud, entry: StoredResource, operation: Ended): void;
  /** Throws when a delete is refused. */
  inUse?(cloud: SimCloud, entry: StoredResource): void;
  /** After it is gone: what goes with it. */
  removed?(cloud: SimCloud, entry: StoredResource): void;
  /** Adds to a copy what a GET shows and a PUT does not say: who uses it. */
  view?(cloud: SimCloud, entry: StoredResource, shown: JsonValue): void;
}

/** The rules of a type; undefined for one that is in no table. */
export type KindOf = (type: string) => KindRules | undefined;

/** Done at once, nothing to poll. */
export const atOnce = (status: number): Timing => ({ status, header: "none" });
