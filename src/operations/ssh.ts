/** ssh: what a login to one node needs: which one, its host key, and with which key or agent. */
import { join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { canLogIn } from "../nodes/identity.ts";
import type { NodeTarget } from "../nodes/target.ts";
import { clusterFolder } from "../prepare/cluster-folder.ts";
import { PUBLIC } from "../prepare/kept-file.ts";
import { nodeNamed } from "./cluster/node-name.ts";
import { type ReachedCluster, reachNodes } from "./cluster/reach-nodes.ts";
import { replaceFile } from "./replace-file.ts";
import type { Run } from "./run.ts";

export interface SshLogin {
  readonly target: NodeTarget;
  /** The cluster's own known_hosts. */
  readonly knownHosts: string;
  /** The private key, or a public one whose private half the agent is asked for. */
  readonly identityFile: string;
  readonly trust: "strict" | "first-use";
  /** There is a key or an agent that our own client could log in with, too. */
  readonly usable: boolean;
}

/**
 * @param node index or name; without it node 0, or the first that there is
 * @throws ClusterError what reachNodes throws, NodeNotFound (exit 2)
 */
export async function sshLogin(
  run: Run,
  name: string,
  node: string | undefined,
  { resourceGroup }: { readonly resourceGroup?: string } = {},
): Promise<SshLogin> {
  const cluster = await reachNodes(run, name, resourceGroup);
  const target = chosen(cluster, node);
  return {
    target,
    knownHosts: cluster.knownHosts,
    identityFile: cluster.key.privateKeyFile ?? (await publicHalf(run, cluster)),
    trust: target.hostKeys.length === 0 ? "first-use" : "strict",
    usable: canLogIn(cluster.identity),
  };
}

// --- internal ---

function chosen({ spec, nodes }: ReachedCluster, word: string | undefined): NodeTarget {
  const index = word === undefined ? (nodes[0]?.index ?? 0) : nodeNamed(spec, word);
  const node = nodes.find((one) => one.index === index);
  if (node !== undefined) return node;
  throw new ClusterError("NodeNotFound", `${spec.name} has no node ${index}`, {
    exit: EXIT.usage,
    advice: `It has ${nodes.map((one) => one.index).join(", ")}.`,
  });
}

/** An identity file may hold a public key: ssh then takes the private one from the agent. */
async function publicHalf(run: Run, { spec, key }: ReachedCluster): Promise<string> {
  const file = join(await clusterFolder(run.dir, spec.name), "ssh-key.pub");
  await replaceFile(file, `${key.publicKey}\n`, PUBLIC);
  for (const note of key.notes) run.say(note);
  return file;
}
