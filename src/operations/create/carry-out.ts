/**
 * Carries a plan out: every resource as soon as what it stands on is there, every node watched from the moment that Azure
 * has accepted its machine. Long, for what a visit does belongs beside the walk; what it knows of other runs is in other-run.ts.
 */
import type { PublicIPAddress } from "@azure/arm-network";
import { AzureError } from "../../core/advice/azure-error.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import type { AnyResource } from "../../core/plan/resource.ts";
import { claimId } from "../../core/plan/resources/address.ts";
import { image } from "../../core/plan/resources/image.ts";
import { type PlannedNode, designOf } from "../../core/plan/cluster.ts";
import { ownTagsOf, withNodes } from "../../core/plan/claim-change.ts";
import { beingDestroyed, converge } from "../../engine/converge.ts";
import type { ConvergeOptions, Outcome } from "../../engine/convergence.ts";
import { patiently, deletePatiently } from "../../engine/patiently.ts";
import { decide, isShared } from "../../engine/decide.ts";
import type { Live } from "../../engine/provider.ts";
import { type Result, walk } from "../../engine/walk.ts";
import type { NodeDiagnosis } from "../../nodes/diagnose.ts";
import type { NodeReadiness } from "../../nodes/node-state.ts";
import { type Prepared, liveOf } from "./prepare.ts";
import { letGo } from "../cluster/let-go.ts";
import { tagNewDisks } from "./new-disks.ts";
import { lookIn } from "../cluster/find.ts";
import { type Claim, claimed } from "../cluster/claim.ts";
import { adaptBalancer, adaptClaim, adaptGroup } from "../cluster/shared-changes.ts";
import { type NodeWatch, watchNodes } from "./node-watch.ts";
import {
  NODE_REMOVED,
  MACHINE_NEWS_MS,
  NEWS_MS,
  awaitOtherAuthority,
  otherRun,
  refuseOtherRun,
  refuseRemoved,
  whileNews,
} from "./other-run.ts";
import type { Run } from "../run.ts";

export interface Carried {
  readonly results: ReadonlyMap<string, Result<Outcome>>;
  /** The cluster's public address and name; absent when that was not reached. */
  readonly address: string | undefined;
  readonly host: string | undefined;
  /** By node index. */
  readonly readiness: ReadonlyMap<number, NodeReadiness>;
  /** Why nodes are not ready, as far as it could be found out. */
  readonly diagnoses: readonly NodeDiagnosis[];
  /** Host keys of machines that turned out to have been made by another run, by node index. */
  readonly hostKeys: ReadonlyMap<number, string>;
}

