/**
 * What the engine needs of a cloud: get, put and delete of a resource. The one implementation is azure/provider.ts, over the
 * SDK's typed clients; production, rehearsal and tests differ only in where its HTTP goes.
 */
import type { AnyResource } from "../core/plan/resource.ts";
import type { Kind } from "../core/plan/bodies.ts";

/** What is there. `model` is the SDK's model of the kind, for whoever knows the kind. */
export interface Live {
  readonly id: string;
  readonly state: "succeeded" | "working" | "failed" | "deleting";
  readonly tags: Record<string, string>;
  readonly location: string | undefined;
  readonly model: unknown;
  /** Of kinds that have one (Network's, machines): changes with every change, and says in a write what it was read as. */
  readonly etag?: string;
}

/** A PUT or DELETE that Azure accepted. */
export interface Operation {
  /** The first answer already said that it is done. */
  readonly done: boolean;
  /** The resource itself was asked for after the operation had ended, and says that it is done. */
  readonly confirmed?: boolean;
  /** Of a PUT: the tags that the first answer says are kept; undefined where it says nothing of them. */
  readonly tags?: Record<string, string>;
  /** One request: true when it has ended well. Throws what it failed with; after a passing fault it may be called again. */
  poll(signal: AbortSignal): Promise<boolean>;
}

export interface PutOptions {
  readonly signal: AbortSignal;
  /** Refuse with 412 when it exists (`If-None-Match: *`). */
  readonly createOnly?: boolean;
  /** Refuse with 412 when it is no longer what was read (`If-Match`). */
  readonly ifMatch?: string;
}

/** What identifies a resource: kind and id. Disks are in no plan, for they come with their machine; but they may be left behind. */
export interface Target {
  readonly id: string;
  readonly kind: Kind | "disk";
}

export interface TagTarget {
  readonly id: string;
  readonly kind: Exclude<Kind, "blobContainer"> | "disk";
}

/** What a machine is told to do beside being there. */
export type Power = "start" | "restart" | "deallocate";

export interface Provider {
  /** The live resource; undefined when there is none. */
  get(target: Target, signal: AbortSignal): Promise<Live | undefined>;
  put(resource: AnyResource, options: PutOptions): Promise<Operation>;
  /** The states of all that is beside it, of its kind, by lower-case id; undefined where there is no list of them. */
  siblings?(target: Target, signal: AbortSignal): Promise<ReadonlyMap<string, Live["state"]> | undefined>;
  /** Absent is success. @param ifMatch refuse with 412 when it is no longer what was read */
  delete(target: Target, signal: AbortSignal, ifMatch?: string): Promise<Operation>;
  /** Replaces the tags, and changes nothing else. 404 when there is none, 412 as above. @returns those that are kept, where Azure says so */
  tag(
    target: TagTarget,
    tags: Record<string, string>,
    signal: AbortSignal,
    ifMatch?: string,
  ): Promise<Record<string, string> | undefined>;
  /** Starts, restarts or deallocates a machine; one that is so already is no error. 404 when there is none. */
  power(id: string, power: Power, signal: AbortSignal): Promise<Operation>;
  /** "running", "deallocated", ...; undefined where Azure does not say. */
  powerState(id: string, signal: AbortSignal): Promise<string | undefined>;
}
