/** kubeconfig on a terminal: where the file is and what opens the way; with a command after --, that command with a way of its own. */
import { defined } from "../../core/defined.ts";
import { spawn } from "node:child_process";
import { ClusterError, EXIT, usageError } from "../../core/errors.ts";
import { schemaUri } from "../../core/schema-uri.ts";
import { endOf } from "../../nodes/child.ts";
import { API_PORT, keepKubeconfig, withKubeconfig } from "../../operations/platform/kubeconfig.ts";
import { type Invocation, nameArgument } from "../invocation.ts";
import { type Session, inSession } from "../session.ts";
import { NO_LIMIT_MS, childSignal } from "../child-signal.ts";
import { inGroup } from "../../core/spec/in-group.ts";

export async function kubeconfigCommand(invocation: Invocation): Promise<number> {
  const { given, world, rest } = invocation;
  const name = nameArgument(invocation);
  const where = inGroup(given);
  return inSession(
    rest.length === 0 ? invocation : { ...invocation, given: { timeout: NO_LIMIT_MS, ...given } },
    async (session) => {
      if (rest.length > 0) {
        if (session.simulated) throw usageError("no machine was booted: there is no API to talk to", "Leave the command out.");
        return await withKubeconfig(session, name, (file) => runWith(session, invocation, file), where);
      }
      const { file, server, through } = await keepKubeconfig(session, name, where);
      const tunnel =
        through === undefined ? undefined : `${session.next(`ssh ${name} ${through}`)} -L ${API_PORT}:127.0.0.1:${API_PORT} -N`;
      session.hand({
        $schema: schemaUri("kubeconfig"),
        schema: "azure-coreos-cluster/kubeconfig/1",
        name,
        file,
        server,
        ...defined({ tunnel }),
      });
      if (given.json !== true) world.stdout.write(`${file}\n`);
      session.say(
        tunnel === undefined
          ? `It reaches the API at ${server}. export KUBECONFIG=${file}`
          : `It reaches the API through a tunnel, in another window: ${tunnel}\nOr for one command: ${session.next(`kubeconfig ${name}`)} -- kubectl get nodes`,
      );
      return EXIT.done;
    },
  );
}

// --- internal ---

async function runWith(session: Session, { given, rest: [program = "", ...args] }: Invocation, file: string): Promise<number> {
  const { world } = session;
  // whatever it is
  session.changesNodes();
  const { signal, over } = childSignal(session, { timeCounts: given.timeout !== undefined });
  const child = spawn(program, args, { stdio: "inherit", cwd: world.cwd, env: { ...world.env, KUBECONFIG: file } });
  try {
    return await endOf(child, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new ClusterError("ProgramMissing", `${program} could not be started`, {
      advice: `Without it: \`azure-coreos-cluster ssh NAME -- sudo k3s kubectl get nodes\`.`,
      cause,
    });
  } finally {
    over();
  }
}
