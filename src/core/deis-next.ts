/** What a cluster with --deis is told of Deis, and of what lives on of it, by its platform and its etcd. Pure. */
import { shellWord } from "./quoting.ts";
import type { ClusterDocument } from "./documents.ts";
import type { Platform } from "./node-config.ts";
import { PLATFORMS, type PlatformRow } from "./plan/platforms.ts";

/** The document's part: the tunnel and the domain that deisctl asks for, and the commands that make a platform of it. */
export const deisOf = (
  { name, ip, host, etcd }: Pick<ClusterDocument, "name" | "ip" | "host" | "etcd">,
  port: number,
  platform: Platform,
) => ({
  tunnel: `${ip}:${port}`,
  domain: host,
  ...(whatNext(platform, etcd) === "platform install"
    ? { commands: platformCommands(name).map((words) => `azure-coreos-cluster ${words}`) }
    : {}),
});

/** A person's next steps. */
export const deisLines = (etcd: ClusterDocument["etcd"], facts: DeisFacts): string[] =>
  DEIS_NEXT[whatNext(facts.platform, etcd)](facts);

export interface DeisFacts {
  readonly name: string;
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  /** The private key, as the person would type it. */
  readonly key: string;
  readonly platform: Platform;
  readonly next: (words: string) => string;
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
const platformCommands = (name: string): string[] => [`platform install ${name}`, `platform status ${name}`];

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
