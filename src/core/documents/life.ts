/** What was done to a cluster that is there. */
import type { Alike, AskedDocument, CostDocument, Failure, Gone, OfCluster, Timed, Versioned } from "./parts.ts";

/** What `remove --json` prints. */
export interface RemoveDocument extends Versioned<"azure-coreos-cluster/remove/1">, OfCluster {
  /** Names of the machines that were removed. */
  readonly removed: readonly string[];
  /** Names of machines that were to go and were not there; absent when all were. */
  readonly notFound?: readonly string[];
  /** Disks of theirs that another machine has, which stay; absent where there is none. */
  readonly kept?: readonly Pick<Alike, "kind" | "id" | "why">[];
  /** Indexes of the nodes that stay. */
  readonly nodes: readonly number[];
}

/** What `reboot --json` prints. */
export interface RebootDocument extends Versioned<"azure-coreos-cluster/reboot/1">, OfCluster, Timed {
  /** Names of the machines that this run has rebooted, in that order. */
  readonly rebooted: readonly string[];
  /** Names of those that an earlier run of the same command had rebooted before it broke off. */
  readonly before: readonly string[];
  /** Names of those that were not rebooted; where one did not come back, it is the first. */
  readonly left: readonly string[];
}

/** What `replace --json` prints. */
export interface ReplaceDocument extends Versioned<"azure-coreos-cluster/replace/1">, OfCluster, Timed {
  /** Names of the machines that were made anew, in that order. */
  readonly replaced: readonly string[];
  /** Names of those that an earlier run of the same command had made anew before it broke off. */
  readonly before: readonly string[];
  /** Names of the data disks that were kept for the new machines. */
  readonly keptDisks: readonly string[];
  /** Names of those that were not made anew; the first is the one at which it stopped. */
  readonly left: readonly string[];
}

/** What `stop --json` prints. */
export interface StopDocument extends Versioned<"azure-coreos-cluster/stop/1">, OfCluster, Timed {
  /** Time since which the cluster is stopped, in ISO 8601. */
  readonly since: string;
  /** Names of the machines that this run has deallocated. */
  readonly stopped: readonly string[];
  /** Names of those that were deallocated already. */
  readonly before: readonly string[];
  /** Names of those that still run, for Azure did not deallocate them. */
  readonly left: readonly string[];
  /** What is still paid for: disks, addresses, balancer. */
  readonly cost: CostDocument;
}

/** What `start --json` prints. */
export interface StartDocument extends Versioned<"azure-coreos-cluster/start/1">, OfCluster, Timed {
  /** Names of the machines that this run has started. */
  readonly started: readonly string[];
  /** Names of those that are ready. */
  readonly ready: readonly string[];
  /** Those that are not ready. */
  readonly notReady: readonly {
    /** Name of the machine. */
    readonly name: string;
    /** Why it is not ready, as far as it is known. */
    readonly reason: string;
  }[];
  /**
   * The cluster is up, and counts as stopped no more: a majority of etcd's members is ready, or any node where this tool has no etcd
   * there, or no node could be asked. False as well where too few machines are left (`create` makes them), or where not one node
   * answered and enough of them have power: then it counts as stopped no more either.
   */
  readonly up: boolean;
}

/** What `destroy --json` prints. */
export interface DestroyDocument extends Versioned<"azure-coreos-cluster/destroy/1">, OfCluster, AskedDocument, Timed {
  /** What was deleted, machines first. */
  readonly deleted: readonly Gone[];
  /** What was to go and is still there. */
  readonly left: readonly Gone[];
  /** What looks like the cluster's and does not prove to be by its tags: it was not touched. */
  readonly kept: readonly Alike[];
  /** What it cost until then; absent where nothing was there, and where nobody looked (`gc`). */
  readonly cost?: CostDocument;
}

/** A cluster that `gc` could not destroy. */
export interface FailedDocument extends OfCluster {
  /** Why it could not be destroyed. */
  readonly error: Failure;
}
