/**
 * Watches nodes become usable, each from the moment that Azure has accepted its machine: a node that answers is ready, even
 * if Azure has not yet called its machine done.
 */
import { canLogIn } from "../../nodes/identity.ts";
import type { PublicIPAddress } from "@azure/arm-network";
import type { PlannedNode } from "../../core/plan/cluster.ts";
import { ClusterError } from "../../core/errors.ts";
import { patiently } from "../../engine/patiently.ts";
import { type NodeReadiness, type ReadinessWait, type ReadyLevel, startWait } from "../../nodes/readiness.ts";
import type { Connection } from "../../nodes/connection.ts";
import type { NodeDiagnosis } from "../../nodes/diagnose.ts";
import { type ClockMeasure, judgeClocks, measureClock } from "../../nodes/time.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { Prepared } from "./prepare.ts";
import { authorityHere, leaveAuthority } from "../etcd/authority.ts";
import { certify } from "../etcd/certify.ts";
import { explainNodes } from "./explain-nodes.ts";
import { createJoining } from "../etcd/joining.ts";
import { type Reach, nodeTarget, operatorTls } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";

export interface NodeWatch {
  /** Called before the machine is asked for: takes what etcd remembers of an earlier one out of it. @throws ClusterError Etcd* */
  makeWay(node: PlannedNode): Promise<void>;
  start(node: PlannedNode): void;
  /** Resolves when the node is ready; never rejects. */
  usable(node: PlannedNode): Promise<void>;
  all(): Promise<Map<number, NodeReadiness>>;
  /** What explains the nodes that are not ready: a sentence and advice for each. */
  explain(found: ReadonlyMap<number, NodeReadiness>): Promise<NodeDiagnosis[]>;
}

/** A machine that has not answered for so long is asked about. */
const POWER_MS = 5000;

/** A rehearsal boots nothing: a node is taken to be up so long after Azure calls its machine done. */
const SIMULATED_BOOT_MS = 8000;

