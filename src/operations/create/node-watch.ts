/**
 * Watches nodes become usable, each from the moment that Azure has accepted its machine: a node that answers is ready, even
 * if Azure has not yet called its machine done.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError } from "../../core/errors.ts";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import type { NodeDiagnosis } from "../../nodes/diagnose.ts";
import { type ReadinessWait, startWait } from "../../nodes/readiness.ts";
import type { NodeReadiness } from "../../nodes/node-state.ts";
import { type ClockMeasure, judgeClocks, measureClock } from "../../nodes/time.ts";
import type { FrontAddress } from "../cluster/claim.ts";
import { nodeTarget, operatorTls } from "../cluster/node-target.ts";
import { type AuthorityKeeper, authorityHere, authorityKeeper } from "../etcd/authority.ts";
import { type GatewayTeller, gatewayTeller } from "../etcd/gateways.ts";
import { createJoining } from "../etcd/joining.ts";
import { withWay } from "../cluster/way.ts";
import type { Run } from "../run.ts";
import { explainNodes } from "./explain-nodes.ts";
import { type MachineNews, nodeMoments } from "./machine-news.ts";
import { type NetworkWatch, watchNetwork } from "./network-watch.ts";
import { type NodeWaiting, waitForPlanned } from "./node-wait.ts";
import type { Prepared } from "./prepared.ts";
import { reachableLevel } from "./ready-level.ts";
import type { Trust } from "../../core/ssh-options.ts";

export interface NodeWatch {
  /** Called before the machine is asked for: takes what etcd remembers of an earlier one out of it. @throws ClusterError Etcd* */
  makeWay(node: PlannedNode): Promise<void>;
  start(node: PlannedNode): void;
  /** Resolves when the node is ready; never rejects. */
  usable(node: PlannedNode): Promise<void>;
  /** When all are ready or given up. @throws what is no fault of a node's: a bug */
  all(): Promise<Map<number, NodeReadiness>>;
  /** What explains the nodes that are not ready: a sentence and advice for each. */
  explain(found: ReadonlyMap<number, NodeReadiness>): Promise<NodeDiagnosis[]>;
}

export async function watchNodes(
  run: Run,
  prepared: Prepared,
  place: FrontAddress | undefined,
  azure: MachineNews,
): Promise<NodeWatch> {
  const { spec, materials, facts } = prepared;
  const { identity, choices, tls } = materials;
  const host = place?.address ?? place?.host ?? "";
  const reach = await withWay(run, { spec, choices, group: facts.group, host, tls }, { identity, nodes: facts.nodes });
  const etcdTls = tls ? operatorTls(run.dir, spec.name) : undefined;
  const authority = tls ? authorityHere(run, spec.name, materials.choices.etcdCa) : undefined;
  const keeper = authority === undefined ? undefined : authorityKeeper(run, spec.name, authority);
  const inside = spec.private && reach.via === undefined ? watchNetwork(run, prepared, azure) : undefined;
  const clocks: ClockMeasure[] = [];
  const stopped = new Set<number>();
  const waits = waitsByTrust((trust) =>
    startWait({
      ...waitOptions(run, waiting, { keeper, gateways, clocks, inside }),
      ...defined({ etcdTls }),
      trust,
    }),
  );
  const waiting: NodeWaiting = {
    cluster: spec,
    groupName: facts.group,
    level: reachableLevel(run, prepared),
    azure,
    joining: createJoining(run, reach, prepared, etcdTls),
    stopped,
    targetOf: (node) => nodeTarget(reach, node),
    wait: waits.of,
  };
  const ready = nodeMoments();
  const gateways =
    run.simulated || waiting.level === "machines" || !hasEtcd(materials.choices)
      ? undefined
      : gatewayTeller(run, reach, facts.nodes, waiting.joining);
  const started = startedNodes(run, waiting, ready);
  // one that was never asked for will not come
  for (const index of materials.joins.keys())
    void azure.settled(index).then(() => started.has(index) || waiting.joining.ended(index, false));
  return {
    makeWay: (node) => waiting.joining.makeWay(node),
    start: started.start,
    usable: (node) => ready(node.index).promise,
    async all() {
      const found = await started.all().finally(() => waits.end());
      tellClocks(run, clocks);
      keeper?.tell();
      await gateways?.tell();
      return found;
    },
    explain: (found) => explainMissing(run, prepared, waiting, found),
  };
}

/** Azure's word first, then that it is switched off, then that nobody gets there from here. */
export const machineStateOf =
  ({ azure, stopped }: Pick<NodeWaiting, "azure" | "stopped">, inside: Pick<NetworkWatch, "isCutOff"> | undefined) =>
  (index: number): "failed" | "stopped" | "cut off" | "unknown" =>
    azure.hasFailed(index) ? "failed" : stopped.has(index) ? "stopped" : inside?.isCutOff() === true ? "cut off" : "unknown";

