/**
 * What is printed at the end: the JSON document that scripts read, the ssh config, the DNS lines, and a person's next
 * steps. Pure functions of the finished cluster; they print nothing and know no file but by its name.
 */
import { shellWord, sshConfigWord } from "./quoting.ts";
import { askedFields } from "./account.ts";
import type { ClusterDocument } from "./documents.ts";
import { type SshFacts, sshOptions } from "./ssh-options.ts";
import type { Platform } from "./node-config.ts";
import { PLATFORMS, type PlatformRow } from "./plan/platforms.ts";
import { schemaUri } from "./schema-uri.ts";
import type { FlagValues } from "./spec/flags.ts";
import type { Hop } from "./spec/hops.ts";

/** The document of a cluster: nodes in order, and with `deis` the tunnel and domain that deisctl asks for. */
export function clusterDocument(
  facts: Omit<ClusterDocument, "$schema" | "schema" | "deis">,
  spec: Pick<FlagValues, "deis" | "platform">,
): ClusterDocument {
  const nodes = [...facts.nodes].sort((a, b) => a.index - b.index);
  const first = nodes[0];
  return {
    $schema: schemaUri("create"),
    schema: "azure-coreos-cluster/1",
    name: facts.name,
    resourceGroup: facts.resourceGroup,
    location: facts.location,
    host: facts.host,
    ip: facts.ip,
    ...askedFields(facts),
    nodes,
    etcd: facts.etcd,
    ...(spec.deis && first !== undefined ? { deis: deisOf(facts, first.port, whatNext(spec.platform, facts.etcd)) } : {}),
    resources: facts.resources,
    ...(facts.choices === undefined ? {} : { choices: facts.choices }),
    seconds: facts.seconds,
  };
}

const deisOf = ({ name, ip, host }: Pick<ClusterDocument, "name" | "ip" | "host">, port: number, next: DeisNext) => ({
  tunnel: `${ip}:${port}`,
  domain: host,
  ...(next === "platform install" ? { commands: platformCommands(name).map((words) => `azure-coreos-cluster ${words}`) } : {}),
});

/**
 * `Host` blocks for ~/.ssh/config, one a node. Checking is strict: the host keys are known before first contact, in the
 * cluster's own known_hosts (an absolute path). A node that made its own (`unknown`, by index) is trusted on first use.
 */
export function sshConfig(
  document: Pick<ClusterDocument, "nodes">,
  options: { knownHostsFile: string; unknown?: ReadonlySet<number>; jump?: JumpConfig },
): string {
  const hops = options.jump === undefined ? [] : hopBlocks(options.jump, options.knownHostsFile);
  const proxyJump = options.jump === undefined ? undefined : hopAlias(options.jump, options.jump.hops.length - 1);
  const nodes = document.nodes.map((node) =>
    block(node.name, node.host, {
      port: node.port,
      user: node.user,
      identityFile: node.identityFile,
      knownHostsFile: options.knownHostsFile,
      trust: options.unknown?.has(node.index) === true ? "first-use" : "strict",
      proxyJump,
    }),
  );
  return [...hops, ...nodes].join("\n");
}

/** The hops of `--jump`, as plain ssh is to know them. */
export interface JumpConfig {
  readonly cluster: string;
  readonly hops: readonly Hop[];
  /** Keys to log in to them with, beside the agent's; absolute paths of files that are there. */
  readonly keyFiles: readonly string[];
}

/** A name of ours, for what ~/.ssh/config says of the host itself is meant for other things. */
export const hopAlias = ({ cluster }: Pick<JumpConfig, "cluster">, at: number): string => `${cluster}-jump-${at + 1}`;

/** A `Host` block a hop, each behind the one before. They are known to the user's own known_hosts, or are nodes of the cluster behind a tunnel. */
export const hopBlocks = (jump: JumpConfig, knownHostsFile: string): string[] =>
  jump.hops.map(({ user, host, port }, at) =>
    [
      `Host ${hopAlias(jump, at)}`,
      `  HostName ${host}`,
      `  Port ${port}`,
      `  User ${user}`,
      ...jump.keyFiles.map((file) => `  IdentityFile ${sshConfigWord(file)}`),
      `  UserKnownHostsFile ~/.ssh/known_hosts ${sshConfigWord(knownHostsFile)}`,
      "  StrictHostKeyChecking yes",
      "  ConnectTimeout 20",
      ...(at === 0 ? [] : [`  ProxyJump ${hopAlias(jump, at - 1)}`]),
      "",
    ].join("\n"),
  );

