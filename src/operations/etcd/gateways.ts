/**
 * A node that is no member of etcd reaches those that were members when it was made: their addresses stand in its user-data. It is told of
 * today's when members have come, and before members go, or nothing on it reaches etcd any more. What it cannot be told is said: nothing
 * else depends on it.
 */
import { groupFlag } from "../../core/spec/in-group.ts";
import { type Node, type PlannedNode, names } from "../../core/plan/cluster.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { ClusterError } from "../../core/errors.ts";
import { asRoot, firstLine } from "../../nodes/as-root.ts";
import type { Connection } from "../../nodes/connection.ts";
import { semaphore } from "../../nodes/semaphore.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import { onNode } from "../cluster/node-connection.ts";
import { type Reach, nodeTarget } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";
import type { Joining } from "./joining.ts";

/**
 * Tells those of these nodes that are no members, each through a connection of its own. The platform's own way may be another.
 * @param members those that stay; @throws only the signal's reason
 */
export async function tellGateways(run: Run, reach: Reach, nodes: readonly Node[], members: readonly Node[]): Promise<void> {
  if (members.length === 0 || !tellable(reach)) return;
  const room = semaphore(20);
  await Promise.all(
    gatewaysOf(reach, nodes).map((node) =>
      room.run(async () => {
        const target = nodeTarget(reach, node);
        try {
          await onNode(run, target, (connection) => tell(connection, members), { timeoutMs: TELL_MS });
        } catch (error) {
          run.tools.signal.throwIfAborted();
          untold(run, reach, node, error);
        }
      }),
    ),
  );
}

/** Tells the gateways that were there before, at their login. */
export interface GatewayTeller {
  /** Waits for the nodes that join. @throws ClusterError GatewayNotTold, what exec throws */
  whenLoggedIn(connection: Connection, target: NodeTarget): Promise<void>;
  /** Says which of them could not be told of members that have come. */
  tell(): Promise<void>;
}

/** Also where nobody joins now: an earlier run may have ended before it told them. */
export function gatewayTeller(run: Run, reach: Reach, nodes: readonly PlannedNode[], joining: Joining): GatewayTeller {
  // those that are made now are told by their user-data
  const before = nodes.filter(({ userData }) => userData === "");
  const left = new Map((tellable(reach) ? gatewaysOf(reach, before) : []).map((node) => [node.index, node]));
  const refused = new Map<number, Error>();
  return {
    async whenLoggedIn(connection, { index }) {
      if (!left.has(index)) return;
      const members = await joining.members();
      if (members.length === 0) return;
      try {
        await tell(connection, members);
        left.delete(index);
      } catch (error) {
        refused.set(index, error as Error);
        throw error;
      }
    },
    async tell() {
      const came = (await joining.members()).some(({ index }) => joining.has(index));
      for (const [index, node] of left)
        if (came || refused.has(index)) untold(run, reach, node, refused.get(index) ?? new Error("it was not logged in to"));
    },
  };
}

/** A drop-in after those of the user-data, which are written anew at every boot. A node without the unit has another way to etcd, or none. */
export function gatewayScript(endpoints: readonly string[], folder = "/etc/systemd/system"): string {
  const unit = `${folder}/etcd-gateway.service`;
  const own = `${unit}.d/50-members.conf`;
  return [
    `line=$(cat ${own} ${unit} 2>/dev/null | grep -m1 '^ExecStart=.* --endpoints=') || exit 0`,
    `new=$(printf '%s\\n' "$line" | sed 's/ --endpoints=[^ ]*/ --endpoints=${endpoints.join(",")}/')`,
    `if [ "$line" = "$new" ]; then exit 0; fi`,
    `mkdir -p ${unit}.d`,
    `printf '[Service]\\nExecStart=\\n%s\\n' "$new" >${own}.new`,
    `mv ${own}.new ${own}`,
    "systemctl daemon-reload",
    "systemctl restart --no-block etcd-gateway.service",
  ].join("\n");
}

// --- internal ---

/** One that is not there any more is not waited for. */
const TELL_MS = 15_000;

const tellable = ({ spec }: Reach): boolean => PLATFORMS[spec.platform].etcd.membership === "v3";

const gatewaysOf = <T extends Node>({ choices }: Reach, nodes: readonly T[]): T[] =>
  nodes.filter(({ index }) => !choices.members.has(index));

async function tell(connection: Connection, members: readonly Node[]): Promise<void> {
  const script = gatewayScript(members.map(({ address }) => `${address}:2379`));
  const { code, stderr } = await asRoot(connection, script, [], { timeoutMs: TELL_MS });
  if (code !== 0) throw new ClusterError("GatewayNotTold", `${connection.target.name}: ${firstLine(stderr)}`);
}

function untold(run: Run, { spec, group }: Reach, node: Node, error: unknown): void {
  if (!(error instanceof Error)) throw error;
  const name = names.machine(spec, node.index);
  const inGroup = groupFlag(spec.name, group);
  run.emit({
    kind: "note",
    id: `etcd/${name}`,
    label: "etcd",
    ...(error instanceof ClusterError ? { code: error.code } : {}),
    message: `${name} was not told of etcd's members of today (${error.message}), and loses etcd with the last of those that it knows. \`azure-coreos-cluster ${spec.name}${inGroup}\` tells it when it answers; \`azure-coreos-cluster replace ${spec.name} ${node.index}${inGroup}\` makes it anew.`,
  });
}