/** The waits that were started, one a node. */
export function startedNodes(run: Run, waiting: NodeWaiting, ready: ReturnType<typeof nodeMoments>) {
  const running = new Map<number, Promise<NodeReadiness>>();
  return {
    has: (index: number): boolean => running.has(index),
    start(node: PlannedNode): void {
      if (running.has(node.index)) return;
      const one = waitForPlanned(run, waiting, node).then((found) => {
        if (found.state === "ready" && !run.simulated) ready(node.index).resolve();
        return found;
      });
      one.catch(() => undefined);
      running.set(node.index, one);
    },
    async all(): Promise<Map<number, NodeReadiness>> {
      // a bug is told once nobody is waited for any more
      await Promise.allSettled(running.values());
      const ended = [...running].map(
        async ([index, one]) => [index, await one.catch((error: unknown) => givenUp(run, index, error))] as const,
      );
      return new Map(await Promise.all(ended));
    },
  };
}

/** Nothing, where the claim was never written, or the address that nodes are reached at could not be read. @throws what is a bug */
export async function begunWatch(run: Run, watching: Promise<NodeWatch> | undefined): Promise<NodeWatch | undefined> {
  try {
    return await watching;
  } catch (error) {
    refuseBug(run, error);
    return undefined;
  }
}

// --- internal ---

/** Nobody looks for reasons of machines alone, where no way leads to the node, and in a rehearsal beyond what Azure says of its power. */
async function explainMissing(
  run: Run,
  prepared: Prepared,
  { level, targetOf }: NodeWaiting,
  found: ReadonlyMap<number, NodeReadiness>,
): Promise<NodeDiagnosis[]> {
  if (level === "machines") return [];
  const known = [...found.values()].filter(({ code, state }) => code !== "NoWayIn" && (!run.simulated || state === "stopped"));
  return explainNodes(run, prepared, prepared.facts.nodes.map(targetOf), known);
}

/** Begun with the first node each: a rehearsal never begins one, and its deadline would pull virtual time along. */
function waitsByTrust(start: (trust: Trust) => ReadinessWait): { of(trust: Trust): ReadinessWait; end(): void } {
  const waits = new Map<Trust, ReadinessWait>();
  return {
    of(trust) {
      const known = waits.get(trust) ?? start(trust);
      waits.set(trust, known);
      return known;
    },
    end() {
      for (const one of waits.values()) one.end();
    },
  };
}

/** What is done at the first login. */
interface LoggedIn {
  readonly keeper: AuthorityKeeper | undefined;
  readonly gateways: GatewayTeller | undefined;
}

const waitOptions = (
  run: Run,
  { level, azure, stopped, cluster }: NodeWaiting,
  { keeper, gateways, clocks, inside }: LoggedIn & { clocks: ClockMeasure[]; inside: NetworkWatch | undefined },
): Parameters<typeof startWait>[0] => ({
  level,
  deadline: run.giveUpAt,
  clock: run.clock,
  // the first Ctrl-C, too: nothing is lost with a look
  signal: AbortSignal.any([run.tools.signal, run.stop]),
  emit: run.emit,
  firstBoot: PLATFORMS[cluster.platform].firstBoot,
  whenLoggedIn: async (connection, target) => {
    await keeper?.whenLoggedIn(connection, target);
    await gateways?.whenLoggedIn(connection, target);
  },
  whenReady: async (connection) =>
    void clocks.push(await measureClock(connection, { clock: run.clock, signal: run.tools.signal })),
  machineState: machineStateOf({ azure, stopped }, inside),
  ...(inside === undefined ? {} : { whenReached: inside.reached }),
});

function tellClocks(run: Run, clocks: readonly ClockMeasure[]): void {
  for (const verdict of judgeClocks(clocks))
    if (!verdict.ok)
      run.emit({
        kind: "note",
        id: `clock/${verdict.name}`,
        label: "clock",
        message: `${verdict.reason ?? verdict.name}. Clocks that drift apart cost etcd its leases: chronyc tracking on the node says why.`,
      });
}

/** @throws what was neither refused nor cut off at the end of the run's time: it is no node's fault */
function refuseBug({ tools }: Run, error: unknown): void {
  if (!tools.signal.aborted && !(error instanceof ClusterError)) throw error;
}

/** A wait that was cut off when the run's time was over, or that was refused. @throws what is a bug, and no node's fault */
function givenUp(run: Run, index: number, error: unknown): NodeReadiness {
  refuseBug(run, error);
  return { index, name: "", state: "unreachable", reason: "was not ready in time", timings: {}, attempts: 0 };
}
