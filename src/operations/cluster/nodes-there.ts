/** Which nodes of a cluster are there, and where: read off what is in its group. */
import { defined } from "../../core/defined.ts";
import { isIPv4 } from "node:net";
import type { VirtualMachine } from "@azure/arm-compute";
import type { LoadBalancer, NetworkInterface, NetworkInterfaceIPConfiguration, PublicIPAddress } from "@azure/arm-network";
import type { Kind } from "../../core/plan/bodies.ts";
import { names, nodeIndex } from "../../core/plan/cluster.ts";
import { nameOf, resourceId } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Live } from "../../engine/provider.ts";
import type { Claim } from "./claim.ts";
import type { Snapshot } from "./snapshot.ts";

/** Indexes of the cluster's machines that exist, in a snapshot of what is the cluster's. */
export const machinesOf = (spec: ClusterSpec, snapshot: Snapshot): number[] => indexesOf(spec, snapshot, "machine", "");

/**
 * The nodes that a cluster has, or is to have: those of its claim, made or not yet, and machines that are there all the same. A claim
 * of an earlier version has their number only: then members, and the lowest indexes, are taken to be those that are missing.
 */
export function knownNodes(
  spec: ClusterSpec,
  snapshot: Snapshot,
  claim: Pick<Claim, "nodes" | "kept" | "choices"> | undefined,
): ReadonlySet<number> {
  const nodes = new Set([...machinesOf(spec, snapshot), ...(claim?.nodes ?? [])]);
  if (claim === undefined || claim.nodes !== undefined) return nodes;
  const reached = claim.kept.numNodes ?? 0;
  for (const member of claim.choices.members.keys()) if (nodes.size < reached) nodes.add(member);
  for (let index = 0; nodes.size < reached; index++) nodes.add(index);
  return nodes;
}

/** Private addresses by node index. */
export const interfaceAddresses = (spec: ClusterSpec, snapshot: Snapshot): [number, string][] =>
  primaries(spec, snapshot).flatMap(([index, { privateIPAddress }]): [number, string][] =>
    privateIPAddress !== undefined && isIPv4(privateIPAddress) ? [[index, privateIPAddress]] : [],
  );

/** Indexes of the nodes whose interface has the cluster's own public address for it, which --pip makes: somebody may have put theirs there. */
export const withPublicAddress = (spec: ClusterSpec, snapshot: Snapshot): Set<number> =>
  new Set(
    primaries(spec, snapshot).flatMap(([index, { publicIPAddress }, id]) => {
      const own = resourceId(groupPartOf(id), "publicAddress", names.nodeAddress(names.machine(spec, index)));
      return publicIPAddress?.id?.toLowerCase() === own.toLowerCase() ? [index] : [];
    }),
  );

/** The subnet that a cluster is in; undefined where nothing of it is there that says so. */
export function subnetIn(snapshot: Snapshot): string | undefined {
  const [interfaces, balancers] = [
    [...snapshot.values()].filter(({ kind }) => kind === "networkInterface"),
    [...snapshot.values()].filter(({ kind }) => kind === "loadBalancer"),
  ];
  const subnets = [
    ...balancers.flatMap(({ model }) => (model as LoadBalancer).frontendIPConfigurations ?? []),
    ...interfaces.flatMap(({ model }) => (model as NetworkInterface).ipConfigurations ?? []),
  ];
  return subnets.find(({ subnet }) => subnet?.id !== undefined)?.subnet?.id;
}

/** Where and how a machine is, which Azure never changes: its zone, and whether it is a spot machine. */
export interface MachinePlace {
  readonly zone?: string;
  readonly spot?: boolean;
}

export function placeOfMachine({ model }: Pick<Live, "model">): MachinePlace {
  const { zones, priority } = model as VirtualMachine;
  const zone = zones?.[0];
  return {
    ...defined({ zone }),
    // "Low" is the older word for it
    ...(priority === "Spot" || priority === "Low" ? { spot: true } : {}),
  };
}

/** What Azure counts against a subscription's quotas, and gives back when it is gone. */
export interface Freed {
  readonly machines: readonly { readonly vmSize: string; readonly spot: boolean }[];
  /** Public addresses. */
  readonly addresses: number;
}

/** @param nodes indexes of nodes that are to go */
export const freedBy = (spec: ClusterSpec, snapshot: Snapshot, nodes: ReadonlySet<number>): Freed => ({
  machines: [...snapshot.values()].flatMap((live) => {
    const index = live.kind === "machine" ? nodeIndex(spec, nameOf(live.id)) : undefined;
    const { vmSize } = (live.model as VirtualMachine).hardwareProfile ?? {};
    return index === undefined || !nodes.has(index) || vmSize === undefined
      ? []
      : [{ vmSize, spot: placeOfMachine(live).spot === true }];
  }),
  addresses: [...withPublicAddress(spec, snapshot)].filter((index) => nodes.has(index)).length,
});

/** Zones of the addresses that nodes have of their own, by node index. */
export const zonesOfAddresses = (spec: ClusterSpec, snapshot: Snapshot): Map<number, string> =>
  new Map(
    [...snapshot.values()].flatMap((live): [number, string][] => {
      const index = live.kind === "publicAddress" ? nodeIndex(spec, nameOf(live.id).replace(/-ip$/i, "")) : undefined;
      const [zone, ...more] = (live.model as PublicIPAddress).zones ?? [];
      return index === undefined || zone === undefined || more.length > 0 ? [] : [[index, zone]];
    }),
  );

// --- internal ---

/** "/subscriptions/.../resourceGroups/web", of the id of what is in it. */
const groupPartOf = (id: string): string => id.slice(0, id.toLowerCase().indexOf("/providers/"));

function indexesOf(spec: ClusterSpec, snapshot: Snapshot, kind: Kind, suffix: string): number[] {
  return [...snapshot.values()]
    .filter((live) => live.kind === kind && nameOf(live.id).endsWith(suffix))
    .map((live) => nodeIndex(spec, nameOf(live.id).slice(0, nameOf(live.id).length - suffix.length)))
    .filter((index) => index !== undefined)
    .sort((a, b) => a - b);
}

/** Index, first configuration and id of each node's interface. */
function primaries(spec: ClusterSpec, snapshot: Snapshot): [number, NetworkInterfaceIPConfiguration, string][] {
  return [...snapshot.values()].flatMap((live): [number, NetworkInterfaceIPConfiguration, string][] => {
    if (live.kind !== "networkInterface") return [];
    const index = nodeIndex(spec, nameOf(live.id).replace(/-nic$/i, ""));
    const first = (live.model as NetworkInterface).ipConfigurations?.[0];
    return index === undefined || first === undefined ? [] : [[index, first, live.id]];
  });
}
