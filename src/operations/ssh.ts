/** ssh: what a login to one node needs: which one, its host key, and with which key or agent. */
import { defined } from "../core/defined.ts";
import { join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { canLogIn } from "../nodes/identity.ts";
import { hopAlias, hopBlocks } from "../core/outputs.ts";
import type { LoginOptions } from "../nodes/login.ts";
import { type NodeTarget, trustOf } from "../nodes/target.ts";
import { clusterFolder } from "../prepare/cluster-folder.ts";
import { PRIVATE, PUBLIC, textAt } from "../prepare/kept-file.ts";
import { nodeNamed, nodeAt } from "./cluster/node-name.ts";
import { lastingFileOf } from "./cluster/private-key.ts";
import { type ReachedCluster, notInside, reachNodes } from "./cluster/reach-nodes.ts";
import { hopKeyFiles, hopsTo } from "./cluster/way.ts";
import { sshFolder } from "./files/own-path.ts";
import { replaceFile } from "./files/replace-file.ts";
import type { Run } from "./run.ts";
import type { Trust } from "../core/ssh-options.ts";
import type { InGroup } from "../core/spec/in-group.ts";
import { FOLDER_FILES } from "../prepare/folder-files.ts";

export interface SshLogin {
  readonly target: NodeTarget;
  /** The cluster's own known_hosts. */
  readonly knownHosts: string;
  /** The private key, or a public one whose private half the agent is asked for. */
  readonly identityFile: string;
  readonly trust: Trust;
  readonly jump?: LoginOptions["jump"] & {};
  /** What to say when ssh could not get there. */
  readonly unreached?: string;
  /** There is a key or an agent that our own client could log in with, too. */
  readonly usable: boolean;
}

/**
 * @param node index or name; without it node 0, or the first that there is
 * @throws ClusterError what reachNodes throws, NodeNotFound (exit 2), PrivateKeyMissing (exit 1)
 */
export async function sshLogin(
  run: Run,
  name: string,
  node: string | undefined,
  { resourceGroup }: InGroup = {},
): Promise<SshLogin> {
  const cluster = await reachNodes(run, name, resourceGroup);
  const target = chosen(cluster, node);
  run.changesNodes();
  const [jump, unreached] = await Promise.all([jumpConfig(run, cluster), notInside(run, cluster)]);
  return {
    target,
    knownHosts: cluster.knownHosts,
    identityFile: lastingFileOf(cluster.key) ?? (await publicHalf(run, cluster)),
    ...defined({ jump, unreached }),
    trust: trustOf(target),
    usable: canLogIn(cluster.identity),
  };
}

// --- internal ---

/** ssh is given the hops in a file, with the keys and known_hosts that are theirs; what the user's own configuration says still counts. */
async function jumpConfig(run: Run, { spec, key, knownHosts }: ReachedCluster): Promise<LoginOptions["jump"]> {
  const hops = hopsTo(run, spec.name);
  if (hops.length === 0) return undefined;
  const jump = { cluster: spec.name, hops, keyFiles: hopKeyFiles(run, key.privateKeyFile) };
  const own = ["Match all", "  Include ~/.ssh/config", "  Include /etc/ssh/ssh_config", ""].join("\n");
  const configFile = join(await clusterFolder(run.dir, spec.name), FOLDER_FILES.jumpConfig);
  await replaceFile(configFile, [...hopBlocks(jump, knownHosts), own].join("\n"), PUBLIC);
  return { configFile, last: hopAlias(jump, hops.length - 1) };
}

function chosen({ spec, nodes, astray }: ReachedCluster, word: string | undefined): NodeTarget {
  const index = word === undefined ? (nodes[0]?.index ?? 0) : nodeNamed(spec, word);
  return nodeAt(spec, nodes, astray, index);
}

/**
 * An identity file may hold a public key: ssh then takes the private one from the agent.
 * @throws ClusterError PrivateKeyMissing: no agent has it; SshKeyUnreadable: it came out of a pipe
 */
async function publicHalf(run: Run, { spec, key, lacking }: ReachedCluster): Promise<string> {
  if (key.privateKeyFile !== undefined)
    throw new ClusterError(
      "SshKeyUnreadable",
      `ssh reads the key itself, and ${key.privateKeyFile} is a pipe, which gives it once`,
      {
        exit: EXIT.usage,
        advice: "Name a file with --ssh-key, or leave it out and give the key to your agent: ssh-add FILE",
      },
    );
  if (lacking !== undefined) {
    if (!hasOwnAgent(run)) throw lacking;
    for (const note of key.notes) run.say(note);
  }
  const file = join(await clusterFolder(run.dir, spec.name), FOLDER_FILES.publicKey);
  // where no agent has it, ssh takes it for a private key, and warns of one that others may read
  await replaceFile(file, `${key.publicKey}\n`, PRIVATE);
  return file;
}

/** The user's ssh asks somebody whom we do not know: SSH_AUTH_SOCK is not all. */
function hasOwnAgent({ outside }: Run): boolean {
  const folder = sshFolder(outside.env);
  return folder !== undefined && /^\s*(IdentityAgent|PKCS11Provider)\b/im.test(textAt(join(folder, "config")) ?? "");
}
