/**
 * The claim and the load balancer are changed by several runs at once, each for its own nodes. Why no interleaving loses anything:
 *
 * 1. The claim's tags say which nodes the cluster is to have, and which of them are etcd's members. Each run puts its own change
 *    into what is there by then (core/plan/tags.ts: sets are merged), and writes it with the etag of what it read: of two that
 *    read the same one is refused (412), reads again and merges again. So no run undoes what another has added or taken out.
 * 2. The balancer's rules are computed, whoever writes them: one for each node of the claim as it is read for this very write, and
 *    for each that an interface uses. Whoever changes the claim does so before it reads and writes the balancer; so the last who
 *    writes the balancer has read a claim with every change whose run has written the balancer, and a later change brings its own write.
 * 3. A growth writes the claim, then the balancer, then interfaces and machines. It asks for those of a node only while the claim
 *    has had it within the last five seconds: one that another run has taken out is not made (exit 7).
 * 4. A removal deletes a node's machine, takes the node out of the claim, and then looks what there is of it: the rest, and what somebody
 *    who had read the old claim has made again; it goes too, unless the claim has the node again by then. The balancer comes last: a removal that breaks off is
 *    found by its rule.
 * 5. A destroy marks the claim first. The mark changes the etag, and who reads it writes nothing more.
 *
 * What a killed run leaves is one of these: a node in the claim without a machine (`create` makes it, `remove` takes it out), a machine
 * that the claim does not have (`create` takes it in, `remove` deletes it), a rule or a member of neither (the next write drops it).
 */
import { defined } from "../../core/defined.ts";
import { destroyedMeanwhile, refuseMarked } from "./being-destroyed.ts";
import type { LoadBalancer } from "@azure/arm-network";
import { type Design, designOf, names } from "../../core/plan/cluster.ts";
import { usedRules } from "../../core/plan/rules-drift.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { claimTarget, claimWith } from "../../core/plan/resources/claim.ts";
import { loadBalancer } from "../../core/plan/resources/load-balancer.ts";
import { resourceGroup } from "../../core/plan/resources/group.ts";
import { mergeClaimTags } from "../../core/plan/claim-change.ts";
import { taggedNodes } from "../../core/plan/read-tags.ts";
import { STOPPED, type Tags } from "../../core/plan/tags.ts";
import type { ConvergeOptions } from "../../engine/convergence.ts";
import { getPatiently, lookFor } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import type { Run } from "../run.ts";
import { refuseStoppedMeanwhile } from "./stopped.ts";

type Adapt = NonNullable<ConvergeOptions["adapt"]>;

/** @param base the claim's tags as this run read them @param mine as it would have them */
export function adaptClaim(cluster: Design, base: Tags, mine: Tags): Adapt {
  return ({ tags }) => {
    refuseMarked(cluster.spec.name, tags);
    if (base[STOPPED] === undefined) refuseStoppedMeanwhile(cluster.spec.name, tags);
    const [before, wanted, now] = [base, mine, tags].map((one) => one["aoc-etcd-ca"]);
    if (before !== wanted && now !== before && now !== wanted) throw changedAuthority(cluster.spec.name);
    const claimed = taggedNodes(tags);
    const removed = cluster.facts.nodes.find(
      ({ index, userData }) => userData !== "" && taggedNodes(base)?.has(index) === true && claimed?.has(index) === false,
    );
    if (removed !== undefined) throw removedMeanwhile(removed.name);
    return claimWith(cluster, mergeClaimTags(base, mine, tags));
  };
}

/** Of the claim only the size that new machines get changes, and what goes with it: what others wrote meanwhile stays, and a claim that they took over. */
export function adaptSizeNow(cluster: Design, before: Tags, after: Tags): Adapt {
  return ({ tags }) => {
    refuseMarked(cluster.spec.name, tags);
    const [ours, now] = [before, tags].map((one) => one["aoc-etcd-ca"]);
    if (ours !== undefined && now !== undefined && now !== ours) throw changedAuthority(cluster.spec.name);
    return claimWith(cluster, mergeClaimTags(before, after, tags));
  };
}

/** Its rules are those of the claim's nodes, as the claim is now. */
export function adaptBalancer(run: Run, cluster: Design): Adapt {
  return async ({ model }: Live): Promise<AnyResource> => {
    const claim = await lookFor(claimTarget(cluster), run.tools);
    if (claim === undefined) throw destroyedMeanwhile(cluster.spec.name);
    refuseMarked(cluster.spec.name, claim.tags);
    const planned = new Map(cluster.facts.nodes.map((node) => [node.index, node]));
    const indexes = new Set(taggedNodes(claim.tags) ?? planned.keys());
    // Azure refuses to take a rule away from an interface; that there is one still, the balancer may say too long
    for (const [index, id] of usedRules(model as LoadBalancer, cluster.spec.ssh))
      if (!indexes.has(index) && (await isThere(run, id))) indexes.add(index);
    const nodes = [...indexes]
      .sort((a, b) => a - b)
      .map((index) => planned.get(index) ?? { index, name: names.machine(cluster.spec, index), address: "", userData: "" });
    return loadBalancer(designOf(Object.freeze({ ...cluster.spec, numNodes: nodes.length }), { ...cluster.facts, nodes }));
  };
}

/** A time to live that another run has given the group stays, unless this one gives another. */
export function adaptGroup(cluster: Design): Adapt {
  return ({ tags }) => {
    refuseMarked(cluster.spec.name, tags);
    const expires = cluster.spec.ttl === undefined ? tags["aoc-expires"] : cluster.facts.expires;
    const { expires: _, ...facts } = cluster.facts;
    return resourceGroup({ ...cluster, facts: { ...facts, ...defined({ expires }) } });
  };
}

/** It was missing, and was to be made again: it was not missing, it was taken out. */
export const removedMeanwhile = (machine: string): ClusterError =>
  new ClusterError("NodeRemoved", `${machine} was removed by another run while this one looked`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "Run the same command again: it counts what is there now.",
  });

// --- internal ---

const isThere = async (run: Run, id: string): Promise<boolean> =>
  (await getPatiently({ kind: "networkInterface", id }, run.tools)) !== undefined;

const changedAuthority = (name: string): ClusterError =>
  new ClusterError("ClusterConflict", `another run has given ${name} another etcd authority meanwhile`, {
    source: "azure",
    exit: EXIT.conflict,
    advice: "The other one goes on. Wait for it to end; then the same command here finishes or shows the same cluster.",
  });
