/**
 * THE COMBINATIONS TABLE: what does not go together, each with the reason and what to do; one row a combination, and the first that
 * is met is said. It is looked at before anything is asked of Azure, and again with what a cluster that exists keeps of earlier wishes: what
 * that may make fit is left to the second look. What depends on a region, a size or an image is the preflight's.
 */
import { type ClusterError, usageError } from "../errors.ts";
import { endpointsOf } from "../plan/endpoints.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { type Combination, type Wish, said } from "./combination.ts";
import { ETCD_COMBINATIONS } from "./etcd-combinations.ts";
import { platformOf } from "./image.ts";
import { isSpotAsked } from "./machine.ts";
import { STORAGE_NAME_LIMIT, tagWish } from "./user-tags.ts";

/** What is known of the cluster that is wished: that there is none, that there is one and what it keeps, or nothing yet. */
export type WishOf = "a new one" | "one that exists" | "the wish alone";

/** The refusal of what cannot go together, or undefined. */
export function clash(spec: Wish, known: WishOf): ClusterError | undefined {
  const mayFit = ({ unlessKept = [], ofNew }: Combination): boolean =>
    (ofNew === true && known !== "a new one") ||
    (known === "the wish alone" && unlessKept.some((key) => !spec.given.includes(key)));
  const row = COMBINATIONS.find((one) => !mayFit(one) && one.when(spec));
  return row && usageError(said(row.why, spec), row.instead === undefined ? undefined : said(row.instead, spec));
}

// --- internal ---

const NODE_LIMIT = 1000;
/** Machine names become host names. */
const HOST_NAME_LIMIT = 63;
const LAST_PORT = 65_534;

const lastPort = ({ ssh, numNodes }: Wish): number => ssh + numNodes - 1;

/** The endpoint whose port the SSH ports would take. */
const takenEndpoint = (spec: Wish): { readonly port: number; readonly name: string } | undefined =>
  endpointsOf(spec).find(({ port }) => port >= spec.ssh && port <= lastPort(spec));

const longTag = ({ tag }: Wish): string | undefined =>
  tag.map((text) => tagWish(text).name).find((name) => name.length > STORAGE_NAME_LIMIT);

const longestName = ({ name, vmNamePrefix, numNodes }: Wish): string => `${name}-${vmNamePrefix}-${numNodes - 1}`;

/** The platform that the image is of, where it is typed and not the cluster's. Of a CoreOS image nobody can tell whose it is. */
function otherPlatform({ platform, coreosImage = "", given }: Wish): string | undefined {
  const found = given.includes("coreosImage") && platform !== "coreos" ? platformOf(coreosImage) : undefined;
  return found === platform ? undefined : found;
}

const hasNetwork = ({ virtualNetworkName, subnetNames }: Wish): boolean =>
  virtualNetworkName !== undefined || subnetNames !== undefined;

