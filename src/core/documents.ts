/**
 * The documents: exactly what `--json` prints and the library returns, for other people's programs. Names and meanings stay;
 * documents gain fields, and lose none. Their JSON Schemas (schema/NAME.json) are made from these types and their comments by
 * .ci/schemas.mjs: a document is described here once.
 */
import type { Finding } from "./user-data/check/finding.ts";

/** Every document by the name of its schema. Whoever prints one has a row here; a row is all that its schema needs. */
export interface Documents {
  /** What `create --json` prints: the cluster, its nodes and how to reach them. */
  readonly create: ClusterDocument;
  /** What `plan --json` and `create --dry-run --json` print: what would be done, and what it would cost. */
  readonly plan: PlanDocument;
  /** What `status --json` prints, and each line of `status --watch --json`: how the cluster is. */
  readonly status: StatusDocument;
  /** What `list --json` and `gc --dry-run --json` print: the clusters that were found. */
  readonly list: readonly ListDocument[];
  /** What `remove --json` prints: which nodes went. */
  readonly remove: RemoveDocument;
  /** What `reboot --json` prints: which nodes were rebooted, and which are left. */
  readonly reboot: RebootDocument;
  /** What `replace --json` prints: which nodes were made anew, and which are left. */
  readonly replace: ReplaceDocument;
  /** What `stop --json` prints: which machines were deallocated, and what is still paid for. */
  readonly stop: StopDocument;
  /** What `start --json` prints: which machines were started, and which nodes are ready. */
  readonly start: StartDocument;
  /** What `destroy --json` prints: what was deleted, and what is left. */
  readonly destroy: DestroyDocument;
  /** What `gc --json` prints: how each cluster ended. */
  readonly gc: readonly (DestroyDocument | FailedDocument)[];
  /** What `run --json` prints: exit code and output of each node. */
  readonly run: RunDocument;
  /** What `logs --json` prints: the last lines of each node. */
  readonly logs: LogsDocument;
  /** What `platform install --json` prints, and upgrade and uninstall: the platform, and what each step took. */
  readonly platform: PlatformDocument;
  /** What `platform status --json` prints: k3s' nodes, what is not ready, and whether the gateway answers. */
  readonly "platform-status": PlatformStatusDocument;
  /** What `kubeconfig --json` prints: where the file is, and how it reaches the API. */
  readonly kubeconfig: KubeconfigDocument;
  /** What `lint --json` prints: what a node would refuse of a cloud-config. */
  readonly lint: LintDocument;
  /** What any command with `--json` prints when it fails. */
  readonly error: ErrorDocument;
  /** The file of `create --output`: create's document, and the names that the script of 2015 wrote. */
  readonly "state-file": StateFile;
  /** A line of the file of `--events`: something that happened. */
  readonly event: EventLine;
}

/** What a document says of itself. */
export interface Described {
  /** The address of the JSON Schema that it keeps to. */
  readonly $schema: string;
}

/** Which subscription was asked, and who asked. */
export interface AskedDocument {
  readonly subscription: {
    readonly id: string;
    /** Absent where nobody may, or need, ask for it. */
    readonly name?: string;
  };
  readonly signIn: {
    /** "loopback" and "simulation": nobody signed in. "unknown": the sign-in does not say. */
    readonly kind: "user" | "service principal" | "managed identity" | "loopback" | "simulation" | "unknown";
    /** The user's name, the application's id, the identity's name. */
    readonly name?: string;
  };
}

/** A node, as every document shows it. */
export interface NodeDocument {
  readonly index: number;
  readonly name: string;
  /** Where to connect for SSH: the load balancer, or the node's own address in a private cluster. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of the private key; empty when it is not on this machine. */
  readonly identityFile: string;
  readonly privateIp: string;
  /** With `--pip`. */
  readonly publicIp?: string;
  /** The availability zone of its machine, with `--zones`. */
  readonly zone?: string;
  /** Its machine is a spot machine. */
  readonly spot?: true;
  /** "ready", "running, not asked", "missing", "deallocated" ... */
  readonly state: string;
  /** Azure's name of its machine's size; absent where there is no machine. */
  readonly vmSize?: string;
}

/** A size in a location that was wished and was not to be had. */
export interface PassedOver {
  readonly vmSize: string;
  readonly location: string;
  /** The preflight's, or Azure's: "QuotaExceeded", "AllocationFailed". */
  readonly code: string;
  readonly reason: string;
}

