/** What would go when nodes are removed, of which cluster, and what would stay. Reads only. */
import { destroyedMeanwhile, refuseMarked } from "../cluster/being-destroyed.ts";
import type { LoadBalancer } from "@azure/arm-network";
import { type Node, names, nodeIndex } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { type Owner, provenOf } from "../../core/plan/proof.ts";
import { hostKeyIn, keptSpec } from "../../core/plan/read-tags.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { groupId, nameOf as lastOf, resourceId } from "../../core/plan/resource.ts";
import type { ClusterSpec } from "../../core/spec/spec.ts";
import { getPatiently } from "../../engine/patiently.ts";
import { type OwnPart, astrayIn, refuseAstray } from "../cluster/astray.ts";
import { type Claim, claimNeeded } from "../cluster/claim.ts";
import { isDoomed, isForeign } from "../cluster/cluster.ts";
import { findCluster } from "../cluster/find.ts";
import { nodesNamed } from "../cluster/node-name.ts";
import {
  type AwayDisk,
  type NodePart,
  awayDisksOf,
  partsOf,
  possibleParts,
  refuseHarmful,
  removalIntent,
} from "../cluster/node-parts.ts";
import { refuseStopped } from "../cluster/stopped.ts";
import { type Snapshot, snapshotOf } from "../cluster/snapshot.ts";
import { interfaceAddresses, knownNodes, machinesOf, subnetIn } from "../cluster/nodes-there.ts";
import { refuseForbidden } from "../destroy/forbidden.ts";
import { refuseUsed } from "../destroy/used-by-others.ts";
import type { Run } from "../run.ts";

/** What would go, of which cluster. */
export interface Removal {
  readonly spec: ClusterSpec;
  readonly claim: Claim;
  readonly groupName: string;
  readonly foreignGroup: boolean;
  readonly owner: Owner;
  /** Nodes of which anything is left. */
  readonly there: readonly Node[];
  /** Indexes of the nodes that it had, or was to have. */
  readonly known: ReadonlySet<number>;
  /** Indexes of those that go; empty when none of the named ones is there. */
  readonly going: readonly number[];
  /** Names of the machines that were to go and are not there. */
  readonly absent: readonly string[];
  /** Names of the machines of those that go. */
  readonly machines: readonly string[];
  readonly staying: readonly Node[];
  readonly parts: readonly NodePart[];
  /** Disks of theirs that another machine has: these stay. */
  readonly elsewhere: readonly AwayDisk[];
  /** What is in the group, whosever it is. */
  readonly present: Snapshot;
  /** Of a network that is not the cluster's own. */
  readonly subnetId?: string;
}

export interface PlanRemovalOptions {
  readonly resourceGroup?: string;
  /** They are made anew at once, so it does not matter how few stay. */
  readonly comeBack?: boolean;
}

/**
 * @param nodes names, indexes, or ranges of indexes such as "2-5"
 * @throws ClusterError ClusterNotFound (exit 1); LastNodes, DeisNodes (exit 2); BeingDestroyed, TagsChanged (exit 7)
 */
export async function planRemoval(
  run: Run,
  name: string,
  nodes: readonly string[],
  { resourceGroup, comeBack = false }: PlanRemovalOptions = {},
): Promise<Removal> {
  const cluster = await findCluster(run, name, resourceGroup);
  const claim = await claimNeeded(run, cluster);
  if (isDoomed(cluster)) throw destroyedMeanwhile(name);
  const { groupName, owner } = cluster;
  const spec = keptSpec(name, claim.kept);
  const named = nodesNamed(spec, nodes);
  const [whole, away] = await Promise.all([
    snapshotOf(run, cluster),
    // those of nodes that come back wait for their machines
    comeBack ? [] : awayDisksOf(run, spec, { owner, groupName }, { nodes: named }),
  ]);
  const [disks, elsewhere] = [away.filter((disk) => disk.holder === undefined), away.filter((disk) => disk.holder !== undefined)];
  const snapshot: Snapshot = provenOf(whole, owner);
  const known = knownNodes(spec, snapshot, claim);
  const there = nodesOf(spec, snapshot, claim, named);
  refuseAstray(astrayIn({ spec, claim }, whole, changedBy(run, { spec, groupName, known, named })));
  const going = named.filter((index) => there.some((node) => node.index === index) || disks.some(({ node }) => node === index));
  const staying = there.filter((node) => !named.includes(node.index));
  // none that stays: perhaps none of it was there any more when its nodes were looked for
  if (going.length > 0 && staying.length === 0) await refuseDestroyedMeanwhile(run, { spec, claim });
  if (going.length > 0 && !comeBack) refuseTooFew(spec, staying.length);
  // members leave through those that live
  if (going.some((index) => claim.choices.members.has(index))) refuseStopped(name, claim.tags);
  return {
    spec,
    claim,
    groupName,
    owner,
    foreignGroup: isForeign(cluster),
    there,
    known,
    going,
    absent: named.filter((index) => !going.includes(index)).map((index) => names.machine(spec, index)),
    machines: going.map((index) => names.machine(spec, index)),
    staying,
    elsewhere,
    present: whole,
    ...(spec.virtualNetworkName === undefined ? {} : { subnetId: subnetIn(snapshot) ?? spec.virtualNetworkName }),
    parts: going.length === 0 ? [] : [...(await partsOf(run, spec, { owner, groupName }, going)), ...disks],
  };
}

