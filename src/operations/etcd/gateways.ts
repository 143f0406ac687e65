/**
 * A node that is no member of etcd reaches those that were members when it was made: their addresses stand in its user-data. Before they are
 * gone it is told of those that stay, or nothing on it reaches etcd any more. What it cannot be told is said: nothing else depends on it.
 */
import { type Node, names } from "../../core/plan/cluster.ts";
import { ClusterError } from "../../core/errors.ts";
import { asRoot, firstLine } from "../../nodes/as-root.ts";
import { withConnection } from "../../nodes/connection.ts";
import { semaphore } from "../../nodes/semaphore.ts";
import { trustOf } from "../../nodes/target.ts";
import { type Reach, nodeTarget } from "../cluster/node-target.ts";
import type { Run } from "../run.ts";

/** @param members those that stay; @throws only the signal's reason */
export async function tellGateways(
  run: Run,
  reach: Reach,
  gateways: readonly Node[],
  members: readonly Pick<Node, "address">[],
): Promise<void> {
  const room = semaphore(20);
  const script = gatewayScript(members.map(({ address }) => `${address}:2379`));
  await Promise.all(gateways.map((node) => room.run(() => tell(run, reach, node, script))));
}

/** A drop-in after those of the user-data, which are written anew at every boot. A node without the unit has another way to etcd, or none. */
export function gatewayScript(endpoints: readonly string[], folder = "/etc/systemd/system"): string {
  const unit = `${folder}/etcd-gateway.service`;
  const own = `${unit}.d/50-members.conf`;
  return [
    `line=$(grep -m1 '^ExecStart=.* --endpoints=' ${unit}) || exit 0`,
    `mkdir -p ${unit}.d`,
    `printf '[Service]\\nExecStart=\\n%s\\n' "$line" | sed 's/ --endpoints=[^ ]*/ --endpoints=${endpoints.join(",")}/' >${own}.new`,
    `if [ "$(cat ${own} 2>/dev/null)" = "$(cat ${own}.new)" ]; then rm ${own}.new; exit 0; fi`,
    `mv ${own}.new ${own}`,
    "systemctl daemon-reload",
    "systemctl restart --no-block etcd-gateway.service",
  ].join("\n");
}

// --- internal ---

/** One that is not there any more is not waited for. */
const TELL_MS = 15_000;

async function tell(run: Run, reach: Reach, node: Node, script: string): Promise<void> {
  const target = nodeTarget(reach, node);
  try {
    const how = { clock: run.clock, signal: run.tools.signal, timeoutMs: TELL_MS, trust: trustOf(target) };
    const { code, stderr } = await withConnection(target, how, (connection) =>
      asRoot(connection, script, [], { timeoutMs: TELL_MS }),
    );
    if (code !== 0) throw new ClusterError("GatewayNotTold", `${target.name}: ${firstLine(stderr)}`);
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    const name = names.machine(reach.spec, node.index);
    run.emit({
      kind: "note",
      id: `etcd/${name}`,
      label: "etcd",
      code: error.code,
      message: `${name} was not told of etcd's members that stay (${error.message}). If it was made before them it reaches none: \`azure-coreos-cluster replace ${reach.spec.name} ${node.index}\` makes it anew.`,
    });
  }
}
