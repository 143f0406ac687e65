/**
 * Spot machines: which nodes are, and what is said of it. Azure takes such a machine away whenever it needs the room. A member of etcd
 * that goes takes a vote along, so members are none unless all were asked for. Pure.
 */
import type { FlagValues } from "../spec/flags.ts";
import { type NewNodes, newMembers } from "../spec/members.ts";
import { plural } from "../words.ts";
import type { PlannedNode } from "./cluster.ts";
import { ranges } from "./tags.ts";

/** Whether a machine that is made now is one. */
export const isSpot = ({ spot }: Pick<FlagValues, "spot">, isMember: boolean): boolean =>
  spot === "all" || (spot === "workers" && !isMember);

/**
 * Those of the nodes that are yet to be made, as far as that is known before etcd has been asked who may join.
 * @param members nodes that are members already
 */
export function spotAmong(
  spec: Pick<FlagValues, "spot" | "etcdMembers" | "numNodes">,
  members: { has(node: number): boolean; readonly size: number },
  nodes: NewNodes,
): number[] {
  if (spec.spot === "all") return [...nodes.fresh];
  if (spec.spot !== "workers") return [];
  const joining = new Set(newMembers(spec, members, nodes));
  return nodes.fresh.filter((node) => !members.has(node) && !joining.has(node));
}

/** What is said of one that is not there. */
export const GONE_SPOT = "gone (spot: perhaps evicted)";

/** How a machine is told to be one: deleted when Azure takes it, for a machine that stands still is no node and costs its disks. */
export const spotOf = (
  { maxPrice }: Pick<FlagValues, "maxPrice">,
  node: Pick<PlannedNode, "spot">,
): { priority?: "Spot"; evictionPolicy?: "Delete"; billingProfile?: { maxPrice: number } } =>
  node.spot === true ? { priority: "Spot", evictionPolicy: "Delete", billingProfile: { maxPrice: maxPrice ?? -1 } } : {};

/** It is yet to be made, or to be made again. */
const isNew = ({ userData }: PlannedNode): boolean => userData.length > 0;

/** Said before anything is made: which machines are spot machines, which are not, and why. */
export function spotNotes(
  { spot }: Pick<FlagValues, "spot">,
  nodes: readonly PlannedNode[],
  members: { has(node: number): boolean },
): string[] {
  if (spot === undefined || spot === "none") return [];
  const named = (some: readonly PlannedNode[]): string =>
    `${plural("node", some.length)} ${ranges(some.map(({ index }) => index)).replaceAll(",", ", ")}`;
  const taken = nodes.filter((node) => node.spot === true);
  const kept = nodes.filter((node) => node.spot !== true);
  const onlyMembers = kept.every(({ index }) => members.has(index));
  if (taken.length === 0 && (spot === "all" || !onlyMembers))
    return [
      `No machine is a spot machine yet: --spot${spot === "all" ? "=all" : ""} counts for machines that are made from now on.`,
    ];
  if (taken.length === 0) {
    const why = `etcd's members are no spot machines, and ${kept.length === 1 ? "the only node is one" : `all ${kept.length} nodes are members`}`;
    // a machine that exists stays what it is
    return [
      kept.every(isNew)
        ? `--spot makes no difference: ${why}. --spot=all makes them spot machines too; with more nodes, or a smaller --etcd-members, there are workers.`
        : `--spot makes no difference yet: ${why}. With more nodes there are workers.`,
    ];
  }
  const voting = taken.filter(({ index }) => members.has(index));
  return [
    `Spot machines: ${named(taken)}. Azure may take them away at any time; the same create makes them again.`,
    ...(kept.length === 0
      ? []
      : [`Not spot machines: ${named(kept)}${spot !== "all" && onlyMembers ? " (etcd's members)" : ""}.`]),
    ...(voting.length === 0
      ? []
      : [
          `Of etcd's members, ${named(voting)} ${voting.length === 1 ? "is a spot machine" : "are spot machines"}: when Azure takes most of them at once, etcd and all that it holds is lost.`,
        ]),
  ];
}
