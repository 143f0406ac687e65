/** The clusters of a subscription, from their claims, and from groups that carry the tool's tags but hold no claim. */
import { defined } from "../../core/defined.ts";
import type { ClusterState } from "../../core/documents.ts";
import type { GroupFacts } from "../../azure/lookups/groups.ts";
import { normalLocation } from "../../core/region.ts";
import { groupOf } from "../../core/plan/resource.ts";
import { calledAfter } from "../../core/plan/bearer.ts";
import { keptFlag } from "../../core/plan/read-tags.ts";
import { isProven } from "../../core/plan/proof.ts";
import { plain } from "../../core/words.ts";
import { MANAGED_BY, clusterIn, isOurs } from "../../core/plan/tags.ts";
import { madeAt } from "../../engine/machine-made.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { everywhere } from "./allowed.ts";
import { stoppedSince } from "./stopped.ts";
import { type Cluster, type FoundClaim, expiryOf, isDoomed } from "./cluster.ts";
import { placeOfMachine } from "./nodes-there.ts";
import type { Run } from "../run.ts";
import { bearing, changedClaim, claimsOf, ownerOf, placeIn } from "./claim.ts";

export interface KnownCluster extends Omit<Cluster, "bearers"> {
  readonly location: string;
  readonly host: string;
  readonly ip: string;
  /** Nodes that were asked for; 0 where nothing says it. */
  readonly wanted: number;
  /** Machines that are there and have not failed. */
  readonly nodes: number;
  /** Availability zones that they are in. */
  readonly zones: readonly string[];
  /** How many of them are spot machines. */
  readonly spot: number;
  /** When the oldest machine was made, in milliseconds since 1970. */
  readonly madeAt?: number;
  readonly expires?: number;
  readonly state: ClusterState;
}

/** In the order of names; with `onlyIn` those of one resource group, beyond which nothing is asked. Three reads at once. */
export async function knownClusters(run: Run, onlyIn?: string): Promise<KnownCluster[]> {
  const [bearers, groups, machines] = await (onlyIn === undefined
    ? everywhere(run, wholeSubscription(run))
    : oneGroup(run, onlyIn));
  const found = new Map<string, { name: string; groupName: string; group: GroupFacts | undefined; claims: FoundClaim[] }>();
  const entry = (name: string, groupName: string) => {
    const key = `${groupName}/${name}`.toLowerCase();
    const known = found.get(key) ?? {
      name,
      groupName,
      group: groups.find((one) => same(one.name, groupName)),
      claims: [],
    };
    found.set(key, known);
    return known;
  };
  // a name becomes part of paths, ids and commands: one that the tool never gives is no cluster
  for (const { name, tags } of groups) {
    const cluster = clusterIn(tags);
    if (cluster !== undefined) entry(cluster, name);
  }
  for (const [, inGroup] of Map.groupBy(bearers, ({ id }) => (groupOf(id) ?? "").toLowerCase())) {
    for (const name of new Set(inGroup.flatMap(({ tags }) => clusterIn(tags) ?? [])))
      for (const claim of claimsOf(inGroup, name)) entry(name, groupOf(claim.id) ?? "").claims.push(claim);
    sayChanged(run, inGroup);
  }
  const byGroup = Map.groupBy(machines, (machine) => (groupOf(machine.id) ?? "").toLowerCase());
  const all = [...found.values()].map((one) => described(run, one, byGroup.get(one.groupName.toLowerCase()) ?? []));
  return all.sort(
    (a, b) => a.name.localeCompare(b.name, "en", { numeric: true }) || a.groupName.localeCompare(b.groupName, "en"),
  );
}

// --- internal ---

/** Such a cluster costs money, and else nobody would see it. */
function sayChanged(run: Run, inGroup: readonly FoundClaim[]): void {
  for (const name of new Set(inGroup.flatMap((one) => one.tags["aoc-cluster"] ?? calledAfter(one)?.cluster ?? []))) {
    const changed = changedClaim(inGroup, name);
    if (changed !== undefined) run.say(plain(`${name} is not known as it was: ${changed.message}. ${changed.advice}`));
  }
}

type Seen = [FoundClaim[], GroupFacts[], Live[]];

const wholeSubscription = ({ tools, lookups }: Run): Promise<Seen> =>
  Promise.all([
    patiently(tools, (signal) => lookups.allBearers(signal)).then(bearing),
    patiently(tools, (signal) => lookups.ourGroups(MANAGED_BY, signal)),
    patiently(tools, (signal) => lookups.machines(signal)),
  ]);

const oneGroup = async ({ tools, lookups }: Run, name: string): Promise<Seen> => {
  const [bearers, group, machines] = await Promise.all([
    patiently(tools, (signal) => lookups.bearers(name, signal)),
    patiently(tools, (signal) => lookups.group(name, signal)),
    patiently(tools, (signal) => lookups.machinesIn(name, signal)),
  ]);
  return [bearing(bearers), group === undefined ? [] : [group], machines];
};

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function described(
  run: Run,
  one: Pick<Cluster, "name" | "groupName" | "group" | "claims">,
  inGroup: readonly Live[],
): KnownCluster {
  const own = one.group !== undefined && isOurs(one.group.tags, one.name);
  const located = { ...one, own, owner: ownerOf(run.subscription, { ...one, own }) };
  const [claim] = one.claims;
  const place = claim && placeIn(claim);
  const machines = inGroup.filter((machine) => isProven(machine, located.owner));
  const nodes = machines.filter((machine) => machine.state !== "failed").length;
  const coming = machines.filter(isBeingMade).length;
  const wanted = claim === undefined ? 0 : keptFlag(claim.tags, "numNodes");
  const times = machines.map(madeAt).filter((time) => time !== undefined);
  const expires = expiryOf(located);
  const places = machines.map(placeOfMachine);
  return {
    ...located,
    location: normalLocation(claim?.location ?? one.group?.location ?? ""),
    host: place?.host ?? "",
    ip: place?.address ?? "",
    wanted,
    nodes,
    zones: [...new Set(places.flatMap(({ zone }) => zone ?? []))].sort(),
    spot: places.filter((place) => place.spot === true).length,
    ...(times.length === 0 ? {} : { madeAt: Math.min(...times) }),
    ...defined({ expires }),
    state: isDoomed(located)
      ? "being destroyed"
      : stateOf(claim, { lacks: nodes - coming < wanted, expired: (expires ?? Infinity) <= run.clock.now() }),
  };
}

/** Not there to be used yet; one that is only changed runs on. */
const isBeingMade = ({ model }: Live): boolean =>
  (model as { readonly provisioningState?: string } | undefined)?.provisioningState === "Creating";

/** The first word that fits: what ends the cluster comes before what it lacks. */
function stateOf(
  claim: FoundClaim | undefined,
  { expired, lacks }: { readonly expired: boolean; readonly lacks: boolean },
): ClusterState {
  if (claim === undefined) return "half made";
  if (expired) return "expired";
  if (stoppedSince(claim.tags) !== undefined) return "stopped";
  return lacks ? "incomplete" : "complete";
}
