/** Availability sets and the proximity placement group: how Azure spreads the machines over its racks, or keeps them close. */
import type { Design, PlannedNode } from "../cluster.ts";
import { type Resource, resourceId } from "../resource.ts";

/** Azure's limit for machines in one availability set. */
const SET_LIMIT = 200;

export const placementGroupId = ({ spec, facts, group }: Design): string | undefined =>
  facts.placementGroupId ??
  (spec.affinityGroup === undefined ? undefined : resourceId(group, "placementGroup", spec.affinityGroup));

export const placementGroup = (cluster: Design, name: string): Resource<"placementGroup"> => ({
  kind: "placementGroup",
  id: resourceId(cluster.group, "placementGroup", name),
  label: `proximity placement group ${name}`,
  dependsOn: [cluster.group],
  body: { location: cluster.facts.location, tags: cluster.tags, proximityPlacementGroupType: "Standard" },
});

/** Sets that are named like their cluster, where the flag's default is or may be another's: the first that is free counts. */
export const ownSets = (cluster: string): readonly string[] => [`${cluster}-as`, `${cluster}-nodes-as`];

/** The sets that a cluster may have, by what its claim keeps; without one by every default. */
export const possibleSets = (cluster: string, kept: string, claimed: boolean): readonly string[] =>
  claimed ? [kept] : [...new Set([kept, ...ownSets(cluster)])];

/** A set holds 200 machines; a larger cluster has several: NAME, NAME-2, ... */
const setName = (name: string, number: number): string => (number === 0 ? name : `${name}-${number + 1}`);

/** Undefined for a machine in a zone, and for a spot machine: Azure takes neither into a set. */
export const availabilitySetId = ({ spec, group }: Design, node: PlannedNode): string | undefined =>
  isInSet(node)
    ? resourceId(group, "availabilitySet", setName(spec.availabilitySet, Math.floor(node.index / SET_LIMIT)))
    : undefined;

export function availabilitySets(cluster: Design): Resource<"availabilitySet">[] {
  const { spec, facts, tags, group } = cluster;
  const proximityPlacementGroup = placementGroupId(cluster);
  const numbers = [...new Set(facts.nodes.filter(isInSet).map((node) => Math.floor(node.index / SET_LIMIT)))];
  return numbers.map((number) => ({
    kind: "availabilitySet",
    id: resourceId(group, "availabilitySet", setName(spec.availabilitySet, number)),
    label: `availability set ${setName(spec.availabilitySet, number)}`,
    dependsOn:
      facts.placementGroupId === undefined && proximityPlacementGroup !== undefined ? [group, proximityPlacementGroup] : [group],
    body: {
      location: facts.location,
      tags,
      // managed disks need Aligned; what Azure takes by default is Classic
      sku: { name: "Aligned" },
      platformFaultDomainCount: facts.faultDomains,
      platformUpdateDomainCount: 5,
      ...(proximityPlacementGroup === undefined ? {} : { proximityPlacementGroup: { id: proximityPlacementGroup } }),
    },
  }));
}

// --- internal ---

const isInSet = ({ zone, spot }: PlannedNode): boolean => zone === undefined && spot !== true;