/** What would have done, in order of wish, and what of it was taken. */
export interface ChoicesDocument {
  readonly vmSizes: readonly string[];
  readonly locations: readonly string[];
  /** What new machines get. */
  readonly vmSize: string;
  readonly location: string;
  readonly passedOver: readonly PassedOver[];
}

/** What of a cluster is paid for, as the price list has it. */
export interface CostItem {
  /** "machines Standard_D2s_v5" */
  readonly what: string;
  readonly count: number;
  /** The list's own name for it; absent where this tool knows none. */
  readonly meter?: string;
  /** Of one, for `unit` ("1 Hour", "1/Month"). Absent, as `perHour`, where the list has no price. */
  readonly unitPrice?: number;
  readonly unit?: string;
  /** Of all of them. */
  readonly perHour?: number;
}

/** What a cluster costs by Azure's list prices: an estimate. */
export interface CostDocument {
  /** ISO 4217 */
  readonly currency: string;
  /** Absent, as `per30Days`, where no price is known. */
  readonly perHour?: number;
  /** Of 720 hours. */
  readonly per30Days?: number;
  /** What it has cost since it was made, at today's prices: of a cluster that is there. */
  readonly soFar?: number;
  /** ISO time from which `soFar` counts. */
  readonly since?: string;
  /** Every price is known; else the sums are the least that it costs. */
  readonly complete: boolean;
  /** Why no price is known. */
  readonly unknown?: string;
  readonly items: readonly CostItem[];
  /** What comes on top. */
  readonly notCounted: readonly string[];
  /** What was taken for granted. */
  readonly assumed: readonly string[];
  /** The price list's address, or "rehearsal": then the prices are made up. */
  readonly source: string;
  /** ISO time at which it was asked. */
  readonly at: string;
}

/** What `create --json` prints. */
export interface ClusterDocument extends Described, AskedDocument {
  readonly schema: "azure-coreos-cluster/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** The public DNS name, as Azure told it; of a private cluster the load balancer's address. */
  readonly host: string;
  /** The address of the load balancer. */
  readonly ip: string;
  readonly nodes: readonly NodeDocument[];
  readonly etcd: {
    readonly mode: "static" | "discovery" | "none";
    readonly members: readonly string[];
    readonly discoveryUrl?: string;
  };
  readonly deis?: {
    readonly tunnel: string;
    readonly domain: string;
    /** On Ubuntu and Debian: the commands, one after the other, that make a platform of it. */
    readonly commands?: readonly string[];
  };
  readonly resources: { readonly created: number; readonly unchanged: number; readonly updated: number };
  /** Of sizes and locations; `status` does not look for it. */
  readonly choices?: ChoicesDocument;
  /** Wall time of the command. */
  readonly seconds: number;
}

/** What `plan --json` prints. */
export interface PlanDocument extends Described, AskedDocument {
  readonly schema: "azure-coreos-cluster/plan/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly choices: ChoicesDocument;
  /** What `--tag` gives to the group and everything in it; absent without any. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly resources: readonly {
    readonly kind: string;
    readonly id: string;
    readonly label: string;
    /** "create", "update", "replace", "wait" or "unchanged". */
    readonly action: string;
    /** Of machines, and of addresses of their own: the availability zone. */
    readonly zone?: string;
    /** Of machines. */
    readonly spot?: true;
    /** Of an "update": what becomes different, "+ SSH 22004, 22005"; empty when only our own marks do. */
    readonly changes?: readonly string[];
  }[];
  /** Of all of it, what is there already too. */
  readonly cost: CostDocument;
}

/** How what is there differs from what was made. */
export interface Drift {
  readonly kind:
    | "missing-node"
    | "failed-node"
    | "stopped-node"
    | "missing-resource"
    | "failed-resource"
    | "lost-tags"
    | "tag"
    | "nat-rule"
    | "endpoint-rule"
    | "stray-rule"
    | "stray-member"
    | "stray-node"
    | "stray-interface"
    | "security-rule"
    | "foreign-resource"
    | "etcd-certificate"
    | "expired"
    | "being-destroyed";
  readonly message: string;
  /** ARM id of what it is about, where there is one. */
  readonly id?: string;
  readonly node?: number;
  /** The cluster does not work as it was asked for; else it is only worth knowing. */
  readonly harm: boolean;
}