export async function carryOut(run: Run, prepared: Prepared): Promise<Carried> {
  const { tools } = run;
  const { spec, facts, found, snapshot, resources } = prepared;
  const cluster = designOf(spec, facts);
  const claim = claimId(cluster);
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  let watching: Promise<NodeWatch> | undefined;
  let publicAddress: PublicIPAddress | undefined;
  let written = false;
  const stillOurs = whileNews(tools.clock, NEWS_MS, () => refuseOtherRun(run, prepared, written), run.startedAt);
  const guard = whileNews(tools.clock, MACHINE_NEWS_MS, guardMachines);
  /** Why the claim is not ours: then nothing more is written. */
  let lost: unknown;
  /** Ids of what this run has made. */
  const made = new Set<string>();
  const hostKeys = new Map<number, string>();
  const azureFailed = new Set<number>();
  const ended = new Map<number, PromiseWithResolvers<void>>();
  const settled = (index: number): PromiseWithResolvers<void> => {
    const known = ended.get(index) ?? Promise.withResolvers<void>();
    ended.set(index, known);
    return known;
  };

  await awaitOtherAuthority(run, prepared);
  const results = await walk(resources, visit, {
    stop: run.stop,
    onSkip: (id, because) => {
      const resource = byId.get(id);
      if (resource?.kind === "machine" && resource.node !== undefined) settled(resource.node).resolve();
      const cause = because === undefined ? undefined : byId.get(because)?.label;
      run.emit({
        kind: "skipped",
        id,
        label: resource?.label ?? id,
        ...(cause === undefined ? {} : { detail: `because of ${cause}` }),
        ...(resource?.node === undefined ? {} : { node: resource.node }),
      });
    },
  });
  for (const [id, result] of results) {
    const node = byId.get(id)?.node;
    if (node !== undefined && result.state !== "done") azureFailed.add(node);
  }
  const tagging = tagNewDisks(run, prepared).catch(() => undefined);
  const watch = await watching?.catch(() => undefined);
  const readiness = watch === undefined ? new Map<number, NodeReadiness>() : await watch.all();
  await tagging;
  // A run that has used its time up still says which nodes are ready; an interrupt ends it here.
  if (!timedOut(tools.signal)) tools.signal.throwIfAborted();
  const diagnoses = watch === undefined || run.stop.aborted || tools.signal.aborted ? [] : await watch.explain(readiness);
  return { results, diagnoses, hostKeys, address: publicAddress?.ipAddress, host: publicAddress?.dnsSettings?.fqdn, readiness };

  async function visit(resource: AnyResource): Promise<Outcome> {
    try {
      // asked for while the interfaces are made, so that it costs the machines nothing
      if (resource.kind === "networkInterface") void guard().catch(() => undefined);
      const wanted =
        resource.kind === "image" && prepared.stageImage !== undefined ? image(cluster, await prepared.stageImage()) : resource;
      const outcome = await make(wanted, liveOf(resource, found, snapshot) ?? null);
      if (outcome === "created") made.add(resource.id);
      if (resource.id === claim) {
        written = true;
        // nothing waits for the address to be read but the watching of the nodes
        watching = readClaim(run, resource).then((found) => {
          publicAddress = found;
          return watchNodes(run, prepared, found, {
            hasFailed: (index) => azureFailed.has(index),
            settled: (index) => settled(index).promise,
          });
        });
        watching.catch(() => undefined);
      }
      return outcome;
    } catch (error) {
      const known = await explained(run, prepared, resource, error);
      if (known instanceof ClusterError && known.code === NODE_REMOVED && resource.node !== undefined) await takeBack(resource);
      if (resource.id === claim && known instanceof ClusterError && known.exit === EXIT.conflict) lost = known;
      if (resource.node !== undefined) azureFailed.add(resource.node);
      if (tools.signal.aborted && !timedOut(tools.signal))
        run.emit({
          kind: "skipped",
          id: resource.id,
          label: resource.label,
          detail: "left to Azure, which goes on with it",
          ...(resource.node === undefined ? {} : { node: resource.node }),
        });
      else
        run.emit({
          kind: "failed",
          id: resource.id,
          label: resource.label,
          code: codeOf(known),
          message: (known as Error).message,
          ...(resource.node === undefined ? {} : { node: resource.node }),
        });
      throw known;
    } finally {
      if (resource.kind === "machine" && resource.node !== undefined) settled(resource.node).resolve();
    }
  }

  function make(resource: AnyResource, observed: Live | null | undefined): Promise<Outcome> {
    const node = facts.nodes.find(({ index }) => index === resource.node);
    const isMachine = resource.kind === "machine" && node !== undefined;
    return converge(resource, tools, {
      cluster: spec.name,
      ...(observed === undefined ? {} : { observed }),
      permit: async () => {
        if (lost !== undefined) throw lost;
        // an empty file of the user's is user-data too
        if (isMachine && node.userData === "" && facts.choices.customDataHash === undefined) throw goneMeanwhile(node.name);
        if (isMachine && prepared.materials.joins.has(node.index)) await (await watching)?.makeWay(node);
        const claimNow = await (isMachine ? guard() : stillOurs());
        if (isMachine) await refuseRemoved(run, claimNow, node.index, node.name);
      },
      ...adapting(resource),
      ...(isMachine
        ? {
            onAccepted: (live?: Live) => {
              const key = live?.tags["aoc-host-key"];
              if (key !== undefined && key !== node.hostKey) hostKeys.set(node.index, key);
              const made: PlannedNode = key === undefined ? node : { ...node, hostKey: key };
              void watching?.then((watch) => watch.start(made)).catch(() => undefined);
            },
            usable: watching === undefined ? never() : watching.then((watch) => watch.usable(node), never),
            letGo: (live: Live) => letGo(run, { ...found.owner, ids: new Set([facts.choices.id]) }, { ...live, id: resource.id }),
            restore: async () => {
              for (const other of resources)
                if (other.node === resource.node && other.kind !== "machine") await make(other, undefined);
            },
          }
        : {}),
    });
  }

  /**
   * Two creates of one name write the group, the security group and the network before either knows who has the claim; the other's
   * flags and tags would stay. Who has the claim looks once more while the interfaces are made, and the other writes nothing after losing it. A claim
   * that says something else by now is of a later run of this cluster, with its own flags.
   */
  async function guardMachines(): Promise<Claim | undefined> {
    const look = async (id: string | undefined): Promise<boolean> => {
      const resource = id === undefined ? undefined : byId.get(id);
      if (resource === undefined) return true;
      const live = await patiently(tools, (signal) => tools.provider.get(resource, signal));
      return live !== undefined && live.state !== "working" && decide(resource, live, spec.name) === "unchanged";
    };
    const shared = found.claim === undefined ? resources.filter((one) => isShared(one) && one.kind !== "image") : [];
    const [claimNow, claimIsAsWeWroteIt, ...asWeWroteThem] = await Promise.all([
      refuseOtherRun(run, prepared, true),
      shared.length === 0 || look(claim),
      ...shared.map(({ id }) => look(id)),
    ]);
    if (claimIsAsWeWroteIt)
      for (const [index, resource] of shared.entries()) if (asWeWroteThem[index] === false) await make(resource, undefined);
    return claimNow;
  }

  /** What this run has made for a node that another one has taken out meanwhile is nobody's. */
  async function takeBack({ node }: AnyResource): Promise<void> {
    const parts = resources.filter((part) => part.node === node && part.kind !== "machine" && made.delete(part.id));
    for (const part of parts.toReversed()) await deletePatiently(part, tools).catch(() => undefined);
    const balancer = resources.find((resource) => resource.kind === "loadBalancer");
    if (parts.length > 0 && balancer !== undefined) await make(balancer, undefined).catch(() => undefined);
    tools.signal.throwIfAborted();
  }

  /** What other runs may change at the same time is changed in view of what they wrote: cluster/shared-changes.ts. */
  function adapting(resource: AnyResource): Pick<ConvergeOptions, "adapt"> {
    if (resource.kind === "resourceGroup") return { adapt: adaptGroup(cluster) };
    if (resource.kind === "loadBalancer") return { adapt: adaptBalancer(run, cluster) };
    const { claim: before } = found;
    if (resource.kind !== "publicAddress" || resource.id !== claim || before === undefined) return {};
    const read = before.nodes === undefined ? withNodes(before.tags, prepared.known) : before.tags;
    return { adapt: adaptClaim(cluster, ownTagsOf(read), resource.body.tags ?? {}) };
  }
}

