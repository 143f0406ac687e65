/**
 * remove: takes named nodes out of a cluster. etcd's membership first, for a machine that is gone can no longer say goodbye;
 * then the machine with its disks, interface and address; then its NAT rule, and what the claim remembers. In three steps that a
 * caller may look between: what will go, whether anything forbids it, and the removal.
 */
import { type Snapshot, snapshotOf } from "./cluster/snapshot.ts";
import type { RemoveDocument } from "../core/documents.ts";
import type { LoadBalancer } from "@azure/arm-network";
import { type Node, designOf, names, nodeIndex } from "../core/plan/cluster.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { type Owner, provenOf } from "../core/plan/proof.ts";
import { hostKeyIn } from "../core/plan/read-tags.ts";
import { nameOf as lastOf } from "../core/plan/resource.ts";
import { claim as claimResource } from "../core/plan/resources/address.ts";
import { loadBalancer } from "../core/plan/resources/load-balancer.ts";
import { type ClusterSpec, buildSpec } from "../core/spec/spec.ts";
import { converge } from "../engine/converge.ts";
import { patiently } from "../engine/patiently.ts";
import { adaptBalancer, adaptClaim, destroyedMeanwhile } from "./cluster/shared-changes.ts";
import { ownTagsOf, withNodes } from "../core/plan/claim-change.ts";
import { nodesIn } from "../core/plan/read-tags.ts";
import { DESTROYING } from "../core/plan/tags.ts";
import { isForeign } from "./cluster/cluster.ts";
import { type Claim, claimNeeded } from "./cluster/claim.ts";
import { forgetHosts } from "./cluster/known-hosts.ts";
import { findCluster } from "./cluster/find.ts";
import { nodeNamed } from "./cluster/node-name.ts";
import { type NodePart, removalIntent, partsOf, refuseHarmful, removeParts } from "./cluster/node-parts.ts";
import { interfaceAddresses, knownNodes, machinesOf } from "./create/choose-nodes.ts";
import { refuseForbidden } from "./destroy/forbidden.ts";
import { forgetUserData } from "./destroy/forget-files.ts";
import { leaveEtcd } from "./etcd/leaving.ts";
import type { Run } from "./run.ts";

export interface RemoveOptions {
  readonly resourceGroup?: string;
  /** Even when etcd loses its quorum. */
  readonly force?: boolean;
}

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
  /** Names of their machines. */
  readonly machines: readonly string[];
  readonly staying: readonly Node[];
  readonly parts: readonly NodePart[];
}

/** All three steps, for a caller who has nobody to ask. */
export async function removeNodes(
  run: Run,
  name: string,
  nodes: readonly string[],
  options: RemoveOptions = {},
): Promise<RemoveDocument> {
  const removal = await planRemoval(run, name, nodes, options);
  if (removal.going.length > 0) await checkRemoval(run, removal);
  return carryOutRemoval(run, removal, options);
}

/**
 * What would go. Reads only.
 * @param nodes names or indexes
 * @throws ClusterError ClusterNotFound (exit 1); LastNodes, DeisNodes (exit 2)
 */
export async function planRemoval(
  run: Run,
  name: string,
  nodes: readonly string[],
  { resourceGroup }: RemoveOptions = {},
): Promise<Removal> {
  const cluster = await findCluster(run, name, resourceGroup);
  const claim = claimNeeded(cluster);
  const { groupName, owner } = cluster;
  const { spec } = buildSpec(name, {}, claim.kept);
  const snapshot: Snapshot = provenOf(await snapshotOf(run, cluster), owner);
  const named = nodes.map((word) => nodeNamed(spec, word));
  const known = knownNodes(spec, snapshot, claim);
  const there = nodesOf(spec, snapshot, claim, named);
  const going = named.filter((index) => there.some((node) => node.index === index));
  const staying = there.filter((node) => !named.includes(node.index));
  // none that stays: perhaps none of it was there any more when its nodes were looked for
  if (going.length > 0 && staying.length === 0 && !(await isStillThere(run, claim))) throw destroyedMeanwhile(name);
  if (going.length > 0) refuseTooFew(spec, staying.length);
  return {
    spec,
    claim,
    groupName,
    owner,
    foreignGroup: isForeign(cluster),
    there,
    known,
    going,
    machines: going.map((index) => names.machine(spec, index)),
    staying,
    parts: going.length === 0 ? [] : await partsOf(run, spec, { owner, groupName }, going),
  };
}

/** @throws ClusterError ScopeLocked, TakesAlong (exit 5), AuthorizationFailed (exit 4) */
export async function checkRemoval(run: Run, { spec, claim, groupName, owner, parts }: Removal): Promise<void> {
  await refuseHarmful(run, owner, parts);
  await refuseForbidden(run, removalIntent(run, spec, claim, groupName, parts));
}

