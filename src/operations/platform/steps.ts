/**
 * THE STEPS TABLE: how a cluster becomes a platform, in order, one row a step: on which nodes, with which environment, and what on the node
 * must be there for its mark to count. The words `install_*` are the installer's own. Pure; walk.ts does them.
 * The installer: https://github.com/drycc/workflow (install.sh, and what its pages say of several nodes).
 */
import type { PlatformChoices } from "./choices.ts";

export interface StepFacts {
  readonly choices: PlatformChoices;
  /** The node that it runs on. */
  readonly node: { readonly name: string; readonly privateAddress: string };
  /** The first server's address inside the network. */
  readonly first: string;
  /** Names and addresses that the API is reached at. */
  readonly reachedAt: readonly string[];
  /** What other nodes join with; empty for a step that does not join. */
  readonly token: string;
  /** Of the admin; empty for a step that does not need it. */
  readonly password: string;
}

export type Where = "every node" | "first server" | "further servers" | "agents";

export interface PlatformStep {
  /** Of its mark on the node. */
  readonly name: string;
  /** For people: "package step of mycluster-coreos-0". */
  readonly label: string;
  readonly on: Where;
  /** One node after the other: each server joins an etcd that must be whole. */
  readonly oneByOne?: true;
  /** A shell command, in the folder where install.sh lies. */
  readonly command: string;
  readonly needs?: "token" | "password";
  readonly environment: (facts: StepFacts) => Readonly<Record<string, string>>;
  /** A shell test: without it the mark is of a time before somebody took it away by hand. */
  readonly proof: string;
  /** What a rehearsal says that it takes. */
  readonly minutes: number;
}

/** What every step knows. systemd gives a unit no HOME, which helm keeps its repositories in. */
const common = ({ choices }: StepFacts): Record<string, string> => ({
  HOME: "/root",
  DEBIAN_FRONTEND: "noninteractive",
  PLATFORM_DOMAIN: choices.domain,
  // unset, the installer takes what is being tested
  CHANNEL: choices.channel,
  CERT_MANAGER_ENABLED: String(choices.certManager),
  CLUSTER_CIDR: choices.clusterCidr,
  SERVICE_CIDR: choices.serviceCidr,
});

/** k3s keeps variables of this kind for the unit's restarts. */
const k3sNode = (facts: StepFacts): Record<string, string> => ({ ...common(facts), K3S_NODE_NAME: facts.node.name });
const joining = (facts: StepFacts): Record<string, string> => ({
  ...k3sNode(facts),
  K3S_URL: `https://${facts.first}:6443`,
  K3S_TOKEN: facts.token,
});
const names = ({ reachedAt }: StepFacts): string => reachedAt.map((name) => `--tls-san ${name}`).join(" ");
const drycc = (facts: StepFacts): Record<string, string> => ({
  ...common(facts),
  DRYCC_ADMIN_USERNAME: facts.choices.adminUsername,
  DRYCC_ADMIN_PASSWORD: facts.password,
});

const SERVER = "test -e /etc/systemd/system/k3s.service";
const AGENT = "test -e /etc/systemd/system/k3s-agent.service";

/** A part of what the first server runs once. */
const part = (name: string, label: string, minutes: number): PlatformStep => ({
  name,
  label,
  on: "first server",
  command: `bash ./install.sh ${name}`,
  environment: common,
  proof: SERVER,
  minutes,
});

export const STEPS: readonly PlatformStep[] = [
  {
    name: "packages",
    label: "package step",
    on: "every node",
    command: [
      "set -e",
      "apt-get update",
      "apt-get install --yes open-iscsi nfs-common curl bc iptables",
      "systemctl enable --now iscsid",
    ].join("\n"),
    environment: common,
    proof: "command -v iscsiadm && command -v bc",
    minutes: 1,
  },
  {
    name: "first_k3s_server",
    label: "first k3s server",
    on: "first server",
    command: "bash ./install.sh install_k3s_server",
    environment: (facts) => ({ ...k3sNode(facts), INSTALL_K3S_EXEC: `--cluster-init ${names(facts)}` }),
    proof: SERVER,
    minutes: 2,
  },
  {
    name: "install_k3s_server",
    label: "k3s server",
    on: "further servers",
    oneByOne: true,
    command: "bash ./install.sh install_k3s_server",
    needs: "token",
    environment: (facts) => ({ ...joining(facts), INSTALL_K3S_EXEC: names(facts) }),
    proof: SERVER,
    minutes: 2,
  },
  {
    name: "install_k3s_agent",
    label: "k3s agent",
    on: "agents",
    command: "bash ./install.sh install_k3s_agent",
    needs: "token",
    environment: joining,
    proof: AGENT,
    minutes: 1,
  },
  part("install_helm", "helm step", 1),
  part("install_components", "component step", 6),
  part("install_longhorn", "storage step", 4),
  part("install_mountpoint", "mountpoint step", 1),
  { ...part("install_drycc", "Drycc step", 10), needs: "password", environment: drycc },
  { ...part("install_helmbroker", "helmbroker step", 2), needs: "password", environment: drycc },
];

/** Steps that make a node one of k3s' nodes: what a node needs that comes later. */
export const JOINING: readonly PlatformStep[] = STEPS.filter(({ on }) => on !== "first server");

export const UPGRADE: PlatformStep = { ...part("upgrade", "upgrade step", 15), needs: "password", environment: drycc };

export const UNINSTALL: PlatformStep = {
  name: "uninstall",
  label: "uninstall step",
  on: "every node",
  command: "bash ./uninstall.sh",
  environment: () => ({ HOME: "/root" }),
  proof: "true",
  minutes: 1,
};

/** Where a step runs, of nodes in the order of their indexes. */
export function placed<N extends { readonly index: number }>(on: Where, nodes: readonly N[], servers: readonly number[]): N[] {
  const [first] = servers;
  const isServer = ({ index }: N): boolean => servers.includes(index);
  const rule: Record<Where, (node: N) => boolean> = {
    "every node": () => true,
    "first server": ({ index }) => index === first,
    "further servers": (node) => isServer(node) && node.index !== first,
    agents: (node) => !isServer(node),
  };
  return nodes.filter(rule[on]);
}
