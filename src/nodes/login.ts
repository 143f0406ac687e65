/**
 * An interactive login is OpenSSH's business: it knows terminals, agents and the user's configuration. This gives it the
 * node's address, key and expected host key, and hands the terminal over. What a single command writes to a terminal goes through us.
 */
import { sshOptions, type Trust } from "../core/ssh-options.ts";
import { spawn } from "node:child_process";
import { ClusterError } from "../core/errors.ts";
import { endOf } from "./child.ts";
import type { ShownOutput } from "./shown-output.ts";
import type { NodeTarget } from "./target.ts";

export interface LoginOptions {
  /** Path of the cluster's known_hosts. */
  readonly knownHosts: string;
  /** Path of the private key. */
  readonly identityFile: string;
  /** Through jump hosts: a configuration that has them, and the name that it gives the last one. */
  readonly jump?: { readonly configFile: string; readonly last: string };
  /** As one word for the remote shell; absent for an interactive login. */
  readonly command?: string;
  /** "first-use" accepts a key that is not known yet, and only then. */
  readonly trust?: Trust;
  /** ssh's own, such as -L 8080:localhost:80; what is said above counts all the same. */
  readonly flags?: readonly string[];
  /** Takes what the command writes, stream by stream; without it, ssh writes to ours itself. */
  readonly output?: { readonly stdout?: ShownOutput; readonly stderr?: ShownOutput };
  /** Ends ssh. */
  readonly signal?: AbortSignal;
}

/** Arguments of ssh(1). The user's own ssh_config still applies to what is not named here. */
export function sshArguments(target: NodeTarget, options: LoginOptions): string[] {
  const set = (name: string, value: string): string[] => ["-o", `${name}=${value}`];
  const { jump } = options;
  return [
    ...(jump === undefined ? [] : ["-F", jump.configFile]),
    ...sshOptions({
      port: target.port,
      user: target.user,
      identityFile: options.identityFile,
      knownHostsFile: options.knownHosts,
      trust: options.trust ?? "strict",
      proxyJump: jump?.last,
    }).flatMap(([name, value]) => set(name, value)),
    // a command has no terminal, as with ssh itself, whatever the user's configuration asks for: what it writes is shown, not obeyed
    ...(options.output?.stdout === undefined ? [] : set("RequestTTY", "no")),
    ...(options.flags ?? []),
    // after the user's own: ssh takes the first that it hears. A server that takes the connection and says nothing is given up by this, too
    ...set("ConnectTimeout", String(CONNECT_SECONDS)),
    "--",
    target.host,
    ...(options.command === undefined ? [] : [options.command]),
  ];
}

/** Hands the terminal over to ssh. Resolves with its exit code. @throws ClusterError SshProgramMissing; the signal's reason */
export async function login(target: NodeTarget, options: LoginOptions, program = "ssh"): Promise<number> {
  const { signal, output: { stdout, stderr } = {} } = options;
  const child = spawn(program, sshArguments(target, options), {
    stdio: ["inherit", stdout === undefined ? "inherit" : "pipe", stderr === undefined ? "inherit" : "pipe"],
  });
  child.stdout?.on("data", (chunk: Buffer) => stdout?.add(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr?.add(chunk));
  try {
    return await endOf(child, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ClusterError("SshProgramMissing", `${program} could not be started`, {
      source: "user",
      advice: "Install OpenSSH's client (Debian: apt-get install openssh-client), or run a command: ssh NAME -- CMD.",
      cause,
    });
  } finally {
    for (const stream of [stdout, stderr]) stream?.end();
  }
}

// --- internal ---

/** As long as `run` tries to log in to a node. */
const CONNECT_SECONDS = 20;
