/** What other runs may do to a cluster while this one makes its machines: a look before each, and what follows from it. */
import type { AnyResource } from "../../core/plan/resource.ts";
import { isProven } from "../../core/plan/proof.ts";
import { taggedNodes } from "../../core/plan/read-tags.ts";
import { decide } from "../../engine/decide.ts";
import { deleteAsRead } from "../../engine/delete-as-read.ts";
import { deletePatiently, getPatiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { toTheEnd } from "../../engine/tools.ts";
import { isShared } from "../../engine/whose.ts";
import { claimHolds, claimTarget } from "../../core/plan/resources/claim.ts";
import { isClaim, wordOf } from "../../core/plan/tags.ts";
import type { Claim } from "../cluster/claim.ts";
import type { Execution } from "./execution.ts";
import { type Run, unstoppable } from "../run.ts";
import { makeResource } from "./make-resource.ts";
import { refuseOtherRun } from "./other-run.ts";

/**
 * Two creates of one name write the group, the security group and the network before either knows who has the claim; the other's
 * flags and tags would stay. Who has the claim looks once more while the interfaces are made, and the other writes nothing after losing it. A claim
 * that says something else by now is of a later run of this cluster, with its own flags.
 */
export async function guardMachines(execution: Execution): Promise<Claim | undefined> {
  const { run, prepared, claim, byId } = execution;
  const { tools } = run;
  const { resources, found, spec } = prepared;
  const look = async (id: string | undefined): Promise<boolean> => {
    const resource = id === undefined ? undefined : byId.get(id);
    if (resource === undefined) return true;
    const live = await getPatiently(resource, tools);
    return live !== undefined && live.state !== "working" && decide(resource, live, spec.name) === "unchanged";
  };
  const shared = found.claim === undefined ? resources.filter((one) => isShared(one) && one.kind !== "image") : [];
  const [claimNow, claimIsAsWeWroteIt, ...asWeWroteThem] = await Promise.all([
    refuseOtherRun(run, prepared, { written: true }),
    shared.length === 0 || look(claim),
    ...shared.map(({ id }) => look(id)),
  ]);
  if (claimIsAsWeWroteIt)
    for (const [index, resource] of shared.entries())
      if (asWeWroteThem[index] === false) await makeResource(execution, resource, undefined, unhindered(run));
  return claimNow;
}

/** Machines that have their places already wait for what is written here: it must not wait for a place. */
const unhindered = (run: Run): Run => ({ ...run, tools: { ...run.tools, throttle: run.tools.throttle.atOnce } });

/**
 * A create without --private that has lost the name to one with it, for the other's claim is of another kind, leaves no claim of its own
 * behind. What was written to it since stays.
 */
export async function withdrawClaim({ run, prepared, cluster, made }: Execution): Promise<void> {
  const tools = toTheEnd(run.tools);
  const claim = claimTarget(cluster);
  const [other] = claimHolds(cluster).filter((id) => id !== claim.id);
  if (other === undefined || !made.has(claim.id)) return;
  const [live, there] = await Promise.all(
    [claim, { kind: "securityGroup" as const, id: other }].map((one) => getPatiently(one, tools).catch(() => undefined)),
  );
  if (live === undefined || there === undefined || !isClaim(there.tags, prepared.spec.name)) return;
  if (wordOf(live.tags) !== prepared.facts.choices.id) return;
  await deletePatiently({ ...claim, etag: live.etag }, tools).catch(() => undefined);
  tools.signal.throwIfAborted();
}

/** What this run has made for a node that another one has taken out meanwhile is nobody's, until somebody wants the node again. */
export async function takeBack(execution: Execution, { node = -1 }: AnyResource): Promise<void> {
  const { resources, spec, facts } = execution.prepared;
  const run = unstoppable(execution.run);
  const { tools } = run;
  const parts = resources.filter((part) => part.node === node && part.kind !== "machine" && execution.made.delete(part.id));
  const owner = { cluster: spec.name, ids: new Set([facts.choices.id]), shared: new Set<string>() };
  const isNobodys = async (live: Live): Promise<boolean> =>
    isProven(live, owner) &&
    taggedNodes((await getPatiently(claimTarget(execution.cluster), tools))?.tags ?? {})?.has(node) !== true;
  for (const part of parts.toReversed()) await deleteAsRead(part, isNobodys, tools).catch(() => undefined);
  const balancer = resources.find((resource) => resource.kind === "loadBalancer");
  if (parts.length > 0 && balancer !== undefined) await makeResource(execution, balancer, undefined, run).catch(() => undefined);
  tools.signal.throwIfAborted();
}
