/**
 * --rollback: when a create fails, what this run made is removed, and nothing else. What an earlier run made stays, and so does
 * everything when the cluster turns out to be another run's.
 */
import { defined } from "../../core/defined.ts";
import { destroyedMeanwhile } from "../cluster/being-destroyed.ts";
import type { Gone } from "../../core/documents.ts";
import type { Tags } from "../../core/plan/tags.ts";
import { designOf, names } from "../../core/plan/cluster.ts";
import { ClusterError, EXIT, type ExitCode } from "../../core/errors.ts";
import type { Doomed } from "../../core/doomed.ts";
import { type AnyResource, groupId, resourceId } from "../../core/plan/resource.ts";
import { claimId, claimWith } from "../../core/plan/resources/claim.ts";
import { loadBalancer } from "../../core/plan/resources/load-balancer.ts";
import { buildSpec } from "../../core/spec/spec.ts";
import { ownTagsOf, withNodes } from "../../core/plan/claim-change.ts";
import { isProven } from "../../core/plan/proof.ts";
import { plural } from "../../core/words.ts";
import { converge } from "../../engine/converge.ts";
import { madeAt } from "../../engine/machine-made.ts";
import type { Live } from "../../engine/provider.ts";
import type { Carried } from "./carry-out.ts";
import { deleteUntilGone, gone } from "../destroy/delete-until-gone.ts";
import { type Destroyed, destroyCluster } from "../destroy/destroy-cluster.ts";
import { type Doom, provenMachines, surveyDoom, untoldIn } from "../destroy/doom-survey.ts";
import { hiddenIn } from "../destroy/hidden.ts";
import { forgetFiles, forgetUserData } from "../destroy/forget-files.ts";
import { lookIn } from "../cluster/find.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { adaptBalancer, adaptClaim } from "../cluster/shared-changes.ts";
import type { Prepared } from "./prepared.ts";
import { unjoin } from "./unjoin.ts";
import { type Run, unstoppable } from "../run.ts";

/**
 * Removes what this run made: the whole group when the run made the group, else its resources, and the claim's tags become what
 * they were. A first Ctrl-C does not stop it: that is what it is for. What stands in its way, a lock or a right, is in what it
 * returns: what had failed is what is to be told. Throws when the run's time is up or at the second Ctrl-C.
 */
export async function rollback(stoppable: Run, prepared: Prepared, carried: Carried): Promise<Destroyed> {
  const run = unstoppable(stoppable);
  run.emit({ kind: "phase", id: "rollback", label: "rollback", detail: "removing what this run made" });
  const made = madeBy(prepared, carried);
  let known: Destroyed = { deleted: [], left: [...made.values()] };
  try {
    return await takeBack(run, prepared, { carried, made, tell: (now) => (known = now) });
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    sayFailed(run, error);
    return { ...known, failure: error };
  }
}

/** The error that ends a run that was rolled back: what had failed, and what became of what was made. */
export function rolledBack(
  failure: ClusterError | undefined,
  undone: Destroyed,
  { spec: { name }, found }: Pick<Prepared, "spec" | "found">,
  exit: ExitCode,
): ClusterError {
  const outcome = outcomeOf(undone, name, found.claim !== undefined);
  const [code, message] = exit === EXIT.interrupted ? ["Interrupted", "interrupted"] : ["NotReady", "not all nodes became ready"];
  return new ClusterError(failure?.code ?? code, failure?.message ?? message, {
    source: failure?.source ?? "node",
    exit,
    advice: [failure?.advice, outcome].filter((one) => one !== undefined).join("\n"),
    ...defined({ link: failure?.link, cause: failure?.cause }),
  });
}

/**
 * What is to go, asked of each look: what this run made, and what hangs on its machines, also when Azure has not deleted that with them.
 * @param made by lower-case id
 * @param staying nodes that stay
 */
export function wantedOf(made: ReadonlyMap<string, Gone>, staying: ReadonlySet<number>): (one: Doomed) => boolean {
  const mine = new Set(made.keys());
  return ({ id, goesWith, node }) => {
    if (goesWith !== undefined && mine.has(goesWith.toLowerCase())) mine.add(id.toLowerCase());
    return mine.has(id.toLowerCase()) && !(node !== undefined && staying.has(node));
  };
}

// --- internal ---

const sayFailed = (run: Run, { code, message }: ClusterError): void =>
  run.emit({ kind: "note", id: "rollback/failed", label: "rollback", code, message });

interface Taking {
  readonly carried: Carried;
  /** By lower-case id. */
  readonly made: ReadonlyMap<string, Gone>;
  /** What is known so far. */
  readonly tell: (now: Destroyed) => void;
}

