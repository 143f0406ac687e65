/**
 * ssh: a login to one node, or one command there, by OpenSSH with the cluster's own known_hosts. Where OpenSSH is not installed a
 * command runs all the same, over the ssh2 package.
 */
import { canLogIn } from "../nodes/identity.ts";
import { join } from "node:path";
import { ClusterError, EXIT } from "../core/errors.ts";
import { type LoginOptions, login, sshArguments } from "../nodes/login.ts";
import { runRaw } from "../nodes/run.ts";
import { type ShownOutput, shownOutput } from "../nodes/shown-output.ts";
import type { NodeTarget } from "../nodes/target.ts";
import { PUBLIC, clusterFolder } from "../prepare/kept-file.ts";
import { type Invocation, nameArgument } from "./invocation.ts";
import { nodeNamed } from "../operations/cluster/node-name.ts";
import { type ReachedCluster, reachNodes } from "../operations/cluster/reach-nodes.ts";
import { replaceFile } from "../operations/replace-file.ts";
import { type Session, openSession } from "./session.ts";
import type { Output, World } from "./world.ts";

/** Gives the exit code of what ran on the node; 255 when ssh could not get there. */
export async function ssh(invocation: Invocation): Promise<number> {
  const { world, args, rest } = invocation;
  const session = await openSession(invocation);
  try {
    const cluster = await reachNodes(session, nameArgument(invocation), invocation.given.resourceGroup);
    const target = chosen(cluster, args[1]);
    // as ssh itself does: the words are one line for the shell there
    const command = rest.length === 0 ? undefined : rest.join(" ");
    const options: LoginOptions = {
      knownHosts: cluster.knownHosts,
      identityFile: cluster.key.privateKeyFile ?? (await publicHalf(session, cluster)),
      trust: target.hostKeys.length === 0 ? "first-use" : "strict",
      ...(command === undefined ? {} : { command, output: outputOf(world) }),
    };
    try {
      return await (world.spawn === undefined ? login(target, options) : world.spawn("ssh", sshArguments(target, options)));
    } catch (error) {
      const missing = error instanceof ClusterError && error.code === "SshProgramMissing";
      if (!missing || command === undefined || !canLogIn(cluster.identity)) throw error;
      return await withoutOpenSsh(session, target, command);
    }
  } finally {
    await session.close();
  }
}

// --- internal ---

/** The node that was named; without a name node 0, or the first that there is. */
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
async function publicHalf(session: Session, { spec, key }: ReachedCluster): Promise<string> {
  const file = join(await clusterFolder(session.dir, spec.name), "ssh-key.pub");
  await replaceFile(file, `${key.publicKey}\n`, PUBLIC);
  for (const note of key.notes) session.say(note);
  return file;
}

async function withoutOpenSsh({ world, tools }: Session, target: NodeTarget, command: string): Promise<number> {
  const [out, err] = [streamOf(world.stdout), streamOf(world.stderr)];
  const exit = await runRaw(target, command, {
    clock: world.clock,
    signal: tools.signal,
    timeoutMs: LONG,
    trust: target.hostKeys.length === 0 ? "first-use" : "strict",
    onStdout: out.add,
    onStderr: err.add,
  });
  for (const stream of [out, err]) stream.end();
  return exit;
}

/** A command's output goes through us where it would meet a terminal: what is not shown there as it is goes to ssh as it is. */
const outputOf = ({ stdout, stderr }: Pick<World, "stdout" | "stderr">): NonNullable<LoginOptions["output"]> => ({
  ...(stdout.isTTY ? { stdout: shownOutput((text) => stdout.write(text)) } : {}),
  ...(stderr.isTTY ? { stderr: shownOutput((text) => stderr.write(text)) } : {}),
});

const streamOf = (output: Output): ShownOutput =>
  output.isTTY ? shownOutput((text) => output.write(text)) : { add: (chunk) => output.write(chunk), end: () => undefined };

/** ssh itself has no limit; a timer of Node holds 24 days. */
const LONG = 24 * 3_600_000;