const block = (name: string, host: string, facts: SshFacts): string =>
  [`Host ${name}`, `  HostName ${host}`, ...sshOptions(facts).map(([option, value]) => `  ${option} ${value}`), ""].join("\n");

/** The first node's block of a config, for who sees a screen and not a file. */
export const sampleHost = (config: string, name: string): string =>
  config.split(/^(?=Host )/m).find((one) => one.startsWith(`Host ${name}\n`)) ?? config;

/** The same text without the blocks of these hosts. */
export const withoutHosts = (config: string, gone: readonly string[]): string =>
  config
    .split(/^(?=Host )/m)
    .filter((block) => !gone.includes(/^Host (\S+)/.exec(block)?.[1] ?? ""))
    .join("");

/** The zone lines of `--pip`, as the old script printed them; empty without public addresses. */
export function dnsLines(document: Pick<ClusterDocument, "nodes">): string {
  const addresses = document.nodes.flatMap((node) => node.publicIp ?? []);
  if (addresses.length === 0) return "";
  return [...addresses.map((address) => `@ 10800 IN A ${address}`), "* 10800 IN CNAME @", ""].join("\n");
}

export interface NextStepsOptions {
  readonly deis: boolean;
  readonly platform: Platform;
  /** A key is at hand, or an agent holds it. */
  readonly canLogIn: boolean;
  /** The private key as the person would type it, e.g. `ssh-cert.key`; empty when it is not on this machine. */
  readonly sshKeyFile: string;
  /** etcd asks for certificates: the nodes have a command that brings theirs. */
  readonly etcdTls: boolean;
  /** The file with the Host blocks, as the person would type it. */
  readonly sshConfigFile: string;
  /** "destroy mycluster" as a whole command, with the flags that lead to the same Azure. */
  readonly next: (words: string) => string;
  /** No machine is there to log in to. */
  readonly rehearsal: boolean;
}

/** What to type next, for a person (stderr): plain lines, with what `--deis` leads to on the platform. */
export function nextSteps(document: ClusterDocument, options: NextStepsOptions): string {
  const { name, host, ip, nodes } = document;
  const port = nodes[0]?.port ?? 22_001;
  const key = options.sshKeyFile === "" ? "ssh-cert.key" : options.sshKeyFile;
  const lines = [
    ip === ""
      ? `${name} has no address yet, as far as Azure's answers go: \`${options.next(`status ${name}`)}\` shows it when it has.`
      : `${name} is at ${ip}${host === "" || host === ip ? "" : ` (${host})`}.`,
    "",
    "Next:",
    ...commands(options.rehearsal ? rehearsedCommands(document, options) : realCommands(document, options)),
  ];
  if (options.deis) {
    const { platform, next } = options;
    lines.push("", ...DEIS_NEXT[whatNext(platform, document.etcd)]({ name, host, ip, port, key, platform, next }));
  }
  return `${lines.join("\n")}\n`;
}

const realCommands = (document: ClusterDocument, options: NextStepsOptions): [string, string][] => [
  ...logins(document, options),
  [options.next(`status ${document.name}`), "nodes, health and endpoints, from any machine"],
  [options.next(`destroy ${document.name}`), "remove everything"],
];

/** Who lets nobody in here is reached where the private key is. */
function logins({ name, nodes, etcd }: ClusterDocument, options: NextStepsOptions): [string, string][] {
  const { canLogIn, sshConfigFile, etcdTls, next } = options;
  const node = `node ${nodes[0]?.index ?? 0}`;
  if (nodes.every(({ host }) => host === "")) return [];
  if (!canLogIn) return [[next(`ssh ${name} --ssh-key FILE`), `log in to ${node}, where its private key is`]];
  return [
    [next(`ssh ${name}`), `log in to ${node}`],
    [
      `ssh -F ${shellWord(sshConfigFile)} ${nodes[0]?.name ?? name}`,
      "the same with plain ssh; or Include that file in ~/.ssh/config",
    ],
    ...(etcd.mode === "none" ? [] : [memberList(name, etcdTls, next)]),
  ];
}

