/** What a create comes to know before its first write, step after step: each has all of the one before (prepare.ts). */
import type { Decision } from "../../engine/decide.ts";
import type { Facts } from "../../core/plan/cluster.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import type { FlagValues } from "../../core/spec/flags.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Live } from "../../engine/provider.ts";
import type { KeptMachine } from "../cluster/failed-machines.ts";
import type { ClaimedCluster } from "../cluster/claim.ts";
import type { Snapshot } from "../cluster/snapshot.ts";
import type { Materials } from "./materials.ts";
import type { StageImage } from "./own-image.ts";
import type { Survey } from "./survey.ts";
import type { Anew } from "./choose-nodes.ts";

/** What was asked for, and what is there of it. */
export interface FoundWish {
  readonly name: string;
  /** As it was given: with the signatures that URLs may carry. */
  readonly asked: Partial<FlagValues>;
  readonly groupName: string;
  readonly found: ClaimedCluster;
  readonly spec: ClusterSpec;
  /** Sentences about what was mapped, and what counts for new machines only. */
  readonly notes: readonly string[];
}

/** And which nodes it is to have. */
export interface Chosen extends FoundWish {
  readonly snapshot: Map<string, Live & { kind: Kind }>;
  /** Kinds that this ARM does not list. */
  readonly unlisted: ReadonlySet<Kind>;
  /** Of the snapshot what is proven to be the cluster's: that counts. The plan may meet the others, and refuses them. */
  readonly ours: Snapshot;
  /** Those that it had, or was to have, when this run looked. */
  readonly known: ReadonlySet<number>;
  readonly indexes: readonly number[];
  /** Machines that Azure calls failed, and that stay: in the snapshot they are like all that are made. */
  readonly keptMachines: readonly KeptMachine[];
  /** Those of them that are taken to be gone. */
  readonly anew?: Anew;
}

/** And that it can be made, as far as that can be asked. */
export interface Possible extends Chosen {
  readonly surveyed: Survey;
}

/** And what was made for it, once: keys, certificates, addresses, user-data, the way to an image. */
export interface Furnished extends Possible {
  /** Disks in the group, as far as they may be listed: they say themselves what they are. */
  readonly disks: readonly { readonly id: string; readonly model: unknown }[];
  readonly materials: Materials;
  readonly image: Facts["image"];
  /** Brings an image of the user's own to where Azure can take it from; absent when it is there. */
  readonly stageImage?: StageImage;
}

/** Everything that is known before the first write. */
export interface Prepared extends Furnished {
  readonly facts: Facts;
  readonly resources: readonly AnyResource[];
  readonly decisions: ReadonlyMap<string, Decision>;
  /** What the changes change, by the resource's id: core/plan/changes.ts. */
  readonly changes: ReadonlyMap<string, readonly string[]>;
}
