/**
 * How a claim's tags are changed by several runs at once: each puts its own change into what is there by then. Pure; why nothing is
 * lost is in operations/cluster/shared-changes.ts.
 */
import { FLAGS, flagRows } from "../spec/flags.ts";
import { tagWish } from "../spec/user-tags.ts";
import { type KeptTexts, SIZE_NOW, keepsFlags, withKeptFlags } from "./kept-flags.ts";
import { keptTextsIn, membersIn, taggedNodes } from "./read-tags.ts";
import { REPLACEMENT, REPLACING, replacementIn, replacingIn, withReplacement, withReplacing } from "./replacing.ts";
import { gather, isPartOf, spread, withoutParts } from "./tag-parts.ts";
import { MEMBERS, NODES, PLATFORM, STOPPED, type Tags, isToolTag, membersText, ranges } from "./tags.ts";
import { USER_TAGS, withUserTags } from "./user-tags.ts";

/** Without the tags of others, and without what is computed from the rest. */
export const ownTagsOf = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => isToolTag(name) && name !== "aoc-fingerprint"));

/** Without what is said for a time, and taken back by itself. */
export const withoutMarks = (tags: Tags): Tags => Object.fromEntries(Object.entries(tags).filter(([name]) => !MARKS.has(name)));

/** A claim's tags with the nodes that they are taken to name. */
export function withNodes(tags: Tags, nodes: Iterable<number>): Tags {
  const all = withoutParts(tags, NODES);
  spread(all, NODES, ranges(nodes));
  return all;
}

/**
 * What this run changes (`mine` against `base`, which it read), put into what is there by now. Nodes and members are sets: what one
 * run adds or takes out, no other one undoes. Of what is one value the later word counts. The user's
 * tags are made of the flags again; tags of others are no part of it.
 * @throws ClusterError ClaimDamaged
 */
export function mergeClaimTags(base: Tags, mine: Tags, fresh: Tags): Tags {
  const merged: Tags = {};
  for (const name of new Set([base, mine, fresh].flatMap(Object.keys))) {
    if (
      !isToolTag(name) ||
      name === "aoc-fingerprint" ||
      name === MEMBERS ||
      isPartOf(name, NODES) ||
      keepsFlags(name) ||
      isPartOf(name, USER_TAGS)
    )
      continue;
    const value = mine[name] === base[name] || MARKS.has(name) ? fresh[name] : mine[name];
    if (value !== undefined) merged[name] = value;
  }
  const nodes =
    gather(mine, NODES) === undefined ? taggedNodes(fresh) : mergeSets(taggedNodes(base), taggedNodes(mine), taggedNodes(fresh));
  const members = mergeSets(keysOf(membersIn(base)), keysOf(membersIn(mine)), keysOf(membersIn(fresh)));
  // one that another run has named already keeps the address that it was given there
  const addresses = new Map([...membersIn(mine), ...membersIn(fresh)]);
  // a member is a node
  const staying = [...members].filter((node) => nodes?.has(node) ?? true).sort((a, b) => a - b);
  if (staying.length > 0) merged[MEMBERS] = membersText(staying.map((node) => [node, addresses.get(node) ?? ""]));
  const flags = mergeFlags(keptTextsIn(base), keptTextsIn(mine), keptTextsIn(fresh));
  const counted = nodes === undefined ? flags : new Map([...flags, ["num-nodes", [String(nodes.size)]]]);
  const own = withKeptFlags(nodes === undefined ? merged : withNodes(withoutReplacements(merged, nodes), nodes), counted);
  return withUserTags(own, flags.get(FLAGS.tag.name) ?? []);
}

// --- internal ---

/** A node that was removed is not being replaced any more. */
function withoutReplacements(tags: Tags, nodes: ReadonlySet<number>): Tags {
  const gone = [...replacingIn(tags).keys()].filter((node) => !nodes.has(node));
  const rest = gone.reduce((now, node) => withReplacing(now, node, undefined), tags);
  return replacementIn(rest)?.nodes.some((node) => nodes.has(node)) === false ? withReplacement(rest, undefined) : rest;
}

/** What only stop and start, replace, and platform say: nobody else changes it. */
const MARKS = new Set([STOPPED, REPLACING, REPLACEMENT, PLATFORM]);

/** Flag by flag, and tag by tag: two runs may change different ones. What only a later version knows stays. */
function mergeFlags(base: KeptTexts, mine: KeptTexts, fresh: KeptTexts): KeptTexts {
  const [before, wanted, now] = [base, mine, fresh].map(singly) as [Singly, Singly, Singly];
  const merged = new Map<string, readonly string[]>();
  for (const key of new Set([...wanted.keys(), ...now.keys()])) {
    const [name = ""] = key.split("\n");
    const same = String(wanted.get(key)) === String(before.get(key)) || !KNOWN.has(name);
    const value = (same ? now : wanted).get(key);
    if (value !== undefined) merged.set(name, [...(merged.get(name) ?? []), ...value]);
  }
  return merged;
}

type Singly = ReadonlyMap<string, readonly string[]>;

/** By name; of a flag that holds pairs by name and key. */
const singly = (texts: KeptTexts): Singly =>
  new Map(
    [...texts].flatMap(([name, values]): [string, readonly string[]][] =>
      PAIRS.has(name) ? values.map((text) => [`${name}\n${tagWish(text).name.toLowerCase()}`, [text]]) : [[name, values]],
    ),
  );

const PAIRS = new Set<string>(flagRows.flatMap(([, { name, pairs }]) => (pairs === true ? [name] : [])));
const KNOWN = new Set<string>([...flagRows.map(([, { name }]) => name), SIZE_NOW]);

const keysOf = (map: ReadonlyMap<number, string>): Set<number> => new Set(map.keys());

type Indexes = ReadonlySet<number> | undefined;

/** What is added to `base` by `mine` is added to `fresh`, what is taken out is taken out. */
function mergeSets(base: Indexes, mine: Indexes, fresh: Indexes): Set<number> {
  const before = base ?? new Set<number>();
  const now = mine ?? before;
  const stay = [...(fresh ?? before)].filter((one) => now.has(one) || !before.has(one));
  return new Set([...stay, ...[...now].filter((one) => !before.has(one))]);
}
