/** A cluster as it is, as it would be, and as it is kept in a file. */
import type { AskedDocument, ChoicesDocument, CostDocument, NodeDocument, OfCluster, Timed, Versioned } from "./parts.ts";

/** Which cluster, and where. */
interface Placed extends OfCluster {
  /** Azure's name of the location that the cluster is in: "westus2". */
  readonly location: string;
}

/** What `create` and `status` say of a cluster, without its nodes. */
interface ClusterFacts extends Versioned<"azure-coreos-cluster/1">, Placed, AskedDocument, Timed {
  /** The public DNS name of the load balancer, as Azure told it; of a private cluster its address. Empty where it has none yet. */
  readonly host: string;
  /** The address of the load balancer; empty where it has none yet. */
  readonly ip: string;
  /** etcd on the nodes. */
  readonly etcd: {
    /** How members find each other: by a list that each is given, or by a discovery URL. "none": there is no etcd. */
    readonly mode: "static" | "discovery" | "none";
    /** Names of the machines that are members. */
    readonly members: readonly string[];
    /** The discovery URL; absent in the other modes. */
    readonly discoveryUrl?: string;
  };
  /** What a platform on the cluster is set up with; absent without `--deis`. */
  readonly deis?: {
    /** SSH of the first node, ADDRESS:PORT, as DEISCTL_TUNNEL is to have it. */
    readonly tunnel: string;
    /** The platform's domain: the cluster's DNS name. */
    readonly domain: string;
    /** The commands, one after the other, that make a platform of it; absent where this tool has none: on Flatcar and CoreOS. */
    readonly commands?: readonly string[];
  };
  /** How many of the cluster's resources this run made, found as they should be, and changed. */
  readonly resources: {
    /** How many were made. */
    readonly created: number;
    /** How many were there and are as they were. */
    readonly unchanged: number;
    /** How many were changed. */
    readonly updated: number;
  };
  /** Which sizes and locations would have done, and which were taken. Of `status`: the cluster's own; it passed over nothing. */
  readonly choices?: ChoicesDocument;
}

/** What `create --json` prints. */
export interface ClusterDocument extends ClusterFacts {
  /** The cluster's nodes, in the order of their indexes. */
  readonly nodes: readonly NodeDocument[];
}

/** What `plan --json` prints. */
export interface PlanDocument extends Versioned<"azure-coreos-cluster/plan/1">, Placed, AskedDocument {
  /** Which sizes and locations would do, and which are taken. */
  readonly choices: ChoicesDocument;
  /** The tags that `--tag` gives to the group and everything in it; absent without any. */
  readonly tags?: Readonly<Record<string, string>>;
  /** All resources of the cluster, what is there already too. */
  readonly resources: readonly {
    /** Kind of the resource: "machine", "networkInterface", "loadBalancer" ... */
    readonly kind: string;
    /** Its ARM id. */
    readonly id: string;
    /** The same for people: "machine mycluster-coreos-0". */
    readonly label: string;
    /** What a create would do with it: "create", "update", "replace", "wait" or "unchanged". */
    readonly action: string;
    /** Availability zone of a machine, or of an address of its own; absent where it is in none. */
    readonly zone?: string;
    /** It is a spot machine; absent where it is none. */
    readonly spot?: true;
    /** What an "update" makes different: "+ SSH 22004, 22005"; empty when it is only this tool's own marks, absent for other actions. */
    readonly changes?: readonly string[];
  }[];
  /** What all of it costs, what is there already too. */
  readonly cost: CostDocument;
}

/** How what is there differs from what was made. */
export interface Drift {
  /** What differs, in a word. */
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
    | "loose-disk"
    | "loose-address"
    | "dns-name"
    | "security-rule"
    | "foreign-resource"
    | "etcd-certificate"
    | "expired"
    | "being-destroyed";
  /** What differs, in a sentence, and often what mends it. */
  readonly message: string;
  /** ARM id of what it is about; absent where that is no single resource, or a machine that is there. */
  readonly id?: string;
  /** Index of the node that it is about; absent where it is about none. */
  readonly node?: number;
  /** The cluster does not work as it was asked for; else it is only worth knowing. */
  readonly harm: boolean;
}

