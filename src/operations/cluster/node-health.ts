/**
 * How the nodes are, asked of themselves: SSH with the host key they were given, and etcd. A short look, not a wait. Without
 * the private key, and in a rehearsal, nobody is asked, and the answer says so.
 */
import { defined } from "../../core/defined.ts";
import { waysIn } from "../../core/advice/private-network.ts";
import { USER } from "../../core/plan/resources/machine.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { type Usable, canLogIn } from "../../nodes/identity.ts";
import type { Emit } from "../../engine/event.ts";
import { waitReady } from "../../nodes/readiness.ts";
import type { NodeReadiness, ReadyLevel } from "../../nodes/node-state.ts";
import { type NodeTarget, trustOf } from "../../nodes/target.ts";
import { type SystemFacts, systemFacts } from "../../nodes/system-facts.ts";
import { textAt } from "../../prepare/kept-file.ts";
import type { LiveCluster, LiveNode } from "./live-cluster.ts";
import { type Reach, nodeTarget, operatorTls, knownTarget, knownHostsFile } from "./node-target.ts";
import type { Run } from "../run.ts";
import { reachOf } from "./way.ts";
import type { Trust } from "../../core/ssh-options.ts";

export interface Health {
  /** By node index; only nodes that were asked. */
  readonly nodes: ReadonlyMap<number, Pick<NodeReadiness, "state" | "reason"> & SystemFacts>;
  /** No node of a private cluster answers here: what they are nobody knows. */
  readonly cutOff?: true;
  /** A sentence about why nobody was asked or answered, or that it is a rehearsal. */
  readonly note?: string;
}

const CUT_OFF = "No node answers here: a private cluster is reached from inside its network only.";

/** Round trip and handshake round the world, and etcd's own timeout of 5 s. */
const LOOK_MS = 10_000;

/** What has power has booted by then. */
const CUT_OFF_AFTER_MS = 60_000;

/** More than etcd takes to choose another leader, and sshd to start anew. */
const BELIEVED_AFTER_MS = 3000;

/** What of a node is needed to ask it, and in a rehearsal how far its machine is. */
type Asked = Pick<LiveNode, "index" | "id" | "privateIp" | "hostKey"> & Partial<Pick<LiveNode, "provisioning">>;

/**
 * @param nodes those that are worth asking: their machines run
 * @param way with neither key nor agent when nobody can log in from here, and why
 * @param until milliseconds since 1970, for those that are to come still, and who hears how they do; else it is a short look
 * @param level how far they are to be; else as far as nodes of this cluster come
 */
export async function askNodes(
  run: Run,
  live: Pick<LiveCluster, "spec" | "claim">,
  nodes: readonly Asked[],
  { identity, lacking }: Usable,
  { until, emit, level }: { readonly until?: number; readonly emit?: Emit; readonly level?: ReadyLevel } = {},
): Promise<Health> {
  const { spec, claim } = live;
  if (run.simulated)
    return {
      nodes: new Map(nodes.map(({ index, provisioning }) => [index, rehearsed(provisioning)])),
      note: "Rehearsal: no machine was booted, and the health of the nodes is simulated.",
    };
  if (!canLogIn(identity) || claim.address === undefined)
    return {
      nodes: new Map(),
      note: `The nodes themselves were not asked: ${lacking?.message ?? "there is no address to reach them at"}. What is shown is what Azure says. ${lacking?.advice ?? ""}`.trim(),
    };
  const reach = await reachOf(run, live, { identity, nodes });
  const etcdTls = reach.tls ? operatorTls(run.dir, spec.name) : undefined;
  const systems = new Map<number, SystemFacts>();
  const [began, alone] = [run.clock.now(), spec.private && reach.via === undefined];
  let answered = false;
  const targets = targetsOf(run, reach, nodes);
  const ask = (trust: Trust): Promise<NodeReadiness[]> =>
    waitReady(
      targets.filter((target) => trustOf(target) === trust),
      {
        level: level ?? (hasEtcd(claim.choices) ? "etcd" : "ssh"),
        deadline: until ?? run.clock.now() + LOOK_MS,
        ...(until === undefined && { believedAfterMs: BELIEVED_AFTER_MS }),
        ...(emit && { emit }),
        clock: run.clock,
        signal: run.tools.signal,
        trust,
        hostKeyGraceMs: 0,
        whenReached: () => (answered = true),
        machineState: () => (alone && !answered && run.clock.now() - began >= CUT_OFF_AFTER_MS ? "cut off" : "unknown"),
        whenReady: async (connection, { index }) =>
          void systems.set(index, await systemFacts(connection, PLATFORMS[spec.platform].asksReboot, run.tools.signal)),
        ...defined({ etcdTls }),
      },
    );
  const found = (await Promise.all([ask("strict"), ask("first-use")])).flat();
  const cutOff = alone && found.length > 0 && !answered;
  return {
    nodes: new Map(found.map((one) => [one.index, { ...one, ...systems.get(one.index) }])),
    ...(cutOff ? { cutOff, note: `${CUT_OFF} ${waysIn(nodes[0]?.id ?? "MACHINE_ID", USER)}` } : {}),
  };
}

// --- internal ---

/** Nothing was booted: a node is up when Azure has made its machine. */
const rehearsed = (provisioning: string | undefined): Pick<NodeReadiness, "state" | "reason"> =>
  provisioning?.toLowerCase() === "creating"
    ? { state: "unreachable", reason: "Azure is still making its machine" }
    : { state: "ready" };

/** Each with the host keys of its machine's tag, or those that were met before. */
function targetsOf(run: Run, reach: Reach, nodes: readonly Asked[]): NodeTarget[] {
  const known = textAt(knownHostsFile(run, reach.spec.name)) ?? "";
  return nodes.map(({ index, privateIp, hostKey }) =>
    knownTarget(nodeTarget(reach, { index, address: privateIp, hostKey }), known),
  );
}
