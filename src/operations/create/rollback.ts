/**
 * --rollback: when a create fails, what this run made is removed, and nothing else. What an earlier run made stays, and so does
 * everything when the cluster turns out to be another run's.
 */
import type { Gone } from "../../core/documents.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { designOf, names } from "../../core/plan/cluster.ts";
import { ClusterError, type ExitCode } from "../../core/errors.ts";
import type { Doomed } from "../../core/doomed.ts";
import { type AnyResource, groupId, resourceId } from "../../core/plan/resource.ts";
import { claimId, claimWith } from "../../core/plan/resources/claim.ts";
import { loadBalancer } from "../../core/plan/resources/load-balancer.ts";
import { buildSpec } from "../../core/spec/spec.ts";
import { ownTagsOf, withNodes } from "../../core/plan/claim-change.ts";
import { isOurs } from "../../core/plan/tags.ts";
import { converge } from "../../engine/converge.ts";
import type { Carried } from "./carry-out.ts";
import { deleteUntilGone, gone } from "../destroy/delete-until-gone.ts";
import { type Destroyed, destroyCluster } from "../destroy/destroy-cluster.ts";
import { provenMachines, surveyDoom } from "../destroy/doom-survey.ts";
import { forgetFiles } from "../destroy/forget-files.ts";
import { lookIn } from "../cluster/find.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { leave } from "../etcd/membership.ts";
import { adaptBalancer, adaptClaim, destroyedMeanwhile } from "../cluster/shared-changes.ts";
import { operatorTls } from "../cluster/node-target.ts";
import type { Prepared } from "./prepared.ts";
import type { Run } from "../run.ts";

/**
 * Removes what this run made: the whole group when the run made the group, else its resources, and the claim's tags become what
 * they were. A first Ctrl-C does not stop it: that is what it is for. Throws when the run's time is up or at the second Ctrl-C.
 */
export async function rollback(run: Run, prepared: Prepared, carried: Carried): Promise<Destroyed> {
  const { facts, found, spec } = prepared;
  run.emit({ kind: "phase", id: "rollback", label: "rollback", detail: "removing what this run made" });
  const located = await lookIn(run, spec.name, facts.group);
  if (isAnothers(located, prepared)) {
    run.emit({
      kind: "note",
      id: "rollback/another",
      label: "rollback",
      message: `Nothing is rolled back: ${spec.name} is another run's by now.`,
    });
    return { deleted: [], left: [] };
  }
  const made = madeBy(prepared, carried);
  const owner = { ...located.owner, ids: new Set([...located.owner.ids, facts.choices.id]) };
  const doom = await surveyDoom(run, { ...located, owner });
  const madeGroup = found.group === undefined && made.has(groupId(run.subscription, facts.group).toLowerCase());
  if (doom.whole && doom.untold === undefined && madeGroup) {
    const destroyed = await destroyCluster({ ...run, stop: NEVER }, doom);
    if (destroyed.left.length === 0) await forgetFiles(run.dir, spec.name, located.claims[0]?.tags ?? {}, provenMachines(doom));
    return destroyed;
  }
  const staying = await leaveEtcd(run, prepared, made);
  const wanted = (one: Doomed): boolean =>
    !(one.node !== undefined && staying.has(one.node)) &&
    (made.has(one.id.toLowerCase()) || (one.goesWith !== undefined && made.has(one.goesWith.toLowerCase())));
  const { deleted, now, failure } = await deleteUntilGone(run, doom, { wanted, stop: NEVER });
  const kept = doom.ours.filter((one) => one.node !== undefined && staying.has(one.node) && made.has(one.id.toLowerCase()));
  const left: Gone[] = [...now.ours, ...kept].map(gone);
  if (left.length === 0) await restore(run, prepared, carried);
  return { deleted, left, ...(left.length === 0 || failure === undefined ? {} : { failure }) };
}

/** The error that ends a run that was rolled back: what had failed, and what became of what was made. */
export function rolledBack(
  failure: ClusterError | undefined,
  { deleted, left }: Destroyed,
  name: string,
  exit: ExitCode,
): ClusterError {
  const outcome =
    left.length === 0
      ? `Rolled back: ${deleted.length} resources of this run were removed, nothing of it is left.`
      : `Rolled back in part: ${left.length} of the resources of this run are left (${left[0]?.id}${left.length > 1 ? ", ..." : ""}). \`azure-coreos-cluster destroy ${name}\` removes the whole cluster.`;
  return new ClusterError(failure?.code ?? "NotReady", failure?.message ?? "not all nodes became ready", {
    source: failure?.source ?? "node",
    exit,
    advice: [failure?.advice, outcome].filter((one) => one !== undefined).join("\n"),
    ...(failure?.link === undefined ? {} : { link: failure.link }),
    ...(failure?.cause === undefined ? {} : { cause: failure.cause }),
  });
}