export interface StatusNode extends NodeDocument {
  /** Whether its machine has power, in Azure's words: "running", "deallocated"; absent where there is no machine. */
  readonly power?: string;
  /** Azure's provisioning state of its machine: "Succeeded", "Failed" ...; absent where there is no machine. */
  readonly provisioning?: string;
  /** What the node itself says: "ready", how far it came ("unreachable", "no-login", "ssh" ...), or "unknown" when it was not asked. */
  readonly health: string;
  /** Why it is not ready, or where its machine went, as far as that is known. */
  readonly reason?: string;
  /** Time at which its machine was made, in ISO 8601; absent where Azure does not tell it. */
  readonly createdAt?: string;
  /** The system that it runs, as it says itself: "flatcar 4459.2.1"; absent where it did not answer. */
  readonly system?: string;
  /**
   * The version that a reboot would bring, or "unknown" where the node only says that it needs one; absent where it needs none, and
   * where it did not answer.
   */
  readonly rebootTo?: string;
  /** Time at which its etcd certificate ends, in ISO 8601; absent where it has none, and where it did not answer. */
  readonly certificateEnds?: string;
}

/** What `status --json` prints: create's document, and what only a look at what is there can tell. */
export interface StatusDocument extends ClusterFacts {
  /** The cluster's nodes, in the order of their indexes. */
  readonly nodes: readonly StatusNode[];
  /** How many nodes are in which state: `{ "ready": 2, "running, not asked": 1 }`. */
  readonly states: { readonly [state: string]: number };
  /** What is open, beside SSH: the load balancer has its rule, and the security group lets in. */
  readonly endpoints: readonly {
    /** Name of its rule: "web", "https", "builder" or "kube-api". */
    readonly name: string;
    /** The port. */
    readonly port: number;
    /** Who may come, as ranges or Azure's tags; absent where everybody may. */
    readonly from?: readonly string[];
  }[];
  /** Who may come to SSH, as ranges or Azure's tags, nobody where it is empty; absent where everybody may. */
  readonly sshFrom?: readonly string[];
  /** Endpoints that were asked for and are not open; absent where all are. `drift` says what is in the way. */
  readonly notOpen?: readonly {
    /** As in `endpoints`. */
    readonly name: string;
    /** The port. */
    readonly port: number;
  }[];
  /** What is not as it was made; empty when everything is. */
  readonly drift: readonly Drift[];
  /** What it costs now, and has cost so far. */
  readonly cost: CostDocument;
  /** Time after which `gc` destroys it, in ISO 8601; absent without `--ttl`. */
  readonly expires?: string;
  /** Time since which it is stopped on purpose, in ISO 8601; absent where it is not. `start` starts it. */
  readonly stopped?: string;
  /** It is a rehearsal: nothing of it is in Azure. Absent in earnest. */
  readonly simulated?: true;
}

/**
 * "complete": as many machines as were asked for, made, and none of them failed. "incomplete": fewer. "half made": no claim. "expired":
 * its time is over, and `gc` destroys it. "stopped": by `stop`. "being destroyed": a destroy has begun.
 */
export type ClusterState = "complete" | "incomplete" | "half made" | "expired" | "stopped" | "being destroyed";

/** A cluster of `list --json`, which prints an array of them. */
export interface ListDocument extends Versioned<"azure-coreos-cluster/list/1">, Placed, AskedDocument {
  /** The public DNS name of the load balancer; of a private cluster its address. Empty where it is not known. */
  readonly host: string;
  /** The address of the load balancer; empty where it is not known. */
  readonly ip: string;
  /** How many machines are there or being made, and have not failed. */
  readonly nodes: number;
  /** How many machines were asked for; 0 where nothing says it. */
  readonly wanted: number;
  /** Availability zones that its machines are in; absent where they are in none. */
  readonly zones?: readonly string[];
  /** How many of its machines are spot machines; absent for none. */
  readonly spot?: number;
  /** Time at which the oldest of its machines was made, in ISO 8601; absent where there is none. */
  readonly createdAt?: string;
  /** Time after which `gc` destroys it, in ISO 8601; absent without `--ttl`. */
  readonly expires?: string;
  /** How it is, as far as Azure alone can tell. */
  readonly state: ClusterState;
}

/** The file of `create --output`. */
export interface StateFile extends ClusterDocument {
  /** As the script of 2015 wrote it: etcd's discovery URL, or null. */
  readonly discovery_url: string | null;
  /** As the script of 2015 wrote it: how to reach each node. */
  readonly vms: readonly {
    /** Name of the machine. */
    readonly name: string;
    /** Where to connect for SSH. */
    readonly host: string;
    /** Port of its SSH there. */
    readonly port: number;
    /** User to log in as. */
    readonly user: string;
    /** Absolute path of the private key; empty when it is not on this machine. */
    readonly identity: string;
  }[];
  /** As the script of 2015 wrote it: the nodes' private addresses. */
  readonly ips: readonly string[];
  /** As the script of 2015 wrote it: the nodes' public addresses, with `--pip`; else empty. */
  readonly pips: readonly string[];
}
