/** The platform on a cluster, and the way to its API. */
import type { Described } from "./parts.ts";

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