const COMBINATIONS: readonly Combination[] = [
  {
    when: (spec) => spec.zones.length > 0 && spec.affinityGroup !== undefined,
    why: "--zones and --affinity-group exclude each other: a proximity placement group lies in one datacenter, zones are several",
    instead: "Leave one of them out: --affinity-group keeps machines close, --zones keeps them apart.",
  },
  {
    when: (spec) => spec.zones.length > 0 && spec.given.includes("availabilitySet"),
    why: "--zones and --availability-set exclude each other: Azure puts no availability set into zones",
    instead: "Leave --availability-set out: zones spread the machines further than a set does.",
  },
  {
    when: (spec) => spec.spot === "all" && spec.given.includes("availabilitySet"),
    why: "--spot=all and --availability-set exclude each other: Azure takes no spot machine into an availability set",
    instead: "Leave --availability-set out, or give --spot alone: etcd's members are then no spot machines, and in the set.",
  },
  {
    // https://learn.microsoft.com/azure/virtual-machines/spot-vms#limitations
    when: (spec) => isSpotAsked(spec) && spec.cloud === "AzureChinaCloud",
    why: "there are no spot machines in Azure operated by 21Vianet",
    instead: "Leave --spot out.",
  },
  {
    when: (spec) => spec.given.includes("maxPrice") && !isSpotAsked(spec),
    unlessKept: ["spot"],
    why: "--max-price is for spot machines, and none are asked for",
    instead: "Give --spot too, or leave --max-price out.",
  },
  {
    when: (spec) => lastPort(spec) > LAST_PORT,
    unlessKept: ["ssh", "numNodes"],
    why: (spec) => `${spec.numNodes} SSH ports from ${spec.ssh} on end at ${lastPort(spec)}, beyond ${LAST_PORT}`,
    instead: ({ numNodes, ssh, stands }) =>
      stands === true
        ? `--ssh cannot change: the cluster has room for ${LAST_PORT - ssh + 1} nodes.`
        : `Give --ssh ${LAST_PORT - numNodes + 1} or lower.`,
  },
  {
    when: (spec) => takenEndpoint(spec) !== undefined,
    unlessKept: ["ssh", "numNodes", "nohttps"],
    why: (spec) => {
      const { port, name } = takenEndpoint(spec) ?? {};
      return `the SSH ports ${spec.ssh} to ${lastPort(spec)} take port ${port}, which is the ${name} endpoint's`;
    },
    instead: ({ stands }) =>
      stands === true
        ? "--ssh cannot change: have fewer nodes, or leave out what opens that port."
        : "Give another --ssh, for example 22001.",
  },
  ...ETCD_COMBINATIONS,
  {
    when: ({ deis, numNodes, platform }) => deis && numNodes < PLATFORMS[platform].deis.leastNodes,
    unlessKept: ["platform"],
    why: ({ numNodes, platform }) => `--deis needs at least 3 nodes with --platform ${platform}; --num-nodes is ${numNodes}`,
    instead: "Give --num-nodes 3.",
  },
  {
    when: ({ numNodes }) => numNodes > NODE_LIMIT,
    why: `a cluster has at most ${NODE_LIMIT} nodes`,
  },
  {
    // a subnet's id names its network too
    when: ({ subnetNames, virtualNetworkName }) => subnetNames?.includes("/") === false && virtualNetworkName === undefined,
    unlessKept: ["virtualNetworkName"],
    why: "--subnet-names goes with --virtual-network-name",
    instead: "Name the virtual network that has the subnet, or leave both out.",
  },
  {
    when: ({ vnetResourceGroup, virtualNetworkName }) => vnetResourceGroup !== undefined && virtualNetworkName === undefined,
    unlessKept: ["virtualNetworkName"],
    why: "--vnet-resource-group goes with --virtual-network-name",
  },
  {
    when: (spec) => !spec.private && spec.outbound !== undefined,
    unlessKept: ["private"],
    why: "--outbound goes with --private",
  },
  {
    when: (spec) => spec.private && spec.pip,
    why: "--pip gives every node a public address, and --private none",
    instead: "Leave one of them out; nodes of a private cluster are reached with --jump.",
  },
  {
    when: (spec) => spec.private && hasNetwork(spec) && spec.outbound === "nat",
    why: "--outbound nat makes a NAT gateway for a network of the cluster's own; an existing one is never changed",
    instead:
      "Give --outbound none. Without a way out the nodes cannot fetch etcd: the subnet needs a NAT gateway or a route of its own.",
  },
  {
    when: (spec) => spec.private && !hasNetwork(spec) && spec.outbound === "none",
    unlessKept: ["virtualNetworkName"],
    why: "--outbound none goes with --virtual-network-name: in a network of its own the cluster would have no way out",
    instead: "The nodes could not fetch etcd. Leave --outbound out, or name a network whose own routes lead out.",
  },
  {
    when: (spec) => spec.noDiscoveryUrl && spec.discoveryServiceUrl !== undefined && spec.given.includes("discoveryServiceUrl"),
    why: "--no-discovery-url and --discovery-service-url exclude each other",
    instead: "Give one of them.",
  },
  {
    // a cluster that stands has its image, and forgets the URL
    when: (spec) =>
      (spec.given.includes("tag") || spec.given.includes("coreosImage")) &&
      longTag(spec) !== undefined &&
      /\.vhd$/i.test(spec.coreosImage ?? "") &&
      spec.blobContainerUrl === undefined,
    why: (spec) => {
      const name = longTag(spec) ?? "";
      return `the name of the tag ${name.slice(0, 20)}... has ${name.length} characters`;
    },
    instead: `A storage account, which the image is uploaded to, takes ${STORAGE_NAME_LIMIT}: shorten it, or give --blob-container-url.`,
  },
  {
    when: ({ minReady, numNodes }) => minReady !== undefined && minReady > numNodes,
    unlessKept: ["numNodes"],
    why: ({ minReady, numNodes }) => `--min-ready ${minReady} is more than --num-nodes ${numNodes}`,
  },
  {
    when: ({ platform, coreosImage }) => PLATFORMS[platform].image === undefined && coreosImage === undefined,
    unlessKept: ["coreosImage"],
    why: ({ platform }) => `--platform ${platform} needs --coreos-image`,
    instead: ({ platform }) => PLATFORMS[platform].needsImage,
  },
  {
    when: (spec) => otherPlatform(spec) !== undefined,
    unlessKept: ["platform"],
    why: (spec) =>
      `--coreos-image ${spec.coreosImage ?? ""} is ${otherPlatform(spec) ?? ""}'s, and the nodes' files are made for ${spec.platform}`,
    instead: (spec) =>
      spec.stands === true
        ? `The platform cannot change: leave --coreos-image out, give an image of ${spec.platform}, or make another cluster.`
        : `Give --platform ${otherPlatform(spec) ?? ""} with it, or leave --coreos-image out.`,
  },
  {
    when: (spec) => longestName(spec).length > HOST_NAME_LIMIT,
    unlessKept: ["vmNamePrefix", "numNodes"],
    why: (spec) => `machine names such as ${longestName(spec)} are longer than ${HOST_NAME_LIMIT} characters`,
    instead: ({ stands }) =>
      stands === true ? "The names cannot change: have fewer nodes." : "Choose a shorter NAME or --vm-name-prefix.",
  },
];
