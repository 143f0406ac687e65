/**
 * What one node must become: the input of its user-data. Made by core/plan from the spec and the materials; rendered by
 * core/user-data.ts. Plain data, serialisable.
 */
export type Platform = "flatcar" | "coreos" | "ubuntu" | "debian";

/** Where a member of the etcd cluster is: the machine's name is its ETCD_NAME. */
export interface EtcdMember {
  readonly name: string;
  readonly address: string;
}

/** PEM texts for one node (etcd peer, client and server certificate) and the CA that signed them. */
export interface NodeTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Where the node's etcd certificate is on the node: for clients there, and for whoever fetches it. */
export const NODE_TLS_FILES = {
  ca: "/etc/etcd/tls/ca.pem",
  certificate: "/etc/etcd/tls/node.pem",
  key: "/etc/etcd/tls/node-key.pem",
} as const;

/** Where a member keeps the cluster's etcd authority, certificate and key: root's alone, and not in the folder that etcd sees. */
export const AUTHORITY_FILE = "/etc/etcd/authority.pem";

export interface EtcdConfig {
  /** Static bootstrap from known addresses, or a discovery URL: one of the two, never neither. */
  readonly mode: "static" | "discovery";
  /** All members (static), in node order; at most 7. */
  readonly members: readonly EtcdMember[];
  /** Unique for the cluster: ETCD_INITIAL_CLUSTER_TOKEN. */
  readonly token: string;
  readonly discoveryUrl?: string;
  /** "existing" for a node that joins by `member add`. */
  readonly state: "new" | "existing";
  /** Tag of quay.io/coreos/etcd on Flatcar, for members and gateways; absent: ETCD_VERSION of core/etcd-version.ts. */
  readonly imageTag?: string;
}

/** An OpenSSH ed25519 host key: the private key in OpenSSH PEM form, the public one as a known_hosts/authorized_keys line. */
export interface HostKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface NodeConfig {
  readonly platform: Platform;
  readonly cluster: string;
  /** The machine's name. */
  readonly name: string;
  readonly index: number;
  /** Private IPv4 address. */
  readonly address: string;
  /** "member" runs etcd; "gateway" reaches the members at 127.0.0.1:2379; "none" of a cluster without etcd. */
  readonly role: "member" | "gateway" | "none";
  readonly etcd: EtcdConfig;
  /** Absent where etcd speaks plain http: `--etcd-plain`, CoreOS, discovery by an old URL. */
  readonly tls?: NodeTls;
  /** etcd speaks TLS, and the node's certificate is brought to it when it runs: the authority was not at hand. */
  readonly tlsLater?: boolean;
  /** Absent with `--no-host-keys`: the node makes its own. */
  readonly hostKey?: HostKey;
  /** LUN 0, when `--data-disk` is given; where it is mounted. */
  readonly dataDiskMount?: string;
  readonly deis: boolean;
}
