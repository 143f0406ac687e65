/**
 * ClusterSpec: what was asked for, complete. Every default is filled, every string parsed; frozen and serialisable. Its
 * type comes from the flags table. The checks that need two values at once are here.
 */
import { ClusterError, EXIT, usageError } from "../errors.ts";
import { endpointsOf } from "../plan/endpoints.ts";
import { FLAGS, type FlagKey, type FlagValues } from "./flags.ts";
import { PLATFORMS } from "../plan/platforms.ts";
import { clash } from "./combinations.ts";
import { STORAGE_NAME_LIMIT, mergeTagTexts, tagWish } from "./user-tags.ts";
import { type KeptSizes, wishedLocations, wishedSizes } from "./wishes.ts";

export interface ClusterSpec extends FlagValues {
  readonly name: string;
  /** The one size that new machines get, of those that were wished: where nothing was chosen yet, the one that is tried first. */
  readonly vmSize: string;
  /** The sizes that would do, in order of wish. */
  readonly sizes: readonly string[];
  /** The one location; where nothing was chosen yet, the one that is tried first. */
  readonly location: string;
  /** The locations that would do, in order of wish. */
  readonly locations: readonly string[];
  /** The flags that were given (on the command line, by environment or file), not defaulted or kept. */
  readonly given: readonly FlagKey[];
}

/** What the cluster in Azure remembers of earlier runs. */
export type KeptValues = Partial<FlagValues> & KeptSizes;

/** The values of the flags as they are kept: a wish whole, not what was taken of it. */
export const asWished = (spec: ClusterSpec): FlagValues => ({ ...spec, vmSize: spec.sizes.join(",") });

const NODE_LIMIT = 1000;
/** Azure's limit for machines in one availability set. */
export const SET_LIMIT = 200;

/** The cluster's name: also the DNS label, so its rules are the strictest of all names. */
export function clusterName(text: string): string {
  const name = text.toLowerCase();
  if (!/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(name))
    throw usageError(
      `"${text}" cannot be a cluster's name`,
      "It becomes a DNS name: 3 to 63 lower-case letters, digits and hyphens, starting with a letter, ending with a letter or digit.",
    );
  return name;
}

/**
 * Completes flag values to a spec. `kept` is what the cluster in Azure remembers of earlier runs.
 * Notes are sentences for the user about what was mapped.
 */
export function buildSpec(
  name: string,
  given: Partial<FlagValues>,
  kept: KeptValues = {},
): { spec: ClusterSpec; notes: string[] } {
  const notes: string[] = [];
  const keys = Object.keys(given) as FlagKey[];
  const defaults = Object.fromEntries(
    (Object.keys(FLAGS) as FlagKey[]).map((key) => [key, (FLAGS[key] as { default?: unknown }).default]),
  ) as unknown as FlagValues;
  const tag = mergeTagTexts(kept.tag ?? [], given.tag ?? []);
  const { sizeNow: _, ...keptFlags } = kept;
  const asked = { ...defaults, ...keptFlags, ...given, tag };
  const values = { ...asked, ...whereNothingIsSaid(asked, given, keptFlags) };
  const wish = wishedSizes(values.vmSize, given.vmSize, kept);
  notes.push(...sizeNotes(values, asked));
  const where = wishedLocations(values.location);
  notes.push(...wish.notes, ...where.notes);
  if (values.deis && PLATFORMS[values.platform].deis.leastNodes > 1 && values.numNodes % 2 === 0)
    notes.push(
      `--deis with ${values.numNodes} nodes: Deis' store votes by majority, and an even number bears no more failures than ${values.numNodes - 1}.`,
    );
  const { vmSize, sizes } = wish;
  const { locations } = where;
  const spec: ClusterSpec = Object.freeze({
    ...values,
    vmSize,
    sizes,
    location: locations[0] ?? values.location,
    locations,
    name: clusterName(name),
    given: keys,
  });
  checkTogether(spec);
  return { spec, notes };
}

/** Whether its values go together. */
export function isPossible(spec: ClusterSpec): boolean {
  try {
    checkTogether(spec);
    return true;
  } catch (error) {
    if (error instanceof ClusterError) return false;
    throw error;
  }
}

