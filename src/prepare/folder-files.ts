/**
 * What this tool puts into the cluster's folder `NAME/`, a row a file: what is looked at before it is believed, and what goes with the
 * cluster, are the same files. The SSH key lies beside the folder, and several clusters may share it.
 */

export const FOLDER_FILES = {
  owner: "cluster.json",
  knownHosts: "known_hosts",
  sshConfig: "ssh_config",
  /** Where the private key lies: a path, and never a key. */
  privateKeyPath: "identity",
  publicKey: "ssh-key.pub",
  /** The hops that were given last, and ssh's configuration that goes through them. */
  jump: "jump",
  jumpConfig: "jump_config",
  etcdCa: "etcd-ca.pem",
  etcdCaKey: "etcd-ca.key",
  etcdClient: "etcd-client.pem",
  etcdClientKey: "etcd-client.key",
  kubeconfig: "kubeconfig",
  platformPassword: "drycc-admin-password",
  reboot: "reboot.json",
  /** Of an export, beside the file that holds no secret: the nodes' keys. */
  armValues: "export.parameters.json",
  terraformValues: "export.tfvars.json",
} as const;

export const userDataFile = (node: number): string => `user-data-${node}.yaml`;
export const isUserDataFile = (file: string): boolean => /^user-data-\d+\.yaml$/.test(file);

/** Beside the folder: keys that several clusters may share. */
export const isSharedKeyFile = (file: string): boolean => /^(ssh-cert\.(key|pem|cer|pub)|azure-cert\.(pem|cer))$/.test(file);

/** Beside it, too: the state of the simulation. A rehearsal and `emulate` go on where the other stopped. */
export const SIMULATION_FILE = ".simulated-azure.json";

/** For as long as one command lasts, beside that which stays. */
export const tunnelKubeconfig = (port: number): string => `${FOLDER_FILES.kubeconfig}-${port}`;

export const isFolderFile = (file: string): boolean => NAMES.has(file) || isUserDataFile(file) || /^kubeconfig-\d+$/.test(file);

/** What a killed run left of one that it was about to replace, too. */
export const isLeftOfOne = (file: string): boolean =>
  isFolderFile(file.replace(/^\.?(.+?)(\.[0-9a-f]{8}([0-9a-f]{4})?)?$/, "$1"));

// --- internal ---

const NAMES: ReadonlySet<string> = new Set(Object.values(FOLDER_FILES));
