/**
 * What the tool writes beside its resources in Azure, so that any machine finds a cluster again: whose it is, whether it is
 * unchanged, and what was chosen once. Azure allows 50 tags of 256 characters on a resource, names without <>%&\?/.
 *
 * The public address of the load balancer is the cluster's claim: its DNS label can belong to one resource only, which Azure
 * decides. Who gets the label owns the name; whatever was chosen once is kept in that resource's tags, in the same request.
 */
import { ClusterError, EXIT } from "../errors.ts";
import { type FlagValues, flagRows, tagOf } from "../spec/flags.ts";
import type { EtcdMember } from "../node-config.ts";

export const MANAGED_BY = "azure-coreos-cluster";

export type Tags = Record<string, string>;

/** Tags of every resource of a cluster. */
export const ownTags = (cluster: string): Tags => ({ "managed-by": MANAGED_BY, "aoc-cluster": cluster });

/** Whether tags say that a resource is the cluster's. */
export const isOurs = (tags: Tags | undefined, cluster: string): boolean =>
  tags?.["managed-by"] === MANAGED_BY && tags["aoc-cluster"]?.toLowerCase() === cluster.toLowerCase();

/** Whether a tag of this name is written by us; all others are somebody's, and stay. Azure compares names without case. */
export const isOwnTag = (name: string): boolean => /^(managed-by$|aoc-)/i.test(name);

/** Without those of others, and without what is computed from the rest. */
export const ownTagsOf = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => isOwnTag(name) && name !== "aoc-fingerprint"));

/** Tags as they are written: ours, and those of others that are there. */
export const withForeignTags = (own: Tags, there: Tags | undefined): Tags => ({
  ...Object.fromEntries(Object.entries(there ?? {}).filter(([name]) => !isOwnTag(name))),
  ...own,
});

/** What was chosen once for a cluster, and never changes while it lives. */
export interface Choices {
  /** A short random word: part of the claim's name, and the etcd token. */
  readonly id: string;
  readonly sshPublicKey: string;
  /** By node index. */
  readonly members: ReadonlyMap<number, EtcdMember["address"]>;
  readonly customDataHash?: string;
  readonly discoveryUrl?: string;
  /** Fingerprint of the etcd authority that the members' certificates come from. */
  readonly etcdCa?: string;
}

const VALUE_LIMIT = 256;

/** A destroy has begun: on the claim, and on a group of the cluster's own, with the time. */
export const DESTROYING = "aoc-destroying";

/**
 * The claim's tags: choices, and the kept flags, defaults too: a later version of the tool may have others.
 * @param nodes indexes of the nodes that the cluster is to have
 */
export function claimTags(cluster: string, choices: Choices, values: FlagValues, nodes: Iterable<number>): Tags {
  const tags: Tags = { ...ownTags(cluster), "aoc-role": "claim", "aoc-id": choices.id };
  spread(tags, "aoc-ssh-key", choices.sshPublicKey);
  spread(tags, NODES, ranges(nodes));
  if (choices.members.size > 0) tags[MEMBERS] = membersText(choices.members);
  if (choices.customDataHash !== undefined) tags["aoc-custom-data"] = choices.customDataHash;
  if (choices.etcdCa !== undefined) tags["aoc-etcd-ca"] = choices.etcdCa;
  for (const [key, flag] of flagRows) {
    const value = values[key];
    if (flag.kept === undefined || value === undefined || value === false) continue;
    spread(tags, tagOf(flag), String(value));
  }
  return tags;
}

/**
 * Reads a claim's tags back. Throws where they are damaged: nothing must be guessed about a running cluster. `nodes` is absent where
 * an earlier version of the tool has written them.
 */
export function readClaim(tags: Tags): {
  choices: Choices;
  kept: Partial<FlagValues>;
  nodes: ReadonlySet<number> | undefined;
} {
  const id = tags["aoc-id"];
  const sshPublicKey = gather(tags, "aoc-ssh-key");
  if (id === undefined || sshPublicKey === undefined)
    throw new ClusterError(
      "ClaimDamaged",
      "the tags that say what was chosen for this cluster are missing from its public address",
      {
        source: "azure",
        exit: EXIT.conflict,
        advice:
          "Somebody changed them. Put aoc-id and aoc-ssh-key-1 back (the activity log in the portal has the old values), or destroy the cluster.",
      },
    );
  const kept: Record<string, unknown> = {};
  for (const [key, flag] of flagRows) {
    const text = flag.kept === undefined ? undefined : gather(tags, tagOf(flag));
    if (text !== undefined) kept[key] = flag.parse(text);
  }
  return {
    choices: {
      id,
      sshPublicKey,
      members: membersIn(tags),
      ...(tags["aoc-custom-data"] === undefined ? {} : { customDataHash: tags["aoc-custom-data"] }),
      ...(tags["aoc-etcd-ca"] === undefined ? {} : { etcdCa: tags["aoc-etcd-ca"] }),
      ...(kept["discoveryServiceUrl"] === undefined ? {} : { discoveryUrl: kept["discoveryServiceUrl"] as string }),
    },
    kept: kept,
    nodes: nodesIn(tags),
  };
}

