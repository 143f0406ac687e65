/**
 * How a claim's tags are changed by several runs at once: each puts its own change into what is there by then. Pure; why nothing is
 * lost is in operations/cluster/shared-changes.ts.
 */
import { gather, membersIn, nodesIn } from "./read-tags.ts";
import { MEMBERS, NODES, NUM_NODES, STOPPED, type Tags, isToolTag, membersText, ranges, spread } from "./tags.ts";

/** Without the tags of others, and without what is computed from the rest. */
export const ownTagsOf = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => isToolTag(name) && name !== "aoc-fingerprint"));

/** A claim's tags with the nodes that they are taken to name. */
export function withNodes(tags: Tags, nodes: Iterable<number>): Tags {
  const all = Object.fromEntries(Object.entries(tags).filter(([name]) => !isNodes(name)));
  spread(all, NODES, ranges(nodes));
  return all;
}

/**
 * What this run changes (`mine` against `base`, which it read), put into what is there by now. Nodes and members are sets: what one
 * run adds or takes out, no other one undoes. Of what is one value the later word counts. Tags of others are no part of it.
 * @throws ClusterError ClaimDamaged
 */
export function mergeClaimTags(base: Tags, mine: Tags, fresh: Tags): Tags {
  const merged: Tags = {};
  for (const name of new Set([base, mine, fresh].flatMap(Object.keys))) {
    if (!isToolTag(name) || name === "aoc-fingerprint" || name === MEMBERS || isNodes(name)) continue;
    // whether it is stopped only stop and start say
    const value = mine[name] === base[name] || name === STOPPED ? fresh[name] : mine[name];
    if (value !== undefined) merged[name] = value;
  }
  const nodes = gather(mine, NODES) === undefined ? nodesIn(fresh) : mergeSets(nodesIn(base), nodesIn(mine), nodesIn(fresh));
  const members = mergeSets(keysOf(membersIn(base)), keysOf(membersIn(mine)), keysOf(membersIn(fresh)));
  // one that another run has named already keeps the address that it was given there
  const addresses = new Map([...membersIn(mine), ...membersIn(fresh)]);
  // a member is a node
  const staying = [...members].filter((node) => nodes?.has(node) ?? true).sort((a, b) => a - b);
  if (staying.length > 0) merged[MEMBERS] = membersText(staying.map((node) => [node, addresses.get(node) ?? ""]));
  if (nodes === undefined) return merged;
  return { ...withNodes(merged, nodes), [NUM_NODES]: String(nodes.size) };
}

// --- internal ---

const isNodes = (tag: string): boolean => tag === NODES || new RegExp(`^${NODES}-\\d+$`).test(tag);

const keysOf = (map: ReadonlyMap<number, string>): Set<number> => new Set(map.keys());

type Indexes = ReadonlySet<number> | undefined;

/** What is added to `base` by `mine` is added to `fresh`, what is taken out is taken out. */
function mergeSets(base: Indexes, mine: Indexes, fresh: Indexes): Set<number> {
  const before = base ?? new Set<number>();
  const now = mine ?? before;
  const stay = [...(fresh ?? before)].filter((one) => now.has(one) || !before.has(one));
  return new Set([...stay, ...[...now].filter((one) => !before.has(one))]);
}
