/** Which nodes a cluster is to have, and at which private address each: what is there stays, what is missing is added. */
import { defined } from "../../core/defined.ts";
import {
  type MachinePlace,
  interfaceAddresses,
  placeOfMachine,
  withPublicAddress,
  zonesOfAddresses,
} from "../cluster/nodes-there.ts";
import type { Snapshot } from "../cluster/snapshot.ts";
import { usableAddresses } from "../../core/addresses.ts";
import { type KeptDisk, type Node, names, nodeIndex } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { hostKeyIn } from "../../core/plan/read-tags.ts";
import { nameOf } from "../../core/plan/resource.ts";
import { SUBNET_PREFIX } from "../../core/plan/resources/network.ts";
import { zoneOf } from "../../core/plan/zones.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import type { Live } from "../../engine/provider.ts";
import type { Claim } from "../cluster/claim.ts";
import type { Run } from "../run.ts";
import { freeAddresses, sharedSubnet } from "./free-addresses.ts";
import type { Survey } from "./survey.ts";

/** Nodes that are to be made anew, by their indexes. */
export interface Anew {
  readonly nodes: ReadonlySet<number>;
  /** These, and those that an earlier run has begun or ended. */
  readonly ending: ReadonlySet<number>;
  /** The new machines get the old ones' data disks. */
  readonly keepDataDisk: boolean;
}

/** Where a node is to be, before its user-data. */
export interface NodePlace extends Node, MachinePlace {
  /** The machine exists and stays: it keeps the user-data it was made with. */
  readonly exists: boolean;
  /** The cluster did not have it, made or to be made, before this run: what it becomes in etcd is open. */
  readonly isNew: boolean;
  /** Id of a data disk that waits for the machine: see kept-disks.ts. */
  readonly keptDisk?: KeptDisk;
  /** Has a public address of its own, or is to have one. */
  readonly publicAddress: boolean;
  /** That an existing machine was given. */
  readonly hostKey: string | undefined;
  /** An existing machine whose etcd waits for its certificate. */
  readonly uncertified?: boolean;
  /** An existing machine whose etcd was to join one that lives: whether it has, only etcd knows. */
  readonly joins?: boolean;
  /** Its machine is there, and is taken to be gone: what is to become of that one's data disk. */
  readonly anew?: Pick<Anew, "keepDataDisk">;
}

/**
 * The nodes that are wanted, lowest free index first. Throws for fewer than there are: taking machines away is `remove`'s.
 * @param known those that it has, or is to have
 */
export function chooseNodes(spec: ClusterSpec, known: ReadonlySet<number>): number[] {
  if (spec.numNodes < known.size && spec.given.includes("numNodes"))
    throw new ClusterError("FewerNodes", `${spec.name} has ${known.size} nodes; --num-nodes ${spec.numNodes} would be fewer`, {
      exit: EXIT.usage,
      advice: `Say which nodes are to go: \`azure-coreos-cluster remove ${spec.name} ${names.machine(spec, Math.max(...known))}\`.`,
    });
  const wanted = new Set(known);
  for (let index = 0; wanted.size < spec.numNodes; index++) wanted.add(index);
  return [...wanted].sort((a, b) => a - b);
}

/** Nodes that are to be there, of a cluster that was looked at. */
export interface ChosenNodes {
  readonly indexes: readonly number[];
  /** Those that it had, or was to have, already. */
  readonly known: ReadonlySet<number>;
  /** What is there of the cluster. */
  readonly ours: Snapshot;
  readonly found: { readonly claim: Pick<Claim, "choices"> | undefined };
  readonly surveyed: Survey;
  readonly anew?: Anew;
}

/** Addresses: those that nodes have, those that etcd was told, and for the rest the first free ones. */
export async function placeNodes(
  run: Run,
  spec: ClusterSpec,
  { indexes, known: before, ours: snapshot, found, surveyed, anew }: ChosenNodes,
): Promise<NodePlace[]> {
  const { claim } = found;
  const machines = machineTags(spec, snapshot, anew?.nodes);
  const addressed = withPublicAddress(spec, snapshot);
  // --pip counts for machines that are yet to be made: Azure does not change the interface of one that runs
  const ownAddress = (index: number): boolean => (machines.has(index) ? addressed.has(index) : spec.pip);
  const known = new Map([...(claim?.choices.members ?? []), ...interfaceAddresses(spec, snapshot)]);
  const taken = new Set([...known.values(), ...(claim?.choices.frontend === undefined ? [] : [claim.choices.frontend])]);
  const zones = zonesOfAddresses(spec, snapshot);
  const goes = (index: number): boolean => anew?.nodes.has(index) === true;
  const place = (index: number, address: string): NodePlace => {
    const machine = machines.get(index);
    // an address of its own that is there already has chosen the zone
    const zone = (goes(index) ? undefined : zones.get(index)) ?? zoneOf(spec, index);
    return {
      index,
      address,
      exists: machine !== undefined,
      isNew: !before.has(index),
      publicAddress: ownAddress(index),
      ...(machine === undefined ? defined({ zone }) : placeOfMachine(machine)),
      ...tagged(machine),
      ...(goes(index) ? { anew } : {}),
    };
  };
  const missing = indexes.filter((index) => !known.has(index));
  const shared =
    surveyed.subnet === undefined
      ? missing.length > 0 && (await sharedSubnet(run, snapshot))
      : { subnet: surveyed.subnet, networkId: surveyed.networkId ?? "" };
  if (!shared) {
    // a network of our own alone: node i is always at the same place, whoever asks
    const free = [...usableAddresses([SUBNET_PREFIX])].slice(0, Math.max(...indexes) + 1);
    return indexes.map((index) => place(index, known.get(index) ?? free[index] ?? ""));
  }
  const free = await freeAddresses(run, shared, missing.length, taken);
  missing.forEach((index, i) => known.set(index, free[i] ?? ""));
  return indexes.map((index) => place(index, known.get(index) ?? ""));
}

// --- internal ---

/**
 * The tags of the machines that stay: they say what each was given. One that failed, or is on its way out, will be made anew, with
 * user-data of its own.
 */
const machineTags = (spec: ClusterSpec, snapshot: Snapshot, gone: ReadonlySet<number> = new Set()): Map<number, Live> =>
  new Map(
    [...snapshot.values()].flatMap((live) => {
      const stays = live.kind === "machine" && live.state !== "failed" && live.state !== "deleting";
      const index = stays ? nodeIndex(spec, nameOf(live.id)) : undefined;
      return index === undefined || gone.has(index) ? [] : [[index, live] as const];
    }),
  );

const tagged = (machine: Live | undefined): Pick<NodePlace, "hostKey" | "uncertified" | "joins"> => ({
  hostKey: machine && hostKeyIn(machine),
  ...(machine?.tags["aoc-etcd-certificate"] === "missing" ? { uncertified: true } : {}),
  ...(machine?.tags["aoc-etcd-state"] === "existing" ? { joins: true } : {}),
});
