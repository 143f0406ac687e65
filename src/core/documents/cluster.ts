/** A cluster as it is, as it would be, and as it is kept in a file. */
import type { AskedDocument, ChoicesDocument, CostDocument, Described, NodeDocument } from "./parts.ts";

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