/** Removes what was planned; nothing when nothing of it is there. @throws ClusterError Etcd* when etcd does not let a member go */
export async function carryOutRemoval(
  run: Run,
  removal: Removal,
  { force = false }: RemoveOptions = {},
): Promise<RemoveDocument> {
  const { spec, claim, groupName, owner, going, machines, staying, parts } = removal;
  if (going.length > 0) {
    await leaveEtcd(run, removal, force);
    await removeAll(
      run,
      owner,
      parts.filter((part) => part.kind === "machine"),
    );
    await forget(run, removal, force);
    await forgetHosts(run, spec, claim, going);
    await forgetUserData(run.dir, spec.name, claim.tags, going);
    run.emit({ kind: "end", id: "remove", label: spec.name });
  }
  return {
    schema: "azure-coreos-cluster/remove/1",
    name: spec.name,
    resourceGroup: groupName,
    removed: machines,
    nodes: staying.map((node) => node.index),
  };
}

// --- internal ---

async function isStillThere(run: Run, { id }: Claim): Promise<boolean> {
  const live = await patiently(run.tools, (signal) => run.tools.provider.get({ kind: "publicAddress", id }, signal));
  return live !== undefined && live.tags[DESTROYING] === undefined;
}

function refuseTooFew(spec: ClusterSpec, staying: number): void {
  if (staying === 0)
    throw new ClusterError("LastNodes", `these are all the nodes of ${spec.name}`, {
      exit: EXIT.usage,
      advice: `To remove the whole cluster: \`azure-coreos-cluster destroy ${spec.name}\`.`,
    });
  // a cluster of fewer is refused by every later command
  if (spec.deis && staying < 3)
    throw new ClusterError(
      "DeisNodes",
      `${spec.name} was made with --deis, which needs at least 3 nodes; ${staying} would stay`,
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

/** Of each node one after the other, of all nodes at once. */
const removeAll = (run: Run, owner: Owner, parts: readonly NodePart[]): Promise<void> =>
  atOnce([...Map.groupBy(parts, (part) => part.node).values()].map((ofOne) => removeParts(run, owner, ofOne)));

/** Lets all of them end, then throws what the first one failed with. */
async function atOnce(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** The claim without what it remembered of the nodes, and the load balancer without their rules: cluster/shared-changes.ts. */
async function forget(run: Run, removal: Removal, force: boolean): Promise<void> {
  const { spec, claim, going, known } = removal;
  const how = { cluster: spec.name, mustExist: () => destroyedMeanwhile(spec.name) };
  const cluster = clusterWith(run, removal, (index) => !going.includes(index));
  const before = withNodes(ownTagsOf(claim.tags), known);
  const wanted = claimResource(cluster);
  await converge(wanted, run.tools, { ...how, adapt: adaptClaim(cluster, before, wanted.body.tags ?? {}) });
  await removeRest(run, removal, force);
  // last: by its rules a removal that broke off is known
  await converge(loadBalancer(cluster), run.tools, { ...how, adapt: adaptBalancer(run, cluster) });
}

/** How often the same nodes are looked for, when somebody makes them again and again. */
const PASSES = 4;

/**
 * What the machines have not taken along; and machines again, for a run that read the claim before it was changed may have made the
 * nodes anew, as missing. What is seen of them before a look at a claim that does not have them is such a run's, which makes no
 * more of it; what is seen with a claim that has them again is wanted.
 */
async function removeRest(run: Run, removal: Removal, force: boolean): Promise<void> {
  const { spec, claim, groupName, owner, going, parts } = removal;
  let rest: readonly NodePart[] = parts.filter((part) => part.kind !== "machine");
  for (let pass = 1; pass <= PASSES; pass++) {
    const seen = await partsOf(run, spec, { owner, groupName }, going);
    const now = await patiently(run.tools, (signal) => run.tools.provider.get({ kind: "publicAddress", id: claim.id }, signal));
    const claimed = nodesIn(now?.tags ?? {});
    const doomed = [...seen, ...rest.filter(({ id }) => !seen.some((part) => part.id === id))].filter(
      (part) => claimed?.has(part.node) !== true,
    );
    if (doomed.length === 0) return;
    const again = doomed.filter((part) => part.kind === "machine").map((part) => part.node);
    if (again.length > 0) await leaveEtcd(run, { ...removal, going: again }, force);
    await removeAll(run, owner, doomed);
    rest = [];
  }
}

/** The cluster with some of its nodes. */
function clusterWith(
  run: Run,
  { spec, claim, groupName: group, foreignGroup, there, known }: Removal,
  has: (index: number) => boolean,
) {
  const members = new Map([...claim.choices.members].filter(([index]) => has(index)));
  const staying = [...known].filter(has).sort((a, b) => a - b);
  const addressOf = (index: number): string => there.find((node) => node.index === index)?.address ?? members.get(index) ?? "";
  return designOf(Object.freeze({ ...spec, numNodes: staying.length }), {
    subscription: run.subscription,
    group,
    foreignGroup,
    location: claim.location,
    choices: { ...claim.choices, members },
    nodes: staying.map((index) => ({ index, name: names.machine(spec, index), address: addressOf(index), userData: "" })),
    image: { reference: {} },
    acceleratedNetworking: false,
    premiumDisks: false,
    faultDomains: 2,
    ...(spec.virtualNetworkName === undefined ? {} : { subnetId: "elsewhere" }),
    ...(claim.tags["aoc-expires"] === undefined ? {} : { expires: claim.tags["aoc-expires"] }),
  });
}