// --- internal ---

const NEVER = new AbortController().signal;

/** Two creates of one name began at once, and the other has the claim. */
const isAnothers = ({ claims }: Cluster, { facts }: Prepared): boolean =>
  claims.some((claim) => claim.tags?.["aoc-id"] !== undefined && claim.tags["aoc-id"] !== facts.choices.id);

/** Lower-case ids of what was not there before and this run asked for: made, or begun and failed. */
function madeBy({ resources, snapshot, found, spec }: Prepared, { results }: Carried): Set<string> {
  return new Set(
    resources
      .filter((resource) => {
        const result = results.get(resource.id);
        const before = resource.kind === "resourceGroup" ? found.group : snapshot.get(resource.id.toLowerCase());
        if (before !== undefined && isOurs(before.tags, spec.name) && !isReplaced(resource.kind, before)) return false;
        return result?.state === "failed" || (result?.state === "done" && result.value === "created");
      })
      .map((resource) => resource.id.toLowerCase()),
  );
}

/** A machine whose creation had failed was deleted and made again by this run. */
const isReplaced = (kind: string, before: object): boolean =>
  kind === "machine" && "state" in before && before.state === "failed";

/** New members say goodbye before their machines go. Returns the nodes that could not: their machines stay, for quorum's sake. */
async function leaveEtcd(run: Run, { spec, facts, found, materials }: Prepared, made: ReadonlySet<string>): Promise<Set<number>> {
  const staying = new Set<number>();
  const before = found.claim;
  if (run.simulated || before === undefined || materials.joins.size === 0) return staying;
  const group = groupId(run.subscription, facts.group).toLowerCase();
  const joined = facts.nodes.filter(
    (node) =>
      materials.joins.has(node.index) &&
      made.has(`${group}/providers/microsoft.compute/virtualmachines/${names.machine(spec, node.index)}`.toLowerCase()),
  );
  const alive = facts.nodes.filter((node) => before.choices.members.has(node.index));
  const reach = {
    spec,
    choices: materials.choices,
    host: before.address ?? "",
    identity: materials.identity,
    tls: materials.tls,
  };
  const etcd = { reach, alive, tls: materials.tls ? operatorTls(run.dir, spec.name) : undefined };
  for (const node of joined.toReversed()) {
    try {
      await leave(run, etcd, node);
    } catch (error) {
      run.tools.signal.throwIfAborted();
      staying.add(node.index);
      run.emit({
        kind: "note",
        id: `rollback/etcd/${node.name}`,
        label: "rollback",
        message: `${node.name} stays: it could not leave etcd (${(error as Error).message}). \`azure-coreos-cluster remove ${spec.name} ${node.name}\` takes it out.`,
      });
    }
  }
  return staying;
}

/** A growth changed what the claim remembers, how many nodes and which members, and gave the load balancer rules for them. */
async function restore(run: Run, prepared: Prepared, { results }: Carried): Promise<void> {
  const { found, facts, resources, snapshot, spec, known } = prepared;
  const { claim } = found;
  if (claim === undefined) return;
  const was = buildSpec(spec.name, {}, claim.kept).spec;
  const mustExist = (): ClusterError => destroyedMeanwhile(spec.name);
  const updated = (is: (resource: AnyResource) => boolean): AnyResource | undefined =>
    resources.find((resource) => {
      const result = results.get(resource.id);
      return is(resource) && result?.state === "done" && result.value === "updated";
    });
  const planned = updated(({ id }) => id === claimId(designOf(spec, facts)));
  if (planned !== undefined) {
    const cluster = designOf(was, { ...facts, nodes: [] });
    const before = withNodes(ownTagsOf(claim.tags), known);
    const adapt = adaptClaim(cluster, (planned.body as { tags?: Tags }).tags ?? {}, before);
    await converge(claimWith(cluster, before), run.tools, { cluster: spec.name, mustExist, adapt });
  }
  // its rules follow the claim
  if (updated(({ kind }) => kind === "loadBalancer") !== undefined) {
    const base = groupId(run.subscription, facts.group);
    const before = facts.nodes.filter((node) =>
      snapshot.has(resourceId(base, "networkInterface", names.interface(node.name)).toLowerCase()),
    );
    const cluster = designOf(was, { ...facts, choices: claim.choices, nodes: before });
    await converge(loadBalancer(cluster), run.tools, { cluster: spec.name, mustExist, adapt: adaptBalancer(run, cluster) });
  }
}
