/** What lists of a group tell, before anything is known of whose it is. */
import type { DoomedKind } from "./plan/bodies.ts";
import type { Tags } from "./plan/tags.ts";

/** A resource as the services' own lists tell it. */
export interface Found {
  readonly id: string;
  readonly kind: DoomedKind;
  readonly tags: Tags;
  readonly model: unknown;
  /** The machine that holds a disk. */
  readonly managedBy?: string | undefined;
}
