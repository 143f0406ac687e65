/**
 * When Azure has no room for a machine: the next size of the wish that fits, for all machines that are not made yet. Those that Azure
 * has made, or is making, stay as they are. The claim says so before a machine is made of it, so that a run that is killed, and a
 * growth, go on with the same size. Of a location it knows nothing: next-location.ts.
 */
import { destroyedMeanwhile } from "../cluster/being-destroyed.ts";
import type { AzureError } from "../../core/advice/azure-error.ts";
import { isBearer } from "../../core/plan/bearer.ts";
import { designOf } from "../../core/plan/cluster.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { SPOT_QUOTA } from "../../core/advice/size-demand.ts";
import { plural } from "../../core/words.ts";
import { converge } from "../../engine/converge.ts";
import type { Outcome } from "../../engine/convergence.ts";
import { aboutOf } from "../../engine/event.ts";
import type { Live } from "../../engine/provider.ts";
import { adaptSizeNow } from "../cluster/shared-changes.ts";
import type { Execution } from "./execution.ts";
import { type Candidate, candidateOf, passedOver } from "./choose-place.ts";
import { makeResource } from "./make-resource.ts";
import type { Prepared } from "./prepared.ts";
import { sizedPlan } from "./sized-plan.ts";
import { type Sizes, isNoRoom, sizesLeft } from "./sizes.ts";

/** Makes a machine, of the size in use; where there is no room, of the next. */
export async function makeMachine(execution: Execution, resource: AnyResource, observed: Live | null): Promise<Outcome> {
  let look: Live | null | undefined = observed;
  for (;;) {
    const { vmSize } = execution.inUse.spec;
    // another machine may be moving all to the next one: the claim says so first
    if ((await execution.sizes.moves.get(vmSize)) === true) continue;
    try {
      await adaptInterface(execution, resource);
      return await makeResource(execution, execution.byId.get(resource.id) ?? resource, look);
    } catch (error) {
      if (resource.node !== undefined && execution.sizes.asked.delete(resource.node)) execution.sizes.made.delete(resource.node);
      if (!isNoRoom(error) || !(await moveOn(execution, vmSize, error))) throw error;
      const { code, message } = error;
      execution.run.emit({ ...aboutOf(resource), kind: "retrying", code, message, delayMs: 0 });
      look = undefined;
    }
  }
}

// --- internal ---

/** Whether there is another size in use by now, or one that fits. Of many machines that are refused at once the first one moves all. */
async function moveOn(execution: Execution, tried: string, error: AzureError): Promise<boolean> {
  const { moves } = execution.sizes;
  const known = moves.get(tried);
  if (known !== undefined) return known;
  const move = execution.inUse.spec.vmSize === tried ? leave(execution, tried, error) : Promise.resolve(true);
  moves.set(tried, move);
  return move;
}

async function leave(execution: Execution, tried: string, error: AzureError): Promise<boolean> {
  const { sizes, prepared } = execution;
  const { location } = prepared.spec;
  sizes.full.add(tried);
  sizes.passedOver.push({ vmSize: tried, location, code: error.code, reason: error.message });
  for (const vmSize of sizesLeft(execution)) {
    const candidate = await candidateNow(execution, vmSize);
    const [problem] = candidate.problems;
    if (problem === undefined) return take(execution, candidate, tried, error);
    sizes.full.add(vmSize);
    sizes.passedOver.push(passedOver(candidate, problem));
  }
  return false;
}

/** Judged for what is left to be made, by the answers at hand and what was made since. */
async function candidateNow({ run, prepared, sizes }: Execution, vmSize: string): Promise<Candidate> {
  const { wanted, answers } = prepared.surveyed.taken;
  const left = { ...wanted, fresh: unmade(prepared, sizes) };
  return candidateOf(run, left, { answers, place: withMade(prepared, sizes), vmSize });
}

/** Nodes whose machines are to be made, and that nobody is making. */
const unmade = ({ resources, decisions }: Prepared, { asked }: Sizes): number[] =>
  resources.flatMap(({ kind, id, node }) => {
    const decision = decisions.get(id);
    const wanted = kind === "machine" && (decision === "create" || decision === "replace");
    return wanted && node !== undefined && !asked.has(node) ? [node] : [];
  });

/** The quotas as they are with the machines that this run has asked for. */
function withMade({ surveyed, facts: { nodes } }: Prepared, { made, asked }: Sizes): Candidate["place"] {
  const { place } = surveyed.taken;
  const taken = nodes.flatMap(({ index, spot }): { quota: string; vcpus: number }[] => {
    const size = asked.has(index) ? place.region?.sizes.get((made.get(index) ?? "").toLowerCase()) : undefined;
    if (size === undefined) return [];
    const quotas = spot === true ? [SPOT_QUOTA] : ["cores", size.family];
    return quotas.map((quota) => ({ quota: quota.toLowerCase(), vcpus: size.vcpus }));
  });
  const more = (name: string): number =>
    taken.filter(({ quota }) => quota === name.toLowerCase()).reduce((sum, { vcpus }) => sum + vcpus, 0);
  return { ...place, computeUsage: place.computeUsage?.map((one) => ({ ...one, current: one.current + more(one.name) })) };
}

/** From here on machines are made of it; said, and written into the claim, before the first. */
async function take(execution: Execution, candidate: Candidate, tried: string, error: AzureError): Promise<boolean> {
  const { run, prepared, claim, sizes } = execution;
  const plan = sizedPlan(execution.inUse, candidate);
  const { vmSize, location } = plan.spec;
  const left = unmade(prepared, sizes).length;
  run.emit({
    kind: "note",
    id: "choice",
    label: "choice",
    code: error.code,
    message: `Azure has no room for ${tried} in ${location} (${error.code}): ${left} ${plural("machine", left)} not made yet ${left === 1 ? "is" : "are"} made as ${vmSize}.`,
  });
  const byId = new Map(plan.resources.map((resource) => [resource.id, resource]));
  const cluster = designOf(plan.spec, plan.facts);
  const [before, after] = [execution.byId.get(claim), byId.get(claim)];
  if (before !== undefined && after !== undefined && isBearer(before) && isBearer(after))
    await converge(after, run.tools, {
      cluster: prepared.spec.name,
      // whose it is by now, as before a machine: somebody may have taken it over while the last one was tried
      permit: async () => void (await execution.guard()),
      mustExist: () => destroyedMeanwhile(prepared.spec.name),
      adapt: adaptSizeNow(cluster, before.body.tags ?? {}, after.body.tags ?? {}),
    });
  Object.assign(execution, { inUse: plan, cluster, byId } satisfies Pick<Execution, "inUse" | "cluster" | "byId">);
  return true;
}

/** An interface that was made for another size may have what this one cannot do. */
async function adaptInterface(execution: Execution, { node }: AnyResource): Promise<void> {
  const { prepared, byId } = execution;
  if (execution.inUse.facts.acceleratedNetworking === prepared.facts.acceleratedNetworking) return;
  for (const resource of byId.values())
    if (resource.kind === "networkInterface" && resource.node === node) await makeResource(execution, resource, undefined);
}
