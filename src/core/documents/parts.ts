/**
 * What several documents have in common: who was asked, a node, what it costs, why something failed. What stands above a field here is
 * what editors show of it, so each field has its words, which say it alone.
 */

/** What a document says of itself. */
export interface Described {
  /** Address of the JSON Schema that the document keeps to. */
  readonly $schema: string;
}

/** A document that says of which kind it is. */
export interface Versioned<Name extends string> extends Described {
  /** Which kind of document it is, and its version: one that loses a field, or means something else by it, has another number. */
  readonly schema: Name;
}

/** Which cluster. */
export interface OfCluster {
  /** Name of the cluster. */
  readonly name: string;
  /** Name of the resource group that the cluster is in. */
  readonly resourceGroup: string;
}

/** How long a command took. */
export interface Timed {
  /** What the command took, in whole seconds. */
  readonly seconds: number;
}

/** Which subscription was asked, and who asked. */
export interface AskedDocument {
  /** The Azure subscription that was asked. */
  readonly subscription: {
    /** Its id, a UUID. */
    readonly id: string;
    /** Its name; absent where nobody may, or need, ask for it. */
    readonly name?: string;
  };
  /** Who asked. */
  readonly signIn: {
    /** What signed in. "loopback" and "simulation": nobody did. "unknown": the sign-in does not say. */
    readonly kind: "user" | "service principal" | "managed identity" | "loopback" | "simulation" | "unknown";
    /** The user's name, the application's id, or the identity's name; absent where the sign-in does not say. */
    readonly name?: string;
  };
}

/** A node, as every document shows it. */
export interface NodeDocument {
  /** Number of the node, from 0: it keeps it for life. */
  readonly index: number;
  /** Name of its machine, which is its host name: "mycluster-coreos-0". */
  readonly name: string;
  /** Where to connect for SSH: name or address of the load balancer, or the node's own address in a private cluster. */
  readonly host: string;
  /** Port of its SSH at `host`: 22001 + its index if nothing else was asked for, 22 in a private cluster. */
  readonly port: number;
  /** User to log in as. */
  readonly user: string;
  /** Absolute path of the private key to log in with; empty when it is not on this machine. */
  readonly identityFile: string;
  /** Its address in the virtual network. */
  readonly privateIp: string;
  /** Its own public address, with `--pip`; absent without one. */
  readonly publicIp?: string;
  /** Availability zone of its machine, "1" to "3", with `--zones`; absent where it is in none. */
  readonly zone?: string;
  /** Its machine is a spot machine; absent where it is none. */
  readonly spot?: true;
  /** How it is, in a word or two: "ready", "running, not asked", "missing", "deallocated" ... */
  readonly state: string;
  /** Azure's name of its machine's size, "Standard_D2s_v5"; absent where there is no machine. */
  readonly vmSize?: string;
  /** Why Azure did not make or change its machine, or what that stands on; absent where nothing of it failed. */
  readonly error?: NodeError;
}

/** What one part of a node failed with. */
export interface NodeError {
  /** In one word, Azure's or ours. */
  readonly code: string;
  /** In a sentence, Azure's own where it is Azure's. */
  readonly message: string;
}

/** A size in a location that was wished and was not to be had. */
export interface PassedOver {
  /** Azure's name of the size. */
  readonly vmSize: string;
  /** The location in which it was not to be had. */
  readonly location: string;
  /** Why, in one word: the preflight's, or Azure's ("QuotaExceeded", "AllocationFailed"). */
  readonly code: string;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** What would have done, in order of wish, and what of it was taken. */
export interface ChoicesDocument {
  /** Azure's names of the sizes that would do, the most wanted first. */
  readonly vmSizes: readonly string[];
  /** The locations that would do, the most wanted first. */
  readonly locations: readonly string[];
  /** The size that new machines get. */
  readonly vmSize: string;
  /** The location that the cluster is in, or goes to. */
  readonly location: string;
  /** What was wanted more, and was not to be had; empty when the first of the wish was. */
  readonly passedOver: readonly PassedOver[];
}

/** What of a cluster is paid for, as the price list has it. */
export interface CostItem {
  /** What it is: "machines Standard_D2s_v5". */
  readonly what: string;
  /** How many of them. */
  readonly count: number;
  /** The price list's own name for it; absent where this tool knows none. */
  readonly meter?: string;
  /** Price of one for one `unit`, in the document's currency; absent where the list has no price. */
  readonly unitPrice?: number;
  /** What `unitPrice` is for, as the list writes it: "1 Hour", "1/Month"; absent where the list has no price. */
  readonly unit?: string;
  /** Price of all of them for an hour, in the document's currency; absent where the list has no price. */
  readonly perHour?: number;
}

/** What a cluster costs by Azure's list prices: an estimate. */
export interface CostDocument {
  /** Currency of every amount here, by its code of ISO 4217: "USD". */
  readonly currency: string;
  /** What it costs an hour, as far as prices are known; absent where none is. */
  readonly perHour?: number;
  /** What it costs in 30 days, which are 720 hours; absent where no price is known. */
  readonly per30Days?: number;
  /** What it has cost since it was made, at today's prices; absent for a cluster that is not there yet. */
  readonly soFar?: number;
  /** Time from which `soFar` counts, in ISO 8601; absent without it. */
  readonly since?: string;
  /** Every price is known; else the sums are the least that it costs. */
  readonly complete: boolean;
  /** Why no price is known; absent where one is. */
  readonly unknown?: string;
  /** What is paid for, an entry for each kind of it. */
  readonly items: readonly CostItem[];
  /** What comes on top and is in no sum. */
  readonly notCounted: readonly string[];
  /** What was taken for granted, a sentence each. */
  readonly assumed: readonly string[];
  /** The price list's address, or "rehearsal": then the prices are made up. */
  readonly source: string;
  /** Time at which the price list was asked, in ISO 8601. */
  readonly at: string;
}

/** A resource that was deleted, or is left. */
export interface Gone {
  /** Kind of the resource: "machine", "networkInterface", "disk" ... */
  readonly kind: string;
  /** Its ARM id. */
  readonly id: string;
}

/** Something that looks like a cluster's. */
export interface Alike {
  /** Kind of the resource ("machine", "disk" ...), or Azure's type of one that this tool never makes. */
  readonly kind: string;
  /** Its ARM id. */
  readonly id: string;
  /** Why it is kept: what is said after its name. */
  readonly why: string;
  /** The command that deletes it, if it is to go. */
  readonly command: string;
}

/** Why something could not be done. */
export interface Failure {
  /** What went wrong, in one word, ours or Azure's; docs/troubleshooting.md has what is known of Azure's. */
  readonly code: string;
  /** What went wrong, in a sentence. */
  readonly message: string;
  /** What to do about it; empty where nothing is known. */
  readonly advice: string;
  /** Whose fault it is: the caller's, Azure's, a node's, or this tool's own ("bug"). */
  readonly source: "user" | "azure" | "node" | "bug";
  /** Address of a page to read on; absent where there is none. */
  readonly link?: string;
  /** What lies underneath, a line each; absent where nothing does. */
  readonly cause?: string;
}

/** Why a node could not be asked, or not be asked all. */
export interface NodeFailure {
  /** Why, in one word: "SshTimeout", "UnitNotFound" ... */
  readonly code: string;
  /** Why, in a sentence. */
  readonly message: string;
}
