/**
 * What is printed at the end: the JSON document that scripts read, the ssh config, the DNS lines, and a person's next
 * steps. Pure functions of the finished cluster; they print nothing and know no file but by its name.
 */
import type { Platform } from "./node-config.ts";

export interface NodeDocument {
  readonly index: number;
  readonly name: string;
  /** Where to connect for SSH: the load balancer's address. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of the private key; empty when it is not on this machine. */
  readonly identityFile: string;
  readonly privateIp: string;
  /** With `--pip`. */
  readonly publicIp?: string;
  /** "ready", "not ready", "missing" ... */
  readonly state: string;
}

/** Exactly what `--json` prints; documented for scripts, so that names and meanings stay. */
export interface ClusterDocument {
  readonly schema: "azure-coreos-cluster/1";
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** The public DNS name, as Azure told it. */
  readonly host: string;
  /** The public address of the load balancer. */
  readonly ip: string;
  readonly nodes: readonly NodeDocument[];
  readonly etcd: { readonly mode: "static" | "discovery"; readonly members: readonly string[]; readonly discoveryUrl?: string };
  readonly deis?: { readonly tunnel: string; readonly domain: string };
  readonly resources: { readonly created: number; readonly unchanged: number; readonly updated: number };
  /** Wall time of the command. */
  readonly seconds: number;
}

/** The document of a cluster: nodes in order, and with `deis` the tunnel and domain that deisctl asks for. */
export function clusterDocument(facts: Omit<ClusterDocument, "schema" | "deis">, deis: boolean): ClusterDocument {
  const nodes = [...facts.nodes].sort((a, b) => a.index - b.index);
  const first = nodes[0];
  return {
    schema: "azure-coreos-cluster/1",
    name: facts.name,
    resourceGroup: facts.resourceGroup,
    location: facts.location,
    host: facts.host,
    ip: facts.ip,
    nodes,
    etcd: facts.etcd,
    ...(deis && first !== undefined ? { deis: { tunnel: `${facts.ip}:${first.port}`, domain: facts.host } } : {}),
    resources: facts.resources,
    seconds: facts.seconds,
  };
}

/**
 * `Host` blocks for ~/.ssh/config, one a node. Checking is strict: the host keys are known before first contact, in the
 * cluster's own known_hosts (an absolute path).
 */
export function sshConfig(document: Pick<ClusterDocument, "nodes">, options: { knownHostsFile: string }): string {
  return document.nodes
    .map((node) =>
      [
        `Host ${node.name}`,
        `  HostName ${node.host}`,
        `  Port ${node.port}`,
        `  User ${node.user}`,
        ...(node.identityFile === "" ? [] : [`  IdentityFile ${quoted(node.identityFile)}`]),
        `  UserKnownHostsFile ${quoted(options.knownHostsFile)}`,
        "  StrictHostKeyChecking yes",
        "",
      ].join("\n"),
    )
    .join("\n");
}

/** The zone lines of `--pip`, as the old script printed them; empty without public addresses. */
export function dnsLines(document: Pick<ClusterDocument, "nodes">): string {
  const addresses = document.nodes.flatMap((node) => node.publicIp ?? []);
  if (addresses.length === 0) return "";
  return [...addresses.map((address) => `@ 10800 IN A ${address}`), "* 10800 IN CNAME @", ""].join("\n");
}

export interface NextStepsOptions {
  readonly deis: boolean;
  readonly platform: Platform;
  /** The private key as the person would type it, e.g. `ssh-cert.key`; empty when it is not on this machine. */
  readonly sshKeyFile: string;
  /** etcd asks for certificates: the nodes have a command that brings theirs. */
  readonly etcdTls: boolean;
  /** In a rehearsal: the flags that lead back into it, " --simulate"; no machine is there to log in to. */
  readonly rehearsal?: string;
}

/** What to type next, for a person (stderr): plain lines, with the article's steps for `--deis` on the old platform. */
export function nextSteps(document: ClusterDocument, options: NextStepsOptions): string {
  const { name, host, ip, nodes } = document;
  const port = nodes[0]?.port ?? 22001;
  const key = options.sshKeyFile;
  const lines = [
    `${name} is at ${ip}${host === "" || host === ip ? "" : ` (${host})`}.`,
    "",
    "Next:",
    ...commands(options.rehearsal === undefined ? realCommands(document, options) : rehearsedCommands(name, options.rehearsal)),
  ];
  if (options.deis) lines.push("", ...(options.platform === "coreos" ? deisSteps(ip, port, host, key) : deisOnFlatcar(host)));
  return `${lines.join("\n")}\n`;
}

const realCommands = (
  { name, ip, nodes }: ClusterDocument,
  { sshKeyFile: key, etcdTls }: NextStepsOptions,
): [string, string][] => [
  [`azure-coreos-cluster ssh ${name}`, `log in to node 0`],
  [
    `ssh${key === "" ? "" : ` -i ${shell(key)}`} -p ${nodes[0]?.port ?? 22_001} core@${ip}`,
    "the same with plain ssh; the Host blocks go into ~/.ssh/config",
  ],
  [`azure-coreos-cluster ssh ${name} -- ${etcdTls ? "cluster-etcdctl" : "etcdctl"} member list`, "the members of etcd"],
  [`azure-coreos-cluster status ${name}`, "nodes, health and endpoints, from any machine"],
  [`azure-coreos-cluster destroy ${name}`, "remove everything"],
];

const rehearsedCommands = (name: string, flags: string): [string, string][] => [
  [`azure-coreos-cluster status ${name}${flags}`, "nodes and endpoints, as far as Azure goes"],
  [`azure-coreos-cluster ${name} --num-nodes 5${flags}`, "grow it"],
  [`azure-coreos-cluster destroy ${name}${flags}`, "remove everything"],
];

/** The steps of the article that this tool was made for. */
const deisSteps = (ip: string, port: number, host: string, key: string): string[] => [
  "Deis (v1 ended in 2017: nothing that installs it is known to be online; with your own copy of deisctl and its images):",
  `  export DEISCTL_TUNNEL=${ip}:${port}`,
  `  ssh-add ${shell(key === "" ? "ssh-cert.key" : key)}`,
  `  deisctl config platform set domain=${host}`,
  `  deisctl config platform set sshPrivateKey=${shell(key === "" ? "ssh-cert.key" : key)}`,
  "  deisctl install platform",
  "  deisctl start platform",
];

const deisOnFlatcar = (host: string): string[] => [
  "Deis: the endpoints 80, 443 and 2222 are open as Deis wants them, and nothing listens there yet. " +
    "Deis v1 ended in 2017 and needs fleet, which Flatcar does not have. " +
    "What lives on is Drycc Workflow, on k3s (https://github.com/drycc/workflow): any server that answers " +
    `/health-check on port 80 of the nodes is reached at http://${host} at once. For your own CoreOS image: --platform coreos.`,
];

function commands(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`);
}

/** ssh_config(5): a percent sign starts a token, and arguments with spaces stand in double quotes. */
function quoted(path: string): string {
  const literal = path.replaceAll("%", "%%");
  return /\s/.test(literal) ? `"${literal}"` : literal;
}

/** A word for a POSIX shell. */
const shell = (word: string): string => (/^[\w./~:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