export interface StatusNode extends NodeDocument {
  /** Azure's words; absent where there is no machine. */
  readonly power?: string;
  readonly provisioning?: string;
  /** "ready", how far a node came ("unreachable", "no-login", "ssh" ...), or "unknown" when it was not asked. */
  readonly health: string;
  readonly reason?: string;
  /** ISO time at which the machine was made. */
  readonly createdAt?: string;
  /** What it runs, as it says: "flatcar 4459.2.1". Of nodes that answered, with the next two. */
  readonly system?: string;
  /** The version that a restart would bring, or "unknown" where it only says that one is needed. */
  readonly rebootTo?: string;
  /** ISO time at which its etcd certificate ends. */
  readonly certificateEnds?: string;
}

/** What `status --json` prints: create's document, and what only a look at what is there can tell. */
export interface StatusDocument extends Omit<ClusterDocument, "nodes"> {
  readonly nodes: readonly StatusNode[];
  /** How many nodes are in which state: `{ "ready": 2, "running, not asked": 1 }`. */
  readonly states: { readonly [state: string]: number };
  /** What the load balancer lets in: "HTTP" on port 80. */
  readonly endpoints: readonly { readonly name: string; readonly port: number }[];
  readonly drift: readonly Drift[];
  /** What it costs now, and has cost so far. */
  readonly cost: CostDocument;
  /** ISO time of death. */
  readonly expires?: string;
  /** ISO time since which it is stopped on purpose: `start` starts it. */
  readonly stopped?: string;
  readonly simulated?: true;
}

/**
 * "complete": as many machines as were asked for, none of them failed. "incomplete": fewer. "half made": no claim. "expired":
 * its time is over, and `gc` destroys it. "stopped": by `stop`. "being destroyed": a destroy has begun.
 */
export type ClusterState = "complete" | "incomplete" | "half made" | "expired" | "stopped" | "being destroyed";

/** A cluster of `list --json`, which prints an array of them. */
export interface ListDocument extends Described, AskedDocument {
  readonly schema: "azure-coreos-cluster/list/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly host: string;
  readonly ip: string;
  /** Machines that are there. */
  readonly nodes: number;
  /** Machines that were asked for. */
  readonly wanted: number;
  /** Availability zones that its machines are in; absent where they are in none. */
  readonly zones?: readonly string[];
  /** How many of its machines are spot machines; absent for none. */
  readonly spot?: number;
  /** ISO time at which the oldest machine was made. */
  readonly createdAt?: string;
  /** ISO time of death. */
  readonly expires?: string;
  readonly state: ClusterState;
}

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

/** What `platform install|upgrade|uninstall --json` prints. */
export interface PlatformDocument extends Described {
  readonly schema: "azure-coreos-cluster/platform/1";
  readonly action: "install" | "upgrade" | "uninstall";
  readonly name: string;
  readonly resourceGroup: string;
  /** Applications are at APP.DOMAIN. */
  readonly domain: string;
  /** What `drycc register` and `drycc login` take. */
  readonly controller: string;
  readonly adminUsername: string;
  /** Absolute path of the admin's password, where this tool made it. */
  readonly passwordFile?: string;
  /** Names of the nodes that are k3s servers; the first one has the gateway. */
  readonly servers: readonly string[];
  readonly installer: {
    /** A URL, or an absolute path. */
    readonly source: string;
    readonly sha256: string;
  };
  /** In the order in which they ended. */
  readonly steps: readonly {
    readonly step: string;
    readonly node: string;
    /** Absent for one that was done before. */
    readonly seconds?: number;
  }[];
  readonly seconds: number;
}

/** What `platform status --json` prints. */
export interface PlatformStatusDocument extends Described {
  readonly schema: "azure-coreos-cluster/platform-status/1";
  readonly name: string;
  readonly domain: string;
  /** All steps are done, all nodes are ready, nothing is missing and the gateway answers. */
  readonly healthy: boolean;
  /** Names of steps that are not done, with their nodes. */
  readonly left: readonly { readonly step: string; readonly node: string }[];
  readonly nodes: readonly {
    readonly name: string;
    /** "none": k3s does not know it. */
    readonly role: "server" | "agent" | "none";
    readonly ready: boolean;
    /** k3s' version. */
    readonly version?: string;
  }[];
  /** "namespace/name: what it is", of pods that neither run with all their parts nor are done. */
  readonly notReady: readonly string[];
  /** Seen from here. */
  readonly gateway: readonly { readonly port: number; readonly answers: boolean }[];
  /** What a name below the domain leads to. */
  readonly record: { readonly addresses: readonly string[]; readonly leadsHere: boolean };
}

