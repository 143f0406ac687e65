/**
 * What is printed at the end: the JSON document that scripts read, the ssh config, the DNS lines, and a person's next
 * steps. Pure functions of the finished cluster; they print nothing and know no file but by its name.
 */
import { defined } from "./defined.ts";
import { shellWord, sshConfigWord } from "./quoting.ts";
import { deisLines, deisOf, notOpenLines } from "./deis-next.ts";
import { askedFields } from "./account.ts";
import type { ClusterDocument } from "./documents.ts";
import { type SshFacts, sshOptions } from "./ssh-options.ts";
import type { Platform } from "./node-config.ts";
import type { Opening } from "./plan/let-in.ts";
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
    ...(spec.deis && first !== undefined ? { deis: deisOf(facts, first.port, spec.platform) } : {}),
    resources: facts.resources,
    ...defined({ choices: facts.choices }),
    seconds: facts.seconds,
  };
}

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
  /** What was asked to be open, and how far it is. */
  readonly openings: readonly Opening[];
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
    ...notOpenLines(options.openings, options.next(`status ${name}`)),
    "",
    "Next:",
    ...commands(options.rehearsal ? rehearsedCommands(document, options) : realCommands(document, options)),
  ];
  if (options.deis) {
    const { platform, next, openings } = options;
    lines.push("", ...deisLines(document.etcd, { name, host, ip, port, key, platform, next, openings }));
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

function commands(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`);
}
