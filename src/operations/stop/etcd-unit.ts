/**
 * etcd's unit on nodes that run, ended before their machines are deallocated, and started where it was ended and the machine was not. As
 * well as may be: a machine that shuts down ends its etcd too, and one that starts starts it.
 */
import { ClusterError } from "../../core/errors.ts";
import { PLATFORMS } from "../../core/plan/platforms.ts";
import { hasEtcd } from "../../core/plan/tags.ts";
import { firstLine, sudo } from "../../nodes/as-root.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { onNode } from "../cluster/node-connection.ts";
import { reachFound } from "../cluster/reach-nodes.ts";
import type { Run } from "../run.ts";

/** @param nodes indexes of those whose machines run */
export async function tellEtcd(run: Run, cluster: Cluster, nodes: ReadonlySet<number>, what: "stop" | "start"): Promise<void> {
  if (run.simulated || nodes.size === 0) return;
  try {
    const { spec, claim, nodes: targets, lacking } = await reachFound(run, cluster);
    if (!hasEtcd(claim.choices)) return;
    if (lacking !== undefined) throw lacking;
    const unit = PLATFORMS[spec.platform].etcd.unit;
    const members = targets.filter(({ index, role }) => nodes.has(index) && role === "member");
    run.changesNodes();
    await Promise.all(
      members.map((target) => tell(run, target, [what, ...(what === "start" ? ["--no-block"] : []), unit].join(" "))),
    );
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    if (what === "stop") run.say(`etcd was not ended first: ${error.message}. Azure shuts the machines down, and that ends it.`);
  }
}

// --- internal ---

const ENDS_MS = 90_000;

async function tell(run: Run, target: NodeTarget, command: string): Promise<void> {
  try {
    const { code, stderr } = await onNode(run, target, (connection) =>
      connection.exec(`${sudo(target)}systemctl ${command}`, { timeoutMs: ENDS_MS }),
    );
    if (code !== 0) throw new ClusterError("EtcdNotTold", firstLine(stderr), { source: "node" });
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    // what a connection fails with names the node itself
    const where = error.message.startsWith(target.name) ? "" : `${target.name}: `;
    run.say(`${where}${error.message}; so it could not be told: systemctl ${command}`);
  }
}