/** What `kubeconfig --json` prints. */
export interface KubeconfigDocument extends Described {
  readonly schema: "azure-coreos-cluster/kubeconfig/1";
  readonly name: string;
  /** Absolute path of the file, which is secret. */
  readonly file: string;
  /** Address of the API in it. */
  readonly server: string;
  /** What opens the way there; absent where it is reached straight. */
  readonly tunnel?: string;
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

/** A resource that was deleted, or is left. */
export interface Gone {
  readonly kind: string;
  readonly id: string;
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

/** One node's part of `run --json`. */
export interface NodeRun {
  readonly index: number;
  readonly name: string;
  /** The command's, or 255 without a connection (as ssh), 124 after the time limit (as timeout), 128 + n after signal n. */
  readonly code: number;
  /** The beginning, as UTF-8; bytes that are none come as U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** How much the command wrote. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** True when it wrote more than is here. */
  readonly truncated: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RunResult {
  /** The worst of the nodes'. */
  readonly exit: number;
  readonly nodes: readonly NodeRun[];
}

/** What `run --json` prints. */
export interface RunDocument extends Described, RunResult {
  readonly schema: "azure-coreos-cluster/run/1";
  readonly name: string;
  readonly command: string;
}

/** What `logs --json` prints. */
export interface LogsDocument extends Described {
  readonly schema: "azure-coreos-cluster/logs/1";
  readonly name: string;
  /** "console": the machine's serial console, from Azure. "journal": the node's, over SSH. */
  readonly source: "console" | "journal";
  readonly unit?: string;
  readonly nodes: readonly {
    readonly index: number;
    readonly name: string;
    /** The last lines, as UTF-8. */
    readonly text: string;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

/** Something that looks like a cluster's. */
export interface Alike {
  readonly kind: string;
  readonly id: string;
  /** Why it is kept: what is said after its name. */
  readonly why: string;
  /** What deletes it, if it is to go. */
  readonly command: string;
}

/** What `lint --json` prints. */
export interface LintDocument extends Described {
  readonly schema: "azure-coreos-cluster/lint/1";
  readonly file: string;
  readonly platform: string;
  /** How many of the findings are errors: a node refuses the file, or ignores what it says. */
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
}

/** Why something could not be done. */
export interface Failure {
  /** Ours, or Azure's: docs/troubleshooting.md has what is known of it. */
  readonly code: string;
  readonly message: string;
  /** What to do; empty where nothing is known. */
  readonly advice: string;
  /** Whose fault it is. */
  readonly source: "user" | "azure" | "node" | "bug";
  /** Where to read on. */
  readonly link?: string;
  /** What lies underneath, a line each. */
  readonly cause?: string;
}

/** What any command with `--json` prints when it fails. */
export interface ErrorDocument extends Described {
  readonly error: Failure;
}

/** A cluster that `gc` could not destroy. */
export interface FailedDocument {
  readonly name: string;
  readonly resourceGroup: string;
  readonly error: Failure;
}

/** The file of `create --output`. */
export interface StateFile extends ClusterDocument {
  /** As the script of 2015 wrote it, with the next three. */
  readonly discovery_url: string | null;
  readonly vms: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly identity: string;
  }[];
  /** Private addresses. */
  readonly ips: readonly string[];
  /** Public addresses, with `--pip`. */
  readonly pips: readonly string[];
}

/** A line of `--events FILE`. A file of many lines: they do not name their schema. */
export interface EventLine {
  readonly schema: 1;
  /** ISO time. */
  readonly at: string;
  /**
   * "plan": what is about to be done, `count` resources. "phase": a step that is no resource ("preflight", "keys", "readiness"), `detail`
   * says more. "started": the first request for the resource is on its way. "waiting": Azure accepted it and works on it. "retrying": in
   * `delayMs`, because of `code`. "unchanged": it is there, as desired. "done": made or changed (`change` says which), or deleted.
   * "skipped": something that it needs has failed, or the run was interrupted. "note": a sentence for the user that is no error.
   */
  readonly kind:
    | "plan"
    | "phase"
    | "started"
    | "waiting"
    | "retrying"
    | "unchanged"
    | "done"
    | "failed"
    | "skipped"
    | "note"
    | "end";
  /** ARM id, or a word for what has none ("preflight"). */
  readonly id: string;
  readonly label: string;
  readonly change?: "created" | "updated" | "deleted" | "deallocated" | "started";
  readonly count?: number;
  readonly delayMs?: number;
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  /** Index of the node it belongs to. */
  readonly node?: number;
  /** How far a node that is waited for has come: "unreachable", "no-login", "ssh"... */
  readonly step?: string;
}
