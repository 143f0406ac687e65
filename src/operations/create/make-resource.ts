/** Makes one resource of the plan, or changes it, as long as this run may: in view of what others wrote, and of what its node needs. */
import { destroyedMeanwhile } from "../cluster/being-destroyed.ts";
import type { VirtualMachine } from "@azure/arm-compute";
import { isCapacity } from "../../core/advice/advice.ts";
import type { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError } from "../../core/errors.ts";
import { ownTagsOf, withNodes } from "../../core/plan/claim-change.ts";
import { isBearer } from "../../core/plan/bearer.ts";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { taggedNodes } from "../../core/plan/read-tags.ts";
import { type AnyResource, nameOf } from "../../core/plan/resource.ts";
import { converge } from "../../engine/converge.ts";
import type { ConvergeOptions, Outcome } from "../../engine/convergence.ts";
import { getPatiently } from "../../engine/patiently.ts";
import type { Live } from "../../engine/provider.ts";
import { hasWorked } from "../cluster/failed-machines.ts";
import { letGo } from "../cluster/let-go.ts";
import { adaptBalancer, adaptClaim, adaptGroup, removedMeanwhile } from "../cluster/shared-changes.ts";
import type { Run } from "../run.ts";
import type { Execution } from "./execution.ts";
import type { Prepared } from "./prepared.ts";
import { sizesLeft } from "./sizes.ts";
import { refuseRemoved } from "./other-run.ts";

/**
 * @param observed what an earlier look saw, as converge takes it
 * @param run with the tools that it is made with, where they are others than the whole run's
 */
export function makeResource(
  execution: Execution,
  resource: AnyResource,
  observed: Live | null | undefined,
  run: Run = execution.run,
): Promise<Outcome> {
  const { prepared } = execution;
  const node = resource.kind === "machine" ? prepared.facts.nodes.find(({ index }) => index === resource.node) : undefined;
  return converge(resource, run.tools, {
    cluster: prepared.spec.name,
    ...(observed === undefined ? {} : { observed, observedAt: run.startedAt }),
    permit: async (what) => {
      if (execution.lost !== undefined) throw execution.lost;
      await (node === undefined || what === "tags" ? execution.stillOurs() : permitMachine(execution, node));
      execution.limits.passed(resource);
      // asked for while the interface is made, so that it costs its machine nothing
      if (resource.kind === "networkInterface") void execution.guard().catch(() => undefined);
    },
    onTagsLost: (lost) => execution.tagsLost.set(resource.id, lost),
    onUnfinished: (how) => execution.unfinished.set(resource.id, how),
    ...adapting(execution, resource),
    ...(resource.kind === "networkInterface" ? { restore: (missing) => restoreRule(execution, missing) } : {}),
    ...(node === undefined ? {} : machineOptions(execution, resource, node)),
  });
}

// --- internal ---

async function permitMachine({ run, prepared, watching, guard }: Execution, node: PlannedNode): Promise<void> {
  // an empty file of the user's is user-data too
  if (node.userData === "" && prepared.facts.choices.customDataHash === undefined) throw goneMeanwhile(node.name);
  if (prepared.materials.joins.has(node.index)) await (await watching)?.makeWay(node);
  await refuseRemoved(run, await guard(), node.index, node.name);
}

