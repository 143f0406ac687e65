/** What the library takes and gives: the options of an Azure, and the pieces of work that it does. */
import type {
  ClusterDocument,
  DestroyDocument,
  ListDocument,
  LogsDocument,
  PlanDocument,
  PlatformDocument,
  PlatformStatusDocument,
  RebootDocument,
  RemoveDocument,
  ReplaceDocument,
  RunDocument,
  StartDocument,
  StatusDocument,
  StopDocument,
} from "../core/documents.ts";
import type { Event } from "../engine/event.ts";
import type { OptionsOf } from "./options.ts";
import type { ExportResult, GcResult } from "./results.ts";

/** Which Azure, who signs in, how long a piece of work may take, where keys are. Flags of the command line in camelCase. */
export interface AzureOptions extends OptionsOf<"azure"> {
  /** Ends the work at once: what Azure or a node has begun goes on there, and the same call later continues; `run` runs its command again. */
  readonly signal?: AbortSignal;
  /** Called with everything that happens. What it throws is a warning of the process, once, and ends no work. */
  readonly onEvent?: (event: Event) => void;
  /** What the command line reads of the environment: AZURE_CONFIG_DIR, HOME, SSH_AUTH_SOCK, the proxy's variables. Nothing by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin; the process's own place by default. */
  readonly cwd?: string;
}

export type CreateOptions = OptionsOf<"create">;

/** It has no options of its own. */
export type NoOptions = Readonly<Record<string, never>>;

export interface StatusOptions {
  /** Logs in to no node: what Azure says is enough. */
  readonly noNodes?: boolean;
}

/** Which script, and the admin's password. */
export type ChangeWish = Pick<OptionsOf<"platform">, "passwordFile" | "installer" | "installerSha256">;

export interface RemovalOptions {
  /** Even when etcd loses its quorum. */
  readonly force?: boolean;
}

/**
 * One Azure. Every function throws a ClusterError for what it cannot do: beside its own those of signing in and of Azure's refusals (exit 4, 5
 * or 7), Usage (exit 2) for arguments and options that cannot be, ClusterNotFound (exit 1), Timeout (exit 6) and Interrupted (exit 130).
 */
export interface Azure {
  /** Makes the cluster, or finishes or grows it. @throws ClusterError: exit 3 when only some nodes came up, with the cause's own code, or NodesNotReady where there is no other */
  create(name: string, options?: CreateOptions): Promise<ClusterDocument>;
  /** What create would do, and cost; nothing is written to Azure. @throws ClusterError what create would refuse, all of it (exit 5) */
  plan(name: string, options?: CreateOptions): Promise<PlanDocument>;
  /** How the cluster is: of Azure, and of the nodes where its private key is at hand. @throws ClusterError ClusterHalfMade (exit 1); ClaimDamaged, ClaimTwice (exit 7) */
  status(name: string, options?: StatusOptions): Promise<StatusDocument>;
  /** The clusters of the subscription, or of `resourceGroup`, in the order of their names. */
  list(options?: NoOptions): Promise<ListDocument[]>;
  /** Takes nodes out, by index or name; those that are not there are passed over. @throws ClusterError NodesNotFound when none is */
  remove(name: string, nodes: readonly (number | string)[], options?: RemovalOptions): Promise<RemoveDocument>;
  /** Reboots nodes one at a time, all of them without `nodes`. @throws ClusterError NodeNotBack, EtcdNotWhole when it stops */
  reboot(name: string, nodes?: readonly (number | string)[], options?: OptionsOf<"reboot">): Promise<RebootDocument>;
  /** Makes nodes anew, one after the other, with today's choices. @throws ClusterError when the cluster is not whole after one */
  replace(name: string, nodes: readonly (number | string)[], options?: OptionsOf<"replace">): Promise<ReplaceDocument>;
  /** Ends etcd and deallocates all machines; data and addresses stay. @throws ClusterError when machines still run */
  stop(name: string, options?: NoOptions): Promise<StopDocument>;
  /** Starts a stopped cluster. @throws ClusterError NodesNotReady (exit 3, or 6 when etcd is not up) */
  start(name: string, options?: NoOptions): Promise<StartDocument>;
  /** Removes everything of the cluster, and proves it. Doing it twice is no error. @throws ClusterError NotDestroyed when something is left */
  destroy(name: string, options?: OptionsOf<"destroy">): Promise<DestroyDocument>;
  /** Destroys the clusters whose time to live is over. One that fails stops no other. */
  gc(options?: NoOptions): Promise<GcResult[]>;
  /** Runs a command on every node at once; nodes need a real Azure. How it ended on each is in the document. @throws ClusterError PrivateKeyMissing; NothingBooted in a rehearsal */
  run(name: string, command: string, options?: OptionsOf<"run">): Promise<RunDocument>;
  /** What nodes have written: to the serial console, or with `unit` to its journal. Of a node where it could not be read the document has the error. @throws ClusterError NodeNotFound (exit 2) */
  logs(name: string, node?: number | string, options?: OptionsOf<"logs">): Promise<LogsDocument>;
  /** Makes a platform of a cluster, or goes on with it. @throws ClusterError StepFailed, StepLost (exit 3); what stands in the way (exit 5) */
  installPlatform(name: string, options?: OptionsOf<"platform">): Promise<PlatformDocument>;
  /** How it is: k3s' nodes, pods that are not ready, the gateway and the domain's record. @throws ClusterError NoPlatform, NodeCommandFailed */
  platformStatus(name: string, options?: NoOptions): Promise<PlatformStatusDocument>;
  /** The installer's own upgrade, as it is today. @throws ClusterError NoPlatform, InstallerUnread, InstallerChanged; StepFailed, StepLost (exit 3) */
  upgradePlatform(name: string, options?: ChangeWish): Promise<PlatformDocument>;
  /** Platform, applications and their data go; the cluster stays. @throws ClusterError NoPlatform; StepFailed, StepLost (exit 3) */
  uninstallPlatform(name: string, options?: Omit<ChangeWish, "passwordFile">): Promise<PlatformDocument>;
  /** The plan as an ARM template or Terraform JSON, and the path of the values with private keys. @throws ClusterError what create would refuse */
  exportPlan(name: string, options?: OptionsOf<"create" | "export">): Promise<ExportResult>;
  /** Everything that happens from now on, until `close`. */
  events(): AsyncIterable<Event>;
  /** Ends what is still at work, and the events. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