/** It was there when this run began, and a machine without its user-data would be no node of the cluster. */
const goneMeanwhile = (machine: string): ClusterError =>
  new ClusterError("MachineGone", `${machine} failed or was deleted while this run was at work`, {
    source: "azure",
    advice: "Run the same command again: it makes it anew.",
  });

/** What went wrong, as far as this run can know it. */
async function explained(run: Run, prepared: Prepared, resource: AnyResource, error: unknown): Promise<unknown> {
  const known = beingDestroyed(error, prepared.facts.group);
  // when this run looked first, nothing of another creation was there
  if (known instanceof ClusterError && known.code === "ClusterConflict") return otherRun(prepared.spec.name, known);
  // the other one may have chosen another location, and so refused more than the name
  if (known instanceof AzureError && (known.status === 400 || known.status === 409) && prepared.found.claim === undefined) {
    const now = await lookIn(run, prepared.spec.name, prepared.facts.group).then(claimed, () => undefined);
    if (now?.claim !== undefined && now.claim.choices.id !== prepared.facts.choices.id)
      return otherRun(prepared.spec.name, known);
  }
  const node = prepared.facts.nodes.find(({ index }) => index === resource.node);
  if (known instanceof AzureError && node !== undefined) {
    const claim = { id: claimId(designOf(prepared.spec, prepared.facts)), nodes: new Set<number>() };
    const removed = await refuseRemoved(run, claim, node.index, node.name).catch((cause: unknown) => cause);
    if (removed instanceof ClusterError && removed.code === NODE_REMOVED) return removed;
  }
  if (known instanceof AzureError && known.code === "ResourceGroupNotFound" && resource.kind !== "resourceGroup")
    return new ClusterError("BeingDestroyed", `resource group ${prepared.facts.group} is gone: somebody destroyed it meanwhile`, {
      source: "azure",
      exit: EXIT.conflict,
      advice: "Run the same command again to make the cluster anew.",
      cause: known,
    });
  return known;
}

// --- internal ---

const timedOut = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof ClusterError && signal.reason.exit === EXIT.timeout;

const never = (): Promise<void> => new Promise(() => undefined);

const codeOf = (error: unknown): string =>
  error instanceof ClusterError ? error.code : error instanceof Error ? error.name : "Error";

async function readClaim(run: Run, resource: AnyResource): Promise<PublicIPAddress | undefined> {
  const live = await patiently(run.tools, (signal) => run.tools.provider.get(resource, signal));
  return live?.model as PublicIPAddress | undefined;
}
