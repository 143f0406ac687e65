/** What several documents have in common: who was asked, a node, what it costs, why something failed. */

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

/** A resource that was deleted, or is left. */
export interface Gone {
  readonly kind: string;
  readonly id: string;
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