export async function watchNodes(
  run: Run,
  prepared: Prepared,
  address: PublicIPAddress | undefined,
  azure: { hasFailed(index: number): boolean; settled(index: number): Promise<unknown> },
): Promise<NodeWatch> {
  const level = reachableLevel(run, prepared);
  const running = new Map<number, Promise<NodeReadiness>>();
  const ready = new Map<number, { promise: Promise<void>; resolve: () => void }>();
  const { spec, materials, facts } = prepared;
  const etcdTls = materials.tls ? await operatorTls(run.dir, spec.name) : undefined;
  const authority = materials.tls ? await authorityHere(run, spec.name, materials.choices.etcdCa) : undefined;
  /** Members that hold the authority now, and why others do not. */
  const left: (true | Error)[] = [];
  const reach: Reach = {
    spec,
    choices: materials.choices,
    host: address?.ipAddress ?? address?.dnsSettings?.fqdn ?? "",
    identity: materials.identity,
    tls: materials.tls,
  };
  const targetOf = (node: PlannedNode): NodeTarget => nodeTarget(reach, node);
  const clocks: ClockMeasure[] = [];
  const stopped = new Set<number>();
  const waiting = {
    level,
    deadline: run.deadline,
    clock: run.clock,
    signal: run.tools.signal,
    emit: run.emit,
    ...(etcdTls === undefined ? {} : { etcdTls }),
    ...(authority === undefined
      ? {}
      : {
          whenLoggedIn: async (connection: Connection, target: NodeTarget) => {
            if (target.role !== "member") return;
            await leaveAuthority(connection, authority).then(
              () => left.push(true),
              (error: Error) => {
                left.push(error);
                throw error;
              },
            );
          },
        }),
    whenReady: async (connection: Connection) =>
      void clocks.push(await measureClock(connection, { clock: run.clock, signal: run.tools.signal })),
    machineState: (index: number) =>
      azure.hasFailed(index) ? ("failed" as const) : stopped.has(index) ? ("stopped" as const) : ("unknown" as const),
  };
  // begun with the first node: a rehearsal never begins one, and its deadline would pull virtual time along
  const waits = new Map<"strict" | "first-use", ReadinessWait>();
  const waitWith = (trust: "strict" | "first-use"): ReadinessWait => {
    const known = waits.get(trust) ?? startWait({ ...waiting, trust });
    waits.set(trust, known);
    return known;
  };
  const joining = createJoining(run, reach, prepared, etcdTls);
  for (const index of materials.joins.keys())
    // one that was never asked for will not come
    void azure.settled(index).then(() => running.has(index) || joining.ended(index));

  const usable = (node: PlannedNode): Promise<void> => {
    const known = ready.get(node.index) ?? Promise.withResolvers<void>();
    ready.set(node.index, known);
    return known.promise;
  };
  return {
    usable,
    explain: async (found) =>
      run.simulated || level === "machines" ? [] : explainNodes(run, prepared, facts.nodes.map(targetOf), [...found.values()]),
    makeWay: (node) => joining.makeWay(node),
    start(node) {
      if (running.has(node.index)) return;
      void usable(node);
      const one = watchOne(node).then((readiness) => {
        if (readiness.state === "ready" && !run.simulated) ready.get(node.index)?.resolve();
        return readiness;
      });
      one.catch(() => undefined);
      running.set(node.index, one);
    },
    async all() {
      const found = new Map(
        await Promise.all(
          [...running].map(async ([index, promise]) => [index, await promise.catch(() => givenUp(index))] as const),
        ),
      );
      for (const one of waits.values()) one.end();
      for (const verdict of judgeClocks(clocks))
        if (!verdict.ok)
          run.emit({
            kind: "note",
            id: `clock/${verdict.name}`,
            label: "clock",
            message: `${verdict.reason ?? verdict.name}. Clocks that drift apart cost etcd its leases: chronyc tracking on the node says why.`,
          });
      const [refused] = left;
      if (refused instanceof Error && !left.includes(true))
        run.emit({
          kind: "note",
          id: "etcd-ca",
          label: "etcd authority",
          message: `etcd's authority is in ${spec.name}/ on this machine alone, for no member took it (${refused.message}). Keep etcd-ca.key: new members need it.`,
        });
      return found;
    },
  };

  async function watchOne(node: PlannedNode): Promise<NodeReadiness> {
    if (level === "machines") return { index: node.index, name: node.name, state: "created", timings: {}, attempts: 0 };
    if (run.simulated) return simulated(node);
    try {
      const joins = joining.has(node.index);
      if (joins || (node.uncertified === true && level === "etcd")) {
        const reached = await wait(node, "ssh");
        if (reached.state !== "ready") return reached;
        try {
          if (joins) await joining.join(node);
          if (node.uncertified === true) await certify(run, spec.name, targetOf(node));
        } catch (error) {
          run.tools.signal.throwIfAborted();
          if (!(error instanceof ClusterError)) throw error;
          return { ...reached, state: "ssh", code: error.code, reason: error.message };
        }
      }
      return await wait(node, level);
    } finally {
      joining.ended(node.index);
    }
  }

  async function wait(node: PlannedNode, until: ReadyLevel): Promise<NodeReadiness> {
    const asking = new AbortController();
    void lookAtPower(node, AbortSignal.any([run.tools.signal, asking.signal])).catch(() => undefined);
    try {
      return await waitWith(node.hostKey === undefined ? "first-use" : "strict").one(targetOf(node), until);
    } finally {
      asking.abort(new Error("answered"));
    }
  }

  /** A machine that was there before may be switched off; one that is being made is waited for. */
  async function lookAtPower(node: PlannedNode, signal: AbortSignal): Promise<void> {
    if (node.userData !== "") return;
    await run.clock.sleep(POWER_MS, signal);
    const power = await patiently(run.tools, () => run.lookups.powerState(facts.group, node.name, signal));
    if (power === "deallocated" || power === "stopped") stopped.add(node.index);
  }

  async function simulated(node: PlannedNode): Promise<NodeReadiness> {
    await azure.settled(node.index);
    await run.clock.sleep(SIMULATED_BOOT_MS, run.tools.signal);
    const state = azure.hasFailed(node.index) ? "failed" : "ready";
    return { index: node.index, name: node.name, state, timings: {}, attempts: 0 };
  }
}

// --- internal ---

/** A wait that was cut off when the run's time was over. */
const givenUp = (index: number): NodeReadiness => ({
  index,
  name: "",
  state: "unreachable",
  reason: "was not ready in time",
  timings: {},
  attempts: 0,
});

/** Whether nodes can be asked at all: a rehearsal knows, and reality needs the private key or an agent that holds it. */
const canAsk = (run: Run, { materials }: Pick<Prepared, "materials">): boolean => run.simulated || canLogIn(materials.identity);

/**
 * What a node must have reached to be called ready. Where nodes cannot be asked, and nobody insisted that they are, a machine that
 * Azure has made is all that can be known.
 */
export const enough = (run: Run, prepared: Pick<Prepared, "materials" | "spec">): ReadyLevel =>
  canAsk(run, prepared) || prepared.spec.given.includes("waitFor") ? prepared.spec.waitFor : "machines";

/** How far nodes can be followed: not without the private key, and etcd not in a user's own file. */
function reachableLevel(run: Run, prepared: Prepared): ReadyLevel {
  const { spec, materials } = prepared;
  if (spec.waitFor === "machines") return "machines";
  if (!canAsk(run, prepared)) {
    run.emit({
      kind: "note",
      id: "readiness",
      label: "readiness",
      message:
        "The private key of the cluster is not on this machine, and no agent holds it: nodes are waited for until Azure calls them made, and whether they answer is not known.",
    });
    return "machines";
  }
  return spec.waitFor === "etcd" && materials.choices.customDataHash !== undefined && !spec.given.includes("waitFor")
    ? "ssh"
    : spec.waitFor;
}