/** How many nodes are etcd members: always odd, at most 7; 3, or 5 from five nodes on; 0 where there is to be no etcd. */
export function memberCount(spec: Pick<FlagValues, "etcdMembers" | "numNodes">): number {
  if (spec.etcdMembers !== undefined) return spec.etcdMembers;
  if (spec.numNodes >= 5) return 5;
  return spec.numNodes >= 3 ? 3 : 1;
}

/** A certificate alone no longer signs in. */
export const refuseIncompleteSignIn = (): ClusterError =>
  new ClusterError("SignInIncomplete", "--azure-cert needs --tenant and --client-id too", {
    exit: EXIT.usage,
    advice:
      "A management certificate alone signed in to classic Azure, which is gone. Make a service principal for it once, and give its tenant and appId: " +
      "`az ad sp create-for-rbac --name azure-coreos-cluster --role Contributor --scopes /subscriptions/ID`, then upload azure-cert.cer to its app registration.",
  });

// --- internal ---

function checkTogether(spec: ClusterSpec): void {
  const refused = clash(spec);
  if (refused !== undefined) throw refused;
  const last = spec.ssh + spec.numNodes - 1;
  if (last > 65_534)
    throw usageError(
      `${spec.numNodes} SSH ports from ${spec.ssh} on end at ${last}, beyond 65534`,
      `Give --ssh ${65_534 - spec.numNodes + 1} or lower.`,
    );
  for (const endpoint of endpointsOf(spec))
    if (endpoint.port >= spec.ssh && endpoint.port <= last)
      throw usageError(
        `the SSH ports ${spec.ssh} to ${last} take port ${endpoint.port}, which is the ${endpoint.name} endpoint's`,
        "Give another --ssh, for example 22001.",
      );
  checkEtcd(spec);
  if (spec.etcdMembers !== undefined && spec.etcdMembers !== 0) {
    if (spec.etcdMembers % 2 === 0)
      throw usageError(
        `--etcd-members ${spec.etcdMembers} is even: one failure more would stop it than with ${spec.etcdMembers - 1}`,
        "Give 1, 3, 5 or 7.",
      );
    if (spec.etcdMembers > spec.numNodes)
      throw usageError(`--etcd-members ${spec.etcdMembers} needs as many nodes; --num-nodes is ${spec.numNodes}`);
  }
  if (spec.deis && spec.numNodes < PLATFORMS[spec.platform].deis.leastNodes)
    throw usageError(`--deis needs at least 3 nodes; --num-nodes is ${spec.numNodes}`, "Give --num-nodes 3.");
  if (spec.numNodes > NODE_LIMIT) throw usageError(`a cluster has at most ${NODE_LIMIT} nodes`);
  // a subnet's id names its network too
  if (spec.subnetNames?.includes("/") === false && spec.virtualNetworkName === undefined)
    throw usageError(
      "--subnet-names goes with --virtual-network-name",
      "Name the virtual network that has the subnet, or leave both out.",
    );
  if (spec.vnetResourceGroup !== undefined && spec.virtualNetworkName === undefined)
    throw usageError("--vnet-resource-group goes with --virtual-network-name");
  checkPrivate(spec);
  if (spec.noDiscoveryUrl && spec.discoveryServiceUrl !== undefined && spec.given.includes("discoveryServiceUrl"))
    throw usageError("--no-discovery-url and --discovery-service-url exclude each other", "Give one of them.");
  const tooLong = spec.tag.map((text) => tagWish(text).name).find((name) => name.length > STORAGE_NAME_LIMIT);
  if (tooLong !== undefined && /\.vhd$/i.test(spec.coreosImage ?? "") && spec.blobContainerUrl === undefined)
    throw usageError(
      `the name of the tag ${tooLong.slice(0, 20)}... has ${tooLong.length} characters`,
      `A storage account, which the image is uploaded to, takes ${STORAGE_NAME_LIMIT}: shorten it, or give --blob-container-url.`,
    );
  if (spec.minReady !== undefined && spec.minReady > spec.numNodes)
    throw usageError(`--min-ready ${spec.minReady} is more than --num-nodes ${spec.numNodes}`);
  if (PLATFORMS[spec.platform].image === undefined && spec.coreosImage === undefined)
    throw usageError(`--platform ${spec.platform} needs --coreos-image`, PLATFORMS[spec.platform].needsImage);
  const longest = `${spec.name}-${spec.vmNamePrefix}-${spec.numNodes - 1}`;
  if (longest.length > 63)
    throw usageError(
      `machine names such as ${longest} are longer than 63 characters`,
      "Choose a shorter NAME or --vm-name-prefix.",
    );
}

