/** The SSH key of a cluster, as the rest of the tool sees it: the public line, and where the private half is. Data only. */
export interface SshKey {
  /** One OpenSSH line; exactly the cluster's own text where the cluster has this key already. */
  readonly publicKey: string;
  /** Absent when the private key is not on this machine: logging in must be left to ssh's agent, or skipped. */
  readonly privateKeyFile?: string;
  /** SHA-1 of the certificate, upper-case hex; absent for a key without a certificate. */
  readonly thumbprint?: string;
  /** True when this call generated the key. */
  readonly made: boolean;
  /** The files that belong to it, used or made. */
  readonly files: readonly string[];
  /** Sentences for the user. */
  readonly notes: readonly string[];
}
