/** run: one command on every node at once, over the ssh2 package; its output labelled and in the order of the nodes. */
import { usageError } from "../core/errors.ts";
import { FLAGS } from "../core/spec/flags.ts";
import { runOnAll } from "../nodes/run.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { learnHostKeys, reachNodes } from "../operations/cluster/reach-nodes.ts";
import { nodeLines } from "./node-lines.ts";
import { openSession } from "./session.ts";

/** The exit code is the worst of the nodes': 255 for one that was not reached, 124 for one that ran out of time. */
export async function run(invocation: Invocation): Promise<number> {
  const { world, given, args, rest } = invocation;
  if (rest.length === 0)
    throw usageError("run needs a command", `For example: azure-coreos-cluster run ${args[0] ?? "NAME"} -- uptime`);
  const session = await openSession(invocation);
  try {
    const cluster = await reachNodes(session, nameArgument(invocation), given.resourceGroup);
    const { spec } = cluster;
    if (cluster.lacking !== undefined) throw cluster.lacking;
    const { nodes } = await learnHostKeys(session, cluster);
    const width = Math.max(...nodes.map(({ name }) => name.length));
    const command = rest.join(" ");
    const result = await runOnAll(nodes, command, {
      // a node's time limit may be longer than that of other commands
      clock: given.timeout === undefined ? world.clock : session.clock,
      signal: AbortSignal.any([session.stop, session.tools.signal]),
      timeoutMs: given.nodeTimeout ?? FLAGS.nodeTimeout.default,
      trust: "strict",
      ...(given.json === true ? {} : { keepBytes: 0, onLine: nodeLines(world, width) }),
    });
    if (given.json === true)
      world.stdout.write(`${JSON.stringify({ schema: "azure-coreos-cluster/run/1", name: spec.name, command, ...result })}\n`);
    return result.exit;
  } finally {
    await session.close();
  }
}