/** Looks at the claim anew, which may have been read minutes ago. @throws ClusterError BeingDestroyed (exit 7) */
export async function refuseDestroyedMeanwhile(run: Run, { spec, claim }: Pick<Removal, "spec" | "claim">): Promise<void> {
  const live = await getPatiently(claim, run.tools);
  if (live === undefined) throw destroyedMeanwhile(spec.name);
  refuseMarked(spec.name, live.tags);
}

/**
 * Refuses what would harm others, and what Azure would refuse half way.
 * @throws ClusterError NotOurs (exit 7), TakesAlong, UsedByOthers, ScopeLocked (exit 5), AuthorizationFailed (exit 4)
 */
export async function refuseHindered(run: Run, removal: Removal): Promise<void> {
  const { spec, groupName, owner, parts, present } = removal;
  await refuseHarmful(run, owner, parts);
  await refuseForbidden(run, removalIntent(run, removal));
  await refuseUsed(run, {
    located: { name: spec.name, groupName, owner },
    scope: groupId(run.subscription, groupName),
    whole: false,
    ours: parts,
    found: parts.flatMap(({ id }) => present.get(id.toLowerCase()) ?? []),
  });
}

/** Why the disk stays, after its name. */
export const whereItIs = ({ holder }: AwayDisk): string => `the machine ${holder} has it`;

// --- internal ---

/** What a removal goes by, deletes and writes: the machines of all nodes, what else there is of those that go, the load balancer. */
function changedBy(
  run: Run,
  { spec, groupName, known, named }: Pick<Removal, "spec" | "groupName" | "known"> & { readonly named: readonly number[] },
): OwnPart[] {
  const id = resourceId(groupId(run.subscription, groupName), "loadBalancer", names.loadBalancer(spec.name));
  const parts = possibleParts(run, spec, groupName, known);
  return [...parts.filter(({ kind, node }) => kind === "machine" || named.includes(node)), { id, label: "load balancer" }];
}

function refuseTooFew(spec: ClusterSpec, staying: number): void {
  if (staying === 0)
    throw new ClusterError("LastNodes", `these are all the nodes of ${spec.name}`, {
      exit: EXIT.usage,
      advice: `To remove the whole cluster: \`azure-coreos-cluster destroy ${spec.name}\`.`,
    });
  // a cluster of fewer is refused by every later command
  const { leastNodes } = PLATFORMS[spec.platform].deis;
  if (spec.deis && staying < leastNodes)
    throw new ClusterError(
      "DeisNodes",
      `${spec.name} was made with --deis, which needs at least ${leastNodes} nodes; ${staying} would stay`,
      { exit: EXIT.usage, advice: "Add nodes first, or remove fewer." },
    );
}

/**
 * Nodes of which anything is left: a machine, the interface of one that went half-way; and of those that are to go a NAT rule,
 * which goes last: a removal that broke off is so found again.
 */
function nodesOf(spec: ClusterSpec, snapshot: Snapshot, claim: Claim, going: readonly number[]): Node[] {
  const balancer = [...snapshot.values()].find(
    (live) => live.kind === "loadBalancer" && lastOf(live.id) === names.loadBalancer(spec.name),
  );
  const rules = (balancer?.model as LoadBalancer | undefined)?.inboundNatRules ?? [];
  const half = going.filter(
    (index) =>
      balancer?.state === "failed" ||
      claim.nodes?.has(index) === true ||
      claim.choices.members.has(index) ||
      rules.some((rule) => rule.name === `ssh-${index}` && rule.frontendPort === spec.ssh + index),
  );
  const addresses = new Map([...claim.choices.members, ...interfaceAddresses(spec, snapshot)]);
  const indexes = new Set([
    ...machinesOf(spec, snapshot),
    ...interfaceAddresses(spec, snapshot).map(([index]) => index),
    ...half,
  ]);
  return [...indexes]
    .sort((a, b) => a - b)
    .map((index) => {
      const machine = [...snapshot.values()].find(
        (live) => live.kind === "machine" && nodeIndex(spec, lastOf(live.id)) === index,
      );
      return { index, address: addresses.get(index) ?? "", hostKey: machine && hostKeyIn(machine) };
    });
}