async function takeBack(run: Run, prepared: Prepared, { carried, made, tell }: Taking): Promise<Destroyed> {
  const { facts, spec } = prepared;
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
  const owner = { ...located.owner, ids: new Set([...located.owner.ids, facts.choices.id]) };
  const doom = await surveyDoom(run, { ...located, owner });
  const madeGroup = made.has(groupId(run.subscription, facts.group).toLowerCase());
  if (doom.whole && doom.untold === undefined && madeGroup) {
    tell({ deleted: [], left: leftIn(doom, made) });
    const destroyed = await destroyCluster(run, doom);
    if (destroyed.left.length === 0) await forget(run, prepared, doom);
    return destroyed;
  }
  const staying = await unjoin(run, prepared, made);
  const wanted = wantedOf(made, staying);
  tell({ deleted: [], left: leftIn({ ...doom, ours: doom.ours.filter(wanted) }, made) });
  const stays = untoldIn(doom) ?? (madeGroup ? hiddenIn(doom) : undefined);
  if (stays !== undefined) sayFailed(run, stays);
  const { deleted, now, failure = stays } = await deleteUntilGone(run, doom, { wanted });
  const left = leftIn(now, made);
  tell({ deleted, left });
  if (left.length === 0) {
    await restore(run, prepared, carried);
    await forget(run, prepared, doom);
  }
  return { deleted, left, ...(left.length === 0 ? {} : defined({ failure })) };
}

/**
 * What this run left in the folder: the keys of what is no more, or never was. All of it where the cluster was there; without a claim nothing says
 * that the authority is not a namesake's, and only the user-data goes that this run wrote.
 */
async function forget(run: Run, prepared: Prepared, doom: Doom): Promise<void> {
  const { facts, found, known } = prepared;
  const claim = doom.located.claims[0]?.tags;
  if (found.claim === undefined && claim !== undefined) await forgetFiles(run, prepared, claim, provenMachines(doom));
  else {
    const fresh = facts.nodes.map(({ index }) => index).filter((index) => !known.has(index));
    await forgetUserData(run, prepared, plannedClaim(prepared)?.tags ?? {}, fresh);
  }
}

const plannedClaim = ({ resources, spec, facts }: Prepared): { tags?: Tags } | undefined =>
  resources.find(({ id }) => id === claimId(designOf(spec, facts)))?.body as { tags?: Tags } | undefined;

function outcomeOf({ deleted, left, failure }: Destroyed, name: string, grew: boolean): string {
  const removed = `${deleted.length} ${plural("resource", deleted.length)} of this run ${deleted.length === 1 ? "was" : "were"} removed`;
  const why = failure instanceof ClusterError ? [`What stands in the way: ${failure.code}: ${failure.message}`] : [];
  if (left.length > 0) {
    const rest = grew
      ? `\`azure-coreos-cluster status ${name}\` shows the nodes that are left, and \`azure-coreos-cluster remove ${name} NODE\` takes one out.`
      : `\`azure-coreos-cluster destroy ${name}\` removes the whole cluster.`;
    const which = `${left[0]?.id}${left.length > 1 ? ", ..." : ""}`;
    return [`Rolled back in part: ${left.length} of the resources of this run are left (${which}). ${rest}`, ...why].join("\n");
  }
  if (failure === undefined && deleted.length === 0) return "Nothing was rolled back: nothing of this run is there to remove.";
  if (failure === undefined) return `Rolled back: ${removed}, nothing of it is left.`;
  return [
    `Rolled back: ${removed}; ${name} still counts their nodes, which \`azure-coreos-cluster remove ${name} NODE\` changes.`,
    ...why,
  ].join("\n");
}

/** What is there of what this run made: what is to go, what stays for others' sake with it, and the group. */
function leftIn({ ours, found, located, scope }: Doom, made: ReadonlyMap<string, Gone>): Gone[] {
  const still = found.filter((one) => made.has(one.id.toLowerCase()) && isProven(one, located.owner));
  const group = located.group === undefined ? undefined : made.get(scope.toLowerCase());
  const all = [...ours, ...still, ...(group === undefined ? [] : [group])].map(gone);
  return [...new Map(all.map((one) => [one.id.toLowerCase(), one])).values()];
}

/** Two creates of one name began at once, and the other has the claim. */
const isAnothers = ({ claims }: Cluster, { facts }: Prepared): boolean =>
  claims.some((claim) => claim.tags?.["aoc-id"] !== undefined && claim.tags["aoc-id"] !== facts.choices.id);

/** What was not there before and this run asked for, made, or begun and failed: by lower-case id. */
function madeBy({ resources, snapshot, found }: Prepared, { results, account, unfinished }: Carried): Map<string, Gone> {
  const made = resources.filter((resource) => {
    const result = results.get(resource.id);
    const before = resource.kind === "resourceGroup" ? found.group : snapshot.get(resource.id.toLowerCase());
    if (before !== undefined && !hadFailed(resource.kind, before)) return false;
    if (result?.state === "done") return result.value === "created";
    return result?.state === "failed" && (before === undefined || isAnother(unfinished.get(resource.id)?.live, before));
  });
  const all: Gone[] = [...made, ...(account === undefined ? [] : [{ kind: "storageAccount", id: account }])];
  return new Map(all.map((one) => [one.id.toLowerCase(), gone(one)]));
}

/** A machine whose creation had failed may have been deleted by this run, and made again. */
const hadFailed = (kind: string, before: object): before is Live =>
  kind === "machine" && "state" in before && before.state === "failed";

/** That happened: what this run saw last is not the one that was there. */
const isAnother = (last: Live | null | undefined, before: object): boolean =>
  last === null || (last !== undefined && madeAt(last) !== madeAt(before as Live));

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
