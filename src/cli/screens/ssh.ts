/**
 * ssh: a login to one node, or one command there, by OpenSSH with the cluster's own known_hosts. Where OpenSSH is not installed a
 * command runs all the same, over the ssh2 package.
 */
import { defined } from "../../core/defined.ts";
import { ClusterError } from "../../core/errors.ts";
import { type LoginOptions, login, sshArguments } from "../../nodes/login.ts";
import { runRaw } from "../../nodes/run.ts";
import { type ShownOutput, shownOutput } from "../../nodes/shown-output.ts";
import { keepHops } from "../../operations/cluster/way.ts";
import { type SshLogin, sshLogin } from "../../operations/ssh.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { type Session, inSession } from "../session.ts";
import { NO_LIMIT_MS, childSignal } from "../child-signal.ts";
import type { Output, World } from "../world.ts";
import { inGroup } from "../../core/spec/in-group.ts";

/** Gives the exit code of what ran on the node; 255 when ssh could not get there. */
export async function sshCommand(invocation: Invocation): Promise<number> {
  const { world, args, rest, given } = invocation;
  return inSession(invocation, async (session) => {
    const where = inGroup(given);
    const found = await sshLogin(session, nameArgument(invocation), args[1], where);
    const { target, knownHosts, identityFile, trust, jump } = found;
    // as ssh itself does: the words are one line for the shell there
    const command = rest.length === 0 ? undefined : rest.join(" ");
    const options: LoginOptions = {
      knownHosts,
      identityFile,
      trust,
      ...defined({ jump }),
      flags: invocation.passed ?? [],
      ...(command === undefined ? {} : { command, output: outputOf(world) }),
    };
    const until = childSignal(session, { timeCounts: command !== undefined && given.timeout !== undefined });
    try {
      const code = await (world.spawn === undefined
        ? login(target, { ...options, signal: until.signal })
        : world.spawn("ssh", sshArguments(target, options), until.signal));
      until.signal.throwIfAborted();
      // OpenSSH may know a way to a hop that we do not
      if (code !== 255) await keepHops(session, nameArgument(invocation));
      // ssh's own word for "not there"; a command's exit code may be the same
      if (code === 255 && found.unreached !== undefined) session.say(found.unreached);
      return code;
    } catch (error) {
      const missing = error instanceof ClusterError && error.code === "SshProgramMissing";
      if (!missing || command === undefined || !found.usable || invocation.passed?.length) throw error;
      return await withoutOpenSsh(session, found, command, until.signal);
    } finally {
      until.over();
    }
  });
}

// --- internal ---

async function withoutOpenSsh(
  { world }: Session,
  { target, trust }: SshLogin,
  command: string,
  signal: AbortSignal,
): Promise<number> {
  const [out, err] = [streamOf(world.stdout), streamOf(world.stderr)];
  const exit = await runRaw(target, command, {
    clock: world.clock,
    signal,
    timeoutMs: NO_LIMIT_MS,
    trust,
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
