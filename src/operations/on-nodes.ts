/** run: one command on every node at once, over SSH. */
import type { RunDocument } from "../core/documents.ts";
import { FLAGS } from "../core/spec/flags.ts";
import { schemaUri } from "../core/schema-uri.ts";
import type { OutputLine } from "../nodes/output-lines.ts";
import { runOnAll } from "../nodes/run.ts";
import { sayAstray } from "./cluster/astray.ts";
import { learnHostKeys, notInside, reachNodes } from "./cluster/reach-nodes.ts";
import type { Run } from "./run.ts";

export interface OnNodesOptions {
  readonly resourceGroup?: string;
  /** For each node, login and all, in milliseconds; 5 minutes when left out. */
  readonly nodeTimeout?: number;
  /** The run's own time limit does not end a node's: for a caller who gave none. */
  readonly withoutDeadline?: boolean;
  /**
   * Called once the nodes are known, with their names: what it returns gets their output, line by line and in the order of the nodes.
   * Without it the output is kept for the document.
   */
  readonly onLines?: (nodes: readonly string[]) => (line: OutputLine) => void;
}

/**
 * The exit code is the worst of the nodes': 255 for one that was not reached, 124 for one that ran out of time.
 * @throws ClusterError what reachNodes throws, PrivateKeyMissing (exit 1)
 */
export async function onNodes(run: Run, name: string, command: string, options: OnNodesOptions = {}): Promise<RunDocument> {
  const cluster = await reachNodes(run, name, options.resourceGroup);
  if (cluster.lacking !== undefined) throw cluster.lacking;
  sayAstray(run, cluster.astray);
  const { nodes } = await learnHostKeys(run, cluster);
  const onLine = options.onLines?.(nodes.map((node) => node.name));
  // whatever it is
  run.changesNodes();
  const result = await runOnAll(nodes, command, {
    clock: options.withoutDeadline === true ? run.outside.clock : run.clock,
    signal: AbortSignal.any([run.stop, run.tools.signal]),
    timeoutMs: options.nodeTimeout ?? FLAGS.nodeTimeout.default,
    trust: "strict",
    ...(onLine === undefined ? {} : { keepBytes: 0, onLine }),
  });
  if (result.nodes.every(({ error }) => error !== undefined && UNREACHED.has(error.code))) {
    const how = await notInside(run, cluster);
    if (how !== undefined) run.say(how);
  }
  return { $schema: schemaUri("run"), schema: "azure-coreos-cluster/run/1", name: cluster.spec.name, command, ...result };
}

// --- internal ---

const UNREACHED = new Set(["SshTimeout", "SshUnreachable"]);
