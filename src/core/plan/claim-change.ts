/**
 * How a claim's tags are changed by several runs at once: each puts its own change into what is there by then. Pure; why nothing is
 * lost is in operations/cluster/shared-changes.ts.
 */
import { flagRows } from "../spec/flags.ts";
import { type KeptTexts, keepsFlags, withFlags } from "./kept-flags.ts";
import { keptTextsIn, membersIn, nodesIn } from "./read-tags.ts";
import { gather, isPartOf, spread, withoutParts } from "./tag-parts.ts";
import { MEMBERS, NODES, STOPPED, type Tags, isToolTag, membersText, ranges } from "./tags.ts";

/** Without the tags of others, and without what is computed from the rest. */
export const ownTagsOf = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => isToolTag(name) && name !== "aoc-fingerprint"));

/** A claim's tags with the nodes that they are taken to name. */
export function withNodes(tags: Tags, nodes: Iterable<number>): Tags {
  const all = withoutParts(tags, NODES);
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
    if (!isToolTag(name) || name === "aoc-fingerprint" || name === MEMBERS || isPartOf(name, NODES) || keepsFlags(name)) continue;
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
  const flags = mergeFlags(keptTextsIn(base), keptTextsIn(mine), keptTextsIn(fresh));
  if (nodes === undefined) return withFlags(merged, flags);
  return withFlags(withNodes(merged, nodes), new Map([...flags, ["num-nodes", [String(nodes.size)]]]));
}

// --- internal ---

/** Flag by flag: two runs may change different ones. What only a later version knows stays. */
function mergeFlags(base: KeptTexts, mine: KeptTexts, fresh: KeptTexts): KeptTexts {
  const names = new Set([...mine.keys(), ...fresh.keys()]);
  return new Map(
    [...names].flatMap((name): [string, readonly string[]][] => {
      const same = String(mine.get(name)) === String(base.get(name)) || !KNOWN.has(name);
      const value = (same ? fresh : mine).get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const KNOWN = new Set<string>(flagRows.map(([, { name }]) => name));

const keysOf = (map: ReadonlyMap<number, string>): Set<number> => new Set(map.keys());

type Indexes = ReadonlySet<number> | undefined;

/** What is added to `base` by `mine` is added to `fresh`, what is taken out is taken out. */
function mergeSets(base: Indexes, mine: Indexes, fresh: Indexes): Set<number> {
  const before = base ?? new Set<number>();
  const now = mine ?? before;
  const stay = [...(fresh ?? before)].filter((one) => now.has(one) || !before.has(one));
  return new Set([...stay, ...[...now].filter((one) => !before.has(one))]);
}
