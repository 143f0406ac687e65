/** What a cluster with --deis is told of Deis, and of what lives on of it, by its platform and its etcd. Pure. */
import { shellWord } from "./quoting.ts";
import type { ClusterDocument } from "./documents.ts";
import type { Platform } from "./node-config.ts";
import { type Opening, fromWords, isAll, isOpen, openingWords } from "./plan/let-in.ts";
import { PLATFORMS, type PlatformRow } from "./plan/platforms.ts";
import { are, plural } from "./words.ts";

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
  readonly openings: readonly Opening[];
}

/** What was asked for and the security group does not let in; empty where it lets in all. */
export function notOpenLines(openings: readonly Opening[], status: string): string[] {
  const closed = openings.filter((one) => !isOpen(one));
  return closed.length === 0
    ? []
    : [`Asked for, and not open: ${closed.map(openingWords).join(", ")}. \`${status}\` says what is in the way.`];
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

/** "the endpoints 80, 443 and 2222 are open, and nothing listens there yet"; @param so of all of them */
function opened(openings: readonly Opening[], so = ""): string {
  const endpoints = openings.filter(({ name }) => name !== "ssh");
  const open = endpoints.filter(isOpen).map((one) => `${one.port}${fromWords(one)}`);
  if (open.length === 0) return "no endpoint is open";
  const all = open.length === endpoints.length && open.length === 3 && endpoints.every(({ from }) => isAll(from)) ? so : "";
  return `the ${plural("endpoint", open.length)} ${listed(open)} ${are(open.length)} open${all}, and nothing listens there yet`;
}

/** When what listens is reached. */
const atOnce = (openings: readonly Opening[]): string => (openings.every(isOpen) ? "at once" : "once they are open");

const listed = (all: readonly string[]): string =>
  [all.slice(0, -1).join(", "), all.at(-1)].filter((one) => one !== "").join(" and ");

const nothingListens = ({ host, openings }: DeisFacts): string[] => [
  `Deis: ${opened(openings, " as Deis wants them")}. ` +
    "Deis v1 ended in 2017 and needs fleet, which Flatcar does not have. " +
    "What lives on is Drycc Workflow, on k3s (https://github.com/drycc/workflow): any server that answers " +
    `/health-check on port 80 of the nodes is reached at http://${host} ${openings.some((one) => one.port === 80 && isOpen(one)) ? "at once" : "once that is open"}. Machines that can carry it: --platform ubuntu or debian. For your own CoreOS image: --platform coreos.`,
];

const heir = ({ name, host, next, openings }: DeisFacts): string[] => [
  `Deis: ${opened(openings)}. What lives on of it is Drycc Workflow, with k3s. ` +
    `\`azure-coreos-cluster platform install ${name} --domain DOMAIN\` gives it a domain of yours, whose wildcard record leads to ${host}. ` +
    "Two commands make a platform of this cluster:",
  ...platformCommands(name).map((words) => `  ${next(words)}`),
];

/** One that had its etcd before it was opened for Deis keeps it. */
const etcdInTheWay = ({ host, platform, openings }: DeisFacts): string[] => [
  `Deis: ${opened(openings)}: any server on the ports of the endpoints is reached at ${host} ${atOnce(openings)}. What lives on of Deis is Drycc Workflow, and not on this cluster, which keeps its etcd: ` +
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
