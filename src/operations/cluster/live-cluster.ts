/**
 * A cluster as Azure tells it: its nodes with power and addresses, and how it differs from what was made. Reads only, needs
 * no file of this machine, and asks no node.
 */
import { defined } from "../../core/defined.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Drift } from "../../core/documents.ts";
import type { Found } from "../../core/found.ts";
import type { LoadBalancer, NetworkInterface, NetworkSecurityGroup, PublicIPAddress } from "@azure/arm-network";
import type { VirtualMachine } from "@azure/arm-compute";
import { type MachineView, type Past, pastOf } from "../../core/failed-machine.ts";
import { names } from "../../core/plan/cluster.ts";
import { type Opening, openings } from "../../core/plan/let-in.ts";
import { provenOf } from "../../core/plan/proof.ts";
import { isSpot } from "../../core/plan/spot.ts";
import { zoneOf } from "../../core/plan/zones.ts";
import { hostKeyIn, keptSpec } from "../../core/plan/read-tags.ts";
import { groupId, resourceId } from "../../core/plan/resource.ts";
import type { Kind } from "../../core/plan/bodies.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { madeAt } from "../../engine/machine-made.ts";
import { patiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { type MachinePlace, interfaceAddresses, knownNodes, placeOfMachine, withPublicAddress } from "./nodes-there.ts";
import { oursOf, surveyDoom } from "../destroy/doom-survey.ts";
import { type Astray, astrayMachines } from "./astray.ts";
import { driftOf } from "./live-drift.ts";
import { type Claim, claimNeeded } from "./claim.ts";
import { type Cluster, expiryOf } from "./cluster.ts";
import type { Run } from "../run.ts";

/** Zone and spot of a machine that is not there are what it would be made with. */
export interface LiveNode extends MachinePlace {
  readonly index: number;
  readonly name: string;
  /** Of its machine. */
  readonly id: string;
  /** Azure's state of the machine: "Succeeded", "Creating", "Failed"; undefined when there is no machine. */
  readonly provisioning: string | undefined;
  /** "running", "deallocated"; undefined where Azure does not say. */
  readonly power: string | undefined;
  /** Of one that Azure calls failed: whether it has worked, and why it failed. */
  readonly failed?: { readonly past: Past; readonly view: MachineView };
  /** Milliseconds since 1970. */
  readonly madeAt: number | undefined;
  readonly privateIp: string;
  /** Has a public address of its own, or is to have one. */
  readonly addressed: boolean;
  readonly publicIp: string | undefined;
  readonly hostKey: string | undefined;
  /** Azure's name of the machine's size. */
  readonly vmSize: string | undefined;
}

export interface LiveCluster {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  readonly location: string;
  readonly nodes: readonly LiveNode[];
  readonly drift: readonly Drift[];
  /** What was asked to be open, and how far it is. */
  readonly openings: readonly Opening[];
  /** Machines of its nodes that are there, and have lost the tags that say so. */
  readonly astray: Astray;
  /** How many resources of it there are. */
  readonly resources: number;
  /** Those, as they are. */
  readonly found: readonly Found[];
  readonly expires: number | undefined;
}

/** @throws ClusterError ClusterNotFound (exit 1); ClaimDamaged, ClaimTwice (exit 7) */
export async function readLiveCluster(run: Run, located: Cluster): Promise<LiveCluster> {
  const { name, groupName } = located;
  const claim = await claimNeeded(run, located);
  const spec = keptSpec(name, claim.kept);
  const doom = await surveyDoom(run, located, "unasked");
  const snapshot: Snapshot = provenOf(doom.snapshot, located.owner);
  const indexes = knownNodes(spec, snapshot, claim);
  const addresses = new Map([...claim.choices.members, ...interfaceAddresses(spec, snapshot)]);
  const nodes = await Promise.all(
    [...indexes]
      .sort((a, b) => a - b)
      .map((index) => liveNode(run, { spec, claim, groupName, snapshot, index, address: addresses.get(index) ?? "" })),
  );
  const expires = expiryOf(located);
  return {
    spec,
    claim,
    location: claim.location,
    nodes,
    astray: astrayMachines(run, { ...located, spec, claim }, doom.snapshot),
    resources: doom.ours.length,
    found: oursOf(doom),
    expires,
    openings: openingsIn(run, { spec, groupName, nodes, snapshot: doom.snapshot }),
    drift: driftOf(run, doom, { claim, spec, nodes, snapshot, expires }),
  };
}

// --- internal ---

/** @param snapshot what has lost its tags lets in as before */
function openingsIn(
  run: Run,
  { spec, groupName, nodes, snapshot }: Pick<LiveCluster, "spec" | "nodes"> & Pick<Place, "groupName" | "snapshot">,
): Opening[] {
  const scope = groupId(run.subscription, groupName);
  const modelOf = (kind: "securityGroup" | "loadBalancer", name: string): unknown =>
    snapshot.get(resourceId(scope, kind, name).toLowerCase())?.model;
  return openings(spec, {
    group: modelOf("securityGroup", names.securityGroup(spec.name)) as NetworkSecurityGroup | undefined,
    balancer: modelOf("loadBalancer", names.loadBalancer(spec.name)) as LoadBalancer | undefined,
    nodes: nodes.flatMap(({ privateIp }) => (privateIp === "" ? [] : [privateIp])),
  });
}

interface Place {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  readonly groupName: string;
  readonly snapshot: Snapshot;
  readonly index: number;
  readonly address: string;
}

async function liveNode(run: Run, { spec, claim, groupName, snapshot, index, address }: Place): Promise<LiveNode> {
  const name = names.machine(spec, index);
  const scope = groupId(run.subscription, groupName);
  const find = (kind: Exclude<Kind, "resourceGroup">, resource: string): Live | undefined =>
    snapshot.get(resourceId(scope, kind, resource).toLowerCase());
  const machine = find("machine", name);
  const model = machine?.model as VirtualMachine | undefined;
  const nic = find("networkInterface", names.interface(name))?.model as NetworkInterface | undefined;
  const view =
    machine === undefined ? undefined : await patiently(run.tools, (signal) => run.lookups.machineView(groupName, name, signal));
  return {
    index,
    name,
    id: resourceId(scope, "machine", name),
    provisioning: machine === undefined ? undefined : (model?.provisioningState ?? "Succeeded"),
    power: view?.power,
    ...(machine?.state === "failed" && view
      ? { failed: { past: pastOf(machine.model as VirtualMachine, nic, view), view } }
      : {}),
    madeAt: machine && madeAt(machine),
    privateIp: address,
    addressed: machine === undefined ? spec.pip : withPublicAddress(spec, snapshot).has(index),
    publicIp: (find("publicAddress", names.nodeAddress(name))?.model as PublicIPAddress | undefined)?.ipAddress,
    hostKey: machine && hostKeyIn(machine),
    vmSize: model?.hardwareProfile?.vmSize,
    ...(machine === undefined ? placeToBe(spec, claim, index) : placeOfMachine(machine)),
  };
}

function placeToBe(spec: ClusterSpec, claim: Claim, index: number): MachinePlace {
  const zone = zoneOf(spec, index);
  return {
    ...defined({ zone }),
    ...(isSpot(spec, claim.choices.members.has(index)) ? { spot: true } : {}),
  };
}