/** What of etcd does not go with where it is to run, or with there being none. */
function checkEtcd(spec: ClusterSpec): void {
  const { platform, customData, given } = spec;
  const { ownVersion, needed } = PLATFORMS[platform].etcd;
  const own = customData === undefined ? ownVersion : "your file says which etcd runs";
  if (own !== undefined && given.includes("etcdVersion"))
    throw usageError(
      `--etcd-version does not go with ${customData === undefined ? `--platform ${platform}` : "--custom-data"}`,
      `Leave it out: ${own}.`,
    );
  if ((spec.etcdMembers ?? 0) > 0 && given.includes("etcdMembers") && spec.deis && PLATFORMS[platform].deis.noEtcd !== undefined)
    throw usageError(
      `--etcd-members ${spec.etcdMembers} does not go with --deis on ${platform}: ${PLATFORMS[platform].deis.noEtcd}`,
      "Leave --etcd-members out.",
    );
  if (memberCount(spec) > 0) return;
  if (needed !== undefined) throw usageError(`--platform ${platform} needs etcd members: ${needed}`, "Give 1, 3, 5 or 7.");
  const useless = ETCD_FLAGS.find(([key]) => given.includes(key) && spec[key] !== false);
  if (useless !== undefined)
    throw usageError(`--${useless[1]} is about etcd, and there is to be none`, `Leave it out, or give --etcd-members 3.`);
  if (given.includes("waitFor") && spec.waitFor === "etcd")
    throw usageError("--wait-for etcd: there is to be no etcd", "Give --wait-for ssh, which is what is waited for without it.");
}

const ETCD_FLAGS = [
  ["discoveryServiceUrl", "discovery-service-url"],
  ["etcdVersion", "etcd-version"],
  ["etcdPlain", "etcd-plain"],
] as const;

/** What follows from the platform where neither a flag nor the cluster itself says anything; a cluster that exists has its etcd, or none. */
function whereNothingIsSaid(asked: FlagValues, given: Partial<FlagValues>, kept: Partial<FlagValues>): Partial<FlagValues> {
  const { size, noEtcd } = PLATFORMS[asked.platform].deis;
  const isNew = Object.keys(kept).length === 0;
  const etcdMembers = asked.deis && noEtcd !== undefined && isNew ? (asked.etcdMembers ?? 0) : asked.etcdMembers;
  return {
    ...(asked.deis && size !== undefined && given.vmSize === undefined && kept.vmSize === undefined ? { vmSize: size.name } : {}),
    ...(etcdMembers === undefined ? {} : { etcdMembers }),
    ...(etcdMembers === 0 && given.waitFor === undefined ? { waitFor: "ssh" } : {}),
  };
}

function sizeNotes({ vmSize, platform }: FlagValues, asked: FlagValues): string[] {
  const { size } = PLATFORMS[platform].deis;
  return vmSize === asked.vmSize || size === undefined
    ? []
    : [`--deis on ${PLATFORMS[platform].title}: machines are ${size.name} (${size.why}); --vm-size chooses others.`];
}

function checkPrivate(spec: ClusterSpec): void {
  if (!spec.private) {
    if (spec.outbound !== undefined) throw usageError("--outbound goes with --private");
    return;
  }
  if (spec.pip)
    throw usageError(
      "--pip gives every node a public address, and --private none",
      "Leave one of them out; nodes of a private cluster are reached with --jump.",
    );
  const somebodys = spec.virtualNetworkName !== undefined || spec.subnetNames !== undefined;
  if (somebodys && spec.outbound === "nat")
    throw usageError(
      "--outbound nat makes a NAT gateway for a network of the cluster's own; an existing one is never changed",
      "Give --outbound none. Without a way out the nodes cannot fetch etcd: the subnet needs a NAT gateway or a route of its own.",
    );
  if (!somebodys && spec.outbound === "none")
    throw usageError(
      "--outbound none goes with --virtual-network-name: in a network of its own the cluster would have no way out",
      "The nodes could not fetch etcd. Leave --outbound out, or name a network whose own routes lead out.",
    );
}

/** True for an ARM endpoint on this machine: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(url: string | undefined): boolean {
  if (url === undefined) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