const memberList = (name: string, tls: boolean, next: NextStepsOptions["next"]): [string, string] => [
  `${next(`ssh ${name}`)} -- ${tls ? "/opt/bin/cluster-etcdctl" : "etcdctl"} member list`,
  "the members of etcd",
];

const rehearsedCommands = ({ name, nodes }: ClusterDocument, { next }: NextStepsOptions): [string, string][] => [
  [next(`status ${name}`), "nodes and endpoints, as far as Azure goes"],
  [next(`${name} --num-nodes ${nodes.length + 2}`), "grow it"],
  [next(`destroy ${name}`), "remove everything"],
];

interface DeisFacts {
  readonly name: string;
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  /** The private key, as the person would type it. */
  readonly key: string;
  readonly platform: Platform;
  readonly next: NextStepsOptions["next"];
}

/** The steps of the article that this tool was made for. */
const deisSteps = ({ ip, port, host, key }: DeisFacts): string[] => [
  "Deis (v1 ended in 2017: nothing that installs it is known to be online; with your own copy of deisctl and its images):",
  `  export DEISCTL_TUNNEL=${ip}:${port}`,
  `  ssh-add ${shellWord(key)}`,
  `  deisctl config platform set domain=${host}`,
  `  deisctl config platform set sshPrivateKey=${shellWord(key)}`,
  "  deisctl install platform",
  "  deisctl start platform",
];

const nothingListens = ({ host }: DeisFacts): string[] => [
  "Deis: the endpoints 80, 443 and 2222 are open as Deis wants them, and nothing listens there yet. " +
    "Deis v1 ended in 2017 and needs fleet, which Flatcar does not have. " +
    "What lives on is Drycc Workflow, on k3s (https://github.com/drycc/workflow): any server that answers " +
    `/health-check on port 80 of the nodes is reached at http://${host} at once. Machines that can carry it: --platform ubuntu or debian. For your own CoreOS image: --platform coreos.`,
];

const heir = ({ name, host, next }: DeisFacts): string[] => [
  "Deis: the endpoints 80, 443 and 2222 are open, and nothing listens there yet. What lives on of it is Drycc Workflow, with k3s. " +
    `\`azure-coreos-cluster platform install ${name} --domain DOMAIN\` gives it a domain of yours, whose wildcard record leads to ${host}. ` +
    "Two commands make a platform of this cluster:",
  ...platformCommands(name).map((words) => `  ${next(words)}`),
];

/** One that had its etcd before it was opened for Deis keeps it. */
const etcdInTheWay = ({ host, platform }: DeisFacts): string[] => [
  "Deis: the endpoints 80, 443 and 2222 are open, and nothing listens there yet: " +
    `any server on those ports of the nodes is reached at ${host} at once. What lives on of Deis is Drycc Workflow, and not on this cluster, which keeps its etcd: ` +
    `${PLATFORMS[platform].deis.noEtcd ?? ""}. \`azure-coreos-cluster create NAME --deis --platform ${platform}\` makes one for it.`,
];

/** What makes a platform of a cluster that is there, and says how it is. */
export const platformCommands = (name: string): string[] => [`platform install ${name}`, `platform status ${name}`];

type DeisNext = PlatformRow["deis"]["next"] | "another cluster";

const whatNext = (platform: Platform, { mode }: Pick<ClusterDocument["etcd"], "mode">): DeisNext => {
  const { next, noEtcd } = PLATFORMS[platform].deis;
  return noEtcd !== undefined && mode !== "none" ? "another cluster" : next;
};

/** By the platform's row, and whether there is an etcd. */
const DEIS_NEXT: Readonly<Record<DeisNext, (facts: DeisFacts) => string[]>> = {
  "another cluster": etcdInTheWay,
  deisctl: deisSteps,
  "nothing listens": nothingListens,
  "platform install": heir,
};

function commands(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`);
}
