/** What was done to a cluster that is there. */
import type { Alike, AskedDocument, CostDocument, Described, Failure, Gone } from "./parts.ts";

/** What `remove --json` prints. */
export interface RemoveDocument extends Described {
  readonly schema: "azure-coreos-cluster/remove/1";
  readonly name: string;
  readonly resourceGroup: string;
  /** Names of machines. */
  readonly removed: readonly string[];
  /** Names of machines that were to go and were not there. */
  readonly notFound?: readonly string[];
  /** Indexes of the nodes that stay. */
  readonly nodes: readonly number[];
}

/** What `reboot --json` prints. */
export interface RebootDocument extends Described {
  readonly schema: "azure-coreos-cluster/reboot/1";
  readonly name: string;
  readonly resourceGroup: string;
  /** Names of machines that this run has rebooted, in their order. */
  readonly rebooted: readonly string[];
  /** Those that an earlier run of the same command had rebooted before it broke off. */
  readonly before: readonly string[];
  /** Those that were not: the first is the one that did not come back, where one did not. */
  readonly left: readonly string[];
  readonly seconds: number;
}

/** What `replace --json` prints. */
export interface ReplaceDocument extends Described {
  readonly schema: "azure-coreos-cluster/replace/1";
  readonly name: string;
  readonly resourceGroup: string;
  /** Names of machines that were made anew, in their order. */
  readonly replaced: readonly string[];
  /** Those that an earlier run of the same command had made anew before it broke off. */
  readonly before: readonly string[];
  /** Names of data disks that were kept for them. */
  readonly keptDisks: readonly string[];
  /** Those that were not: the first is the one at which it stopped. */
  readonly left: readonly string[];
  readonly seconds: number;
}

/** What `stop --json` prints. */
export interface StopDocument extends Described {
  readonly schema: "azure-coreos-cluster/stop/1";
  readonly name: string;
  readonly resourceGroup: string;
  /** ISO time since which it is stopped. */
  readonly since: string;
  /** Names of machines that this run has deallocated. */
  readonly stopped: readonly string[];
  /** Those that were deallocated already. */
  readonly before: readonly string[];
  /** Those that still run, for it could not be done. */
  readonly left: readonly string[];
  /** What is still paid for: disks, addresses, balancer. */
  readonly cost: CostDocument;
  readonly seconds: number;
}

/** What `start --json` prints. */
export interface StartDocument extends Described {
  readonly schema: "azure-coreos-cluster/start/1";
  readonly name: string;
  readonly resourceGroup: string;
  /** Names of machines that this run has started. */
  readonly started: readonly string[];
  /** Those that are ready. */
  readonly ready: readonly string[];
  /** Those that are not, and why, as far as it is known. */
  readonly notReady: readonly { readonly name: string; readonly reason: string }[];
  /** The cluster is up, and its mark is taken away: a majority of etcd's members is ready. */
  readonly up: boolean;
  readonly seconds: number;
}

/** What `destroy --json` prints. */
export interface DestroyDocument extends Described, AskedDocument {
  readonly schema: "azure-coreos-cluster/destroy/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly deleted: readonly Gone[];
  readonly left: readonly Gone[];
  /** What looks like the cluster's and does not prove to be by its tags: it was not touched. */
  readonly kept: readonly Alike[];
  /** What it cost until then; absent where nothing was there, and where nobody looked (`gc`). */
  readonly cost?: CostDocument;
  readonly seconds: number;
}

/** A cluster that `gc` could not destroy. */
export interface FailedDocument {
  readonly name: string;
  readonly resourceGroup: string;
  readonly error: Failure;
}