/** A machine is watched from the moment that Azure has accepted it, and needs no more of Azure's word once its node answers. */
function machineOptions(
  execution: Execution,
  resource: AnyResource,
  node: PlannedNode,
): Pick<ConvergeOptions, "onAccepted" | "usable" | "hasWorked" | "letGo" | "restore" | "goesElsewhere"> {
  const { run, prepared, watching, hostKeys } = execution;
  const { facts, found } = prepared;
  return {
    onAccepted: (live) => {
      noteSize(execution, node.index, live);
      const key = live?.tags["aoc-host-key"];
      if (key !== undefined && key !== node.hostKey) hostKeys.set(node.index, key);
      const made: PlannedNode = key === undefined ? node : { ...node, hostKey: key };
      void execution.watching?.then((watch) => watch.start(made)).catch(() => undefined);
    },
    usable: watching === undefined ? never() : watching.then((watch) => watch.usable(node), never),
    // another machine may have moved all that are not made to the next size meanwhile
    goesElsewhere: (error) => isCapacity(error) && (sizesLeft(execution).length > 0 || !isOfSizeInUse(execution, resource)),
    hasWorked: (live) =>
      hasWorked(run, prepared.keptMachines, prepared.snapshot.get(resource.id.toLowerCase()), { ...live, id: resource.id }),
    letGo: (live) => letGo(run, { ...found.owner, ids: new Set([facts.choices.id]) }, { ...live, id: resource.id }),
    restore: async () => {
      for (const other of execution.byId.values())
        if (other.node === resource.node && other.kind !== "machine") await makeResource(execution, other, undefined);
    },
  };
}

/**
 * The balancer has no rule for an interface: its rules are those of the claim as it was read for them, and that read may have been
 * behind what this run had written to the claim a moment before.
 */
async function restoreRule(execution: Execution, missing: AzureError | undefined): Promise<void> {
  if (missing === undefined || !/\/loadBalancers\//i.test(missing.message)) return;
  const balancer = [...execution.byId.values()].find(({ kind }) => kind === "loadBalancer");
  if (balancer !== undefined) await makeResource(execution, balancer, undefined);
}

const isOfSizeInUse = ({ inUse }: Execution, resource: AnyResource): boolean =>
  resource.kind === "machine" && resource.body.hardwareProfile?.vmSize === inUse.spec.vmSize;

/** What Azure has accepted, or says that it has. */
function noteSize({ sizes, inUse }: Execution, node: number, live: Live | undefined): void {
  const size = live === undefined ? inUse.spec.vmSize : (live.model as VirtualMachine).hardwareProfile?.vmSize;
  if (live === undefined) sizes.asked.add(node);
  if (size !== undefined) sizes.made.set(node, size);
}

const never = (): Promise<void> => new Promise(() => undefined);

/** What other runs may change at the same time is changed in view of what they wrote: cluster/shared-changes.ts. */
function adapting(
  { run, prepared, cluster, claim }: Execution,
  resource: AnyResource,
): Pick<ConvergeOptions, "adapt" | "mustExist"> {
  if (resource.kind === "resourceGroup") return { adapt: adaptGroup(cluster) };
  if (resource.kind === "loadBalancer") return { adapt: adaptBalancer(run, cluster) };
  const { claim: before } = prepared.found;
  if (!isBearer(resource) || resource.id !== claim || before === undefined) return {};
  const read = before.nodes === undefined ? withNodes(before.tags, prepared.known) : before.tags;
  const adapt = adaptClaim(cluster, ownTagsOf(read), resource.body.tags ?? {});
  return {
    adapt: async (live) => {
      await refuseGoneStrays(run, prepared, taggedNodes(read));
      return adapt(live);
    },
    // it was there: without it this would begin another cluster, of which nobody has asked the size
    mustExist: () => destroyedMeanwhile(prepared.spec.name),
  };
}

/**
 * Machines that the claim lacks are taken in: of two reads that were side by side one may show a machine that another run was removing,
 * and the other one the claim after that.
 */
async function refuseGoneStrays(
  run: Run,
  { resources, snapshot }: Prepared,
  claimed: ReadonlySet<number> | undefined,
): Promise<void> {
  const strays = resources.filter(
    ({ kind, id, node = -1 }) => kind === "machine" && snapshot.has(id.toLowerCase()) && claimed?.has(node) === false,
  );
  for (const stray of strays) {
    const live = await getPatiently(stray, run.tools);
    if (live === undefined || live.state === "deleting") throw removedMeanwhile(nameOf(stray.id));
  }
}

/** It was there when this run began, and a machine without its user-data would be no node of the cluster. */
const goneMeanwhile = (machine: string): ClusterError =>
  new ClusterError("MachineGone", `${machine} failed or was deleted while this run was at work`, {
    source: "azure",
    advice: "Run the same command again: it makes it anew.",
  });