/**
 * A claim's tags that several runs change at once: what this one changes (`mine` against `base`, which it read), put into what
 * is there by now. Nodes and members are sets: what one run adds or takes out, no other one undoes. Of what is one value the
 * later word counts. Tags of others are no part of it.
 */
export function mergeClaimTags(base: Tags, mine: Tags, fresh: Tags): Tags {
  const merged: Tags = {};
  for (const name of new Set([base, mine, fresh].flatMap(Object.keys))) {
    if (!isOwnTag(name) || name === "aoc-fingerprint" || isSpread(name, NODES)) continue;
    const value = mine[name] === base[name] ? fresh[name] : mine[name];
    if (value !== undefined) merged[name] = value;
  }
  const nodes = nodesIn(mine) === undefined ? nodesIn(fresh) : mergeSets(nodesIn(base), nodesIn(mine), nodesIn(fresh));
  const changed = mergeSets(keysOf(membersIn(base)), keysOf(membersIn(mine)), keysOf(membersIn(fresh)));
  // one that another run has named already keeps the address that it was given there
  const addresses = new Map([...membersIn(mine), ...membersIn(fresh)]);
  // a member is a node
  const members = [...changed].filter((node) => nodes?.has(node) ?? true).sort((a, b) => a - b);
  delete merged[MEMBERS];
  if (members.length > 0) merged[MEMBERS] = membersText(members.map((node) => [node, addresses.get(node) ?? ""]));
  if (nodes !== undefined) {
    spread(merged, NODES, ranges(nodes));
    merged[NUM_NODES] = String(nodes.size);
  }
  return merged;
}

/** The nodes that a claim's tags name; undefined where an earlier version of the tool has written them. */
export const claimedNodes = (tags: Tags): ReadonlySet<number> | undefined => nodesIn(tags);

/** A claim's tags with the nodes that they are taken to name. */
export function withNodes(tags: Tags, nodes: Iterable<number>): Tags {
  const all = Object.fromEntries(Object.entries(tags).filter(([name]) => !isSpread(name, NODES)));
  spread(all, NODES, ranges(nodes));
  return all;
}

// --- internal ---

const NODES = "aoc-nodes";
const MEMBERS = "aoc-members";
/** As the flag is kept. */
const NUM_NODES = tagOf({ name: "num-nodes" });

const membersText = (members: Iterable<readonly [number, string]>): string =>
  [...members].map(([node, address]) => `${node}=${address}`).join(",");

const membersIn = (tags: Tags): Map<number, string> =>
  new Map(
    (tags[MEMBERS] ?? "").split(",").flatMap((pair): [number, string][] => {
      const [, node, address] = /^(0|[1-9]\d{0,3})=(\d{1,3}(?:\.\d{1,3}){3})$/.exec(pair) ?? [];
      return node === undefined || address === undefined ? [] : [[Number(node), address]];
    }),
  );

const keysOf = (map: ReadonlyMap<number, string>): Set<number> => new Set(map.keys());

type Indexes = ReadonlySet<number> | undefined;

/** What is added to `base` by `mine` is added to `fresh`, what is taken out is taken out. */
function mergeSets(base: Indexes, mine: Indexes, fresh: Indexes): Set<number> {
  const before = base ?? new Set<number>();
  const now = mine ?? before;
  const stay = [...(fresh ?? before)].filter((one) => now.has(one) || !before.has(one));
  return new Set([...stay, ...[...now].filter((one) => !before.has(one))]);
}

/** "0-3,7": a thousand nodes in one value, and one with many gaps in several. */
function ranges(nodes: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const node of [...nodes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && node <= last[1] + 1) last[1] = node;
    else runs.push([node, node]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** Undefined where the tag is absent; what is no range in it is not read. */
function nodesIn(tags: Tags): ReadonlySet<number> | undefined {
  const text = gather(tags, NODES);
  if (text === undefined) return undefined;
  return new Set(
    text.split(",").flatMap((run) => {
      const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(run) ?? [];
      if (first === undefined) return [];
      return Array.from({ length: Math.max(0, Number(last ?? first) - Number(first) + 1) }, (_, i) => Number(first) + i);
    }),
  );
}

const isSpread = (tag: string, name: string): boolean => tag === name || new RegExp(`^${name}-\\d+$`).test(tag);

function spread(tags: Tags, name: string, value: string): void {
  if (value.length <= VALUE_LIMIT) tags[name] = value;
  else
    for (let part = 0; part * VALUE_LIMIT < value.length; part++)
      tags[`${name}-${part + 1}`] = value.slice(part * VALUE_LIMIT, (part + 1) * VALUE_LIMIT);
}

function gather(tags: Tags, name: string): string | undefined {
  if (tags[name] !== undefined) return tags[name];
  let whole = "";
  for (let part = 1; tags[`${name}-${part}`] !== undefined; part++) whole += tags[`${name}-${part}`];
  return whole === "" ? undefined : whole;
}
