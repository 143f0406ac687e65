/**
 * A platform's cluster grows and shrinks: nodes that came later join k3s, as agents, or as the server that was there in their place; nodes that go are
 * drained and taken out of it first. The first server stays: the gateway's address is its own, and what runs once runs there.
 */
import type { PlatformDocument } from "../../core/documents.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { names } from "../../core/plan/cluster.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { LeaveOptions, Leaving } from "../etcd/leaving.ts";
import type { Run } from "../run.ts";
import { platformDocument, furnish, progress, reachedAt, scriptOf, tokenOf } from "./install.ts";
import { DRAIN_MS, deleteNode, drainNode, listNodes, rows } from "./kubectl.ts";
import { type Installed, openPlatform } from "./reached.ts";
import { JOINING } from "./steps.ts";
import { platformIn } from "./tag.ts";
import { walkSteps } from "./walk.ts";

/** Nodes that are not in k3s yet join it; undefined where none is missing. @throws ClusterError StepFailed, StepLost, TokenMissing (exit 3) */
export async function joinPlatform(
  run: Run,
  name: string,
  resourceGroup: string | undefined,
): Promise<PlatformDocument | undefined> {
  const site = await openPlatform(run, name, resourceGroup);
  const { cluster, access, choices, first } = site;
  try {
    const nodes = await Promise.all(
      cluster.nodes.map(async (target) => ({ target, look: await access.look(target, undefined) })),
    );
    const { done, all } = progress(JOINING, nodes, choices.servers);
    if (done === all) return undefined;
    const script = await scriptOf(run, { access, first, kept: choices }, {});
    await furnish(run, { site, choices, script, nodes, first });
    const walked = await walkSteps(run, JOINING, {
      cluster: name,
      access,
      choices,
      first,
      nodes: cluster.nodes,
      done: new Map(nodes.map(({ target, look }) => [target.index, look.done])),
      reachedAt: reachedAt(site),
      secrets: { token: () => tokenOf(site, first), password: () => Promise.resolve("") },
    });
    return platformDocument(run, "install", { site, choices, walked });
  } finally {
    access.close();
  }
}

/**
 * Those of `going` that are in k3s leave it, one after the other. With `force` what stands in the way is said and passed over.
 * @throws ClusterError FirstServer, ServersLack (exit 5); NodeCommandFailed; what reaching the first server fails with
 */
export async function leavePlatform(
  run: Run,
  { claim, spec, going, groupName }: Leaving & { readonly groupName: string },
  { force = false }: Pick<LeaveOptions, "force"> = {},
): Promise<void> {
  const platform = platformIn(claim.tags);
  if (platform === undefined || going.length === 0) return;
  if (!force) refuseFirstServer({ claim, spec, going });
  if (run.simulated) return;
  try {
    const site = await openPlatform(run, spec.name, groupName);
    try {
      await takeOut(run, site, going);
    } finally {
      site.access.close();
    }
  } catch (error) {
    run.tools.signal.throwIfAborted();
    if (!force || !(error instanceof ClusterError)) throw error;
    run.say(`k3s was not told that they go: ${error.message}`);
  }
}

/** @throws ClusterError FirstServer (exit 5) */
export function refuseFirstServer({ claim, spec, going }: Pick<Leaving, "claim" | "spec" | "going">): void {
  const platform = platformIn(claim.tags);
  if (platform !== undefined && going.includes(platform.first)) throw firstServer(names.machine(spec, platform.first));
}

/**
 * Drains those of `going` that are there, one after the other, and takes them out of k3s; never the first server.
 * @throws ClusterError ServersLack (exit 5): nothing was changed; NodeCommandFailed
 */
export async function takeOut(
  run: Run,
  site: Pick<Installed, "access" | "first" | "choices" | "cluster">,
  going: readonly number[],
): Promise<void> {
  const leaving = site.cluster.nodes.filter(({ index }) => going.includes(index) && index !== site.first.index);
  await refuseMinority(site, leaving);
  run.changesNodes();
  for (const node of leaving) await leave(run, site, node);
}

// --- internal ---

const firstServer = (machine: string): ClusterError =>
  new ClusterError("FirstServer", `${machine} is the platform's first server: its gateway answers at that node's own address`, {
    source: "node",
    exit: EXIT.preflight,
    advice:
      "Nothing was changed. Without it the platform is reached by nobody: `platform uninstall` it first, and install it anew on the nodes that stay.",
  });

/** k3s' etcd votes by majority: those that stay must be one, and whole. */
async function refuseMinority(
  { access, first, choices, cluster }: Parameters<typeof takeOut>[1],
  leaving: readonly NodeTarget[],
): Promise<void> {
  if (!leaving.some(({ index }) => choices.servers.includes(index))) return;
  const isReady = new Set(
    rows(await access.run(first, listNodes)).flatMap(([name = "", ready]) => (ready === "True" ? [name] : [])),
  );
  const servers = cluster.nodes.filter(({ index }) => choices.servers.includes(index));
  const staying = servers.filter((node) => !leaving.includes(node));
  const alive = staying.filter(({ name }) => isReady.has(name)).length;
  if (alive > servers.length / 2 || (servers.length <= 2 && alive > 0)) return;
  throw new ClusterError("ServersLack", `${alive} of ${servers.length} k3s servers would be left and ready: no majority`, {
    source: "node",
    exit: EXIT.preflight,
    advice: "Nothing was changed. Take fewer servers at once, or mend those that are not ready first (`platform status`).",
  });
}

async function leave(run: Run, { access, first }: Pick<Installed, "access" | "first">, node: NodeTarget): Promise<void> {
  const about = { id: `k3s/${node.name}`, label: `k3s node ${node.name}`, node: node.index };
  run.emit({ ...about, kind: "started", detail: "drained" });
  // what cannot go elsewhere goes with it: the machine is to be deleted
  await access.run(first, drainNode(node.name), DRAIN_MS + 30_000).catch((error: unknown) => {
    run.tools.signal.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    run.emit({ kind: "note", id: about.id, label: about.label, message: `${node.name} was not drained whole: ${error.message}` });
  });
  await access.run(first, deleteNode(node.name));
  run.emit({ ...about, kind: "done", change: "deleted" });
}
