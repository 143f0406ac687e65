/** The platform on a cluster, and the way to its API. */
import type { OfCluster, Timed, Versioned } from "./parts.ts";

/** What `platform install|upgrade|uninstall --json` prints. */
export interface PlatformDocument extends Versioned<"azure-coreos-cluster/platform/1">, OfCluster, Timed {
  /** What was done. */
  readonly action: "install" | "upgrade" | "uninstall";
  /** The platform's domain: applications are at APP.DOMAIN. */
  readonly domain: string;
  /** Address of the controller, which `drycc register` and `drycc login` take. */
  readonly controller: string;
  /** Name of the platform's admin. */
  readonly adminUsername: string;
  /** Absolute path of the file with the admin's password; absent where the password was given, and where this run needed none. */
  readonly passwordFile?: string;
  /** Names of the nodes that are k3s servers; the first one has the gateway. */
  readonly servers: readonly string[];
  /** The installer that the nodes ran. */
  readonly installer: {
    /** Where it is from: a URL, or an absolute path. */
    readonly source: string;
    /** Its SHA-256, in hexadecimal. */
    readonly sha256: string;
  };
  /** Steps on nodes, in the order in which they ended. */
  readonly steps: readonly {
    /** Name of the step, which is the installer's own word where it has one. */
    readonly step: string;
    /** Name of the node that it ran on. */
    readonly node: string;
    /** What it took, in whole seconds; absent for one that was done before. */
    readonly seconds?: number;
  }[];
}

/** What `platform status --json` prints. */
export interface PlatformStatusDocument extends Versioned<"azure-coreos-cluster/platform-status/1"> {
  /** Name of the cluster. */
  readonly name: string;
  /** The platform's domain: applications are at APP.DOMAIN. */
  readonly domain: string;
  /** All steps are done, all nodes and pods are ready, the gateway answers, and the record leads to it. */
  readonly healthy: boolean;
  /** Steps that are not done. */
  readonly left: readonly {
    /** Name of the step. */
    readonly step: string;
    /** Name of the node that lacks it. */
    readonly node: string;
  }[];
  /** The cluster's nodes, as k3s sees them. */
  readonly nodes: readonly {
    /** Name of the node. */
    readonly name: string;
    /** What it is in k3s. "none": k3s does not know it. */
    readonly role: "server" | "agent" | "none";
    /** k3s calls it ready. */
    readonly ready: boolean;
    /** Version of its k3s; absent where k3s does not tell one. */
    readonly version?: string;
  }[];
  /** Pods that neither run with all their parts nor are done: "namespace/name: what it is". */
  readonly notReady: readonly string[];
  /** The platform's ports at the load balancer, tried from this machine. */
  readonly gateway: readonly {
    /** The port. */
    readonly port: number;
    /** Something answers there. */
    readonly answers: boolean;
  }[];
  /** What DNS says of a name below the domain. */
  readonly record: {
    /** The addresses that it leads to; empty where there is no record. */
    readonly addresses: readonly string[];
    /** All of them are the cluster's. */
    readonly leadsHere: boolean;
  };
}

/** What `kubeconfig --json` prints. */
export interface KubeconfigDocument extends Versioned<"azure-coreos-cluster/kubeconfig/1"> {
  /** Name of the cluster. */
  readonly name: string;
  /** Absolute path of the kubeconfig file, which is secret. */
  readonly file: string;
  /** Address of the API in it. */
  readonly server: string;
  /** The command that opens the way there; absent where it is reached straight. */
  readonly tunnel?: string;
}
