/**
 * One command on an open SSH connection: its output, its exit code, its time limit. A command that is given up goes on there: sshd ends
 * only what has a terminal; what writes ends by that. It must not print, and must not guess an exit code that never came.
 */
import { defined } from "../core/defined.ts";
import type { Client, ClientChannel } from "ssh2";
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { abortable } from "../engine/abortable.ts";
import { type Limit, limit } from "./deadline.ts";
import { beginning } from "./output-lines.ts";

/** Where commands run. */
export interface SshSession {
  readonly client: Client;
  readonly clock: Clock;
  /** Its name, in messages. */
  readonly node: string;
}

export interface CommandOptions {
  /** Sent to the command; without it, its input is empty. */
  readonly stdin?: string | Uint8Array;
  /** 60 seconds by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ExecOptions extends CommandOptions {
  /** Of each of stdout and stderr; what is more is dropped and `truncated` says so. 4 MiB by default. */
  readonly maxBytes?: number;
}

export interface StreamOptions extends CommandOptions {
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Called once the command runs, with the way to stop its output and let it go on. */
  readonly onFlow?: (flow: Flow) => void;
}

/** While it is paused, the command's time limit stands still: it is we who keep it waiting. */
export interface Flow {
  pause(): void;
  resume(): void;
}

export interface Exit {
  /** null when a signal ended it. */
  readonly code: number | null;
  /** "SIGTERM", ... */
  readonly signal?: string;
}

export interface ExecResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** Runs it and hands on the output as it comes. @throws ClusterError CommandTimeout, ConnectionLost; the signal's reason */
export async function streamCommand({ client, clock, node }: SshSession, command: string, options: StreamOptions): Promise<Exit> {
  const within = limit(clock, options.timeoutMs ?? 60_000, options.signal);
  let channel: ClientChannel | undefined;
  try {
    const run = openCommand(client, node, command).then((opened) => {
      channel = opened.channel;
      if (within.signal.aborted) channel.close();
      // A command that reads nothing closes its end: writing to it is then no error of ours.
      channel.on("error", () => undefined);
      channel.on("data", (chunk: Buffer) => options.onStdout?.(chunk));
      channel.stderr.on("data", (chunk: Buffer) => options.onStderr?.(chunk));
      channel.end(options.stdin ?? "");
      options.onFlow?.(flowOf(opened.channel, within));
      return opened.exit;
    });
    return await abortable(run, within.signal);
  } catch (error) {
    channel?.close();
    if (!within.expired()) throw error;
    throw new ClusterError(
      "CommandTimeout",
      `${node}: the command did not end within ${(options.timeoutMs ?? 60_000) / 1000} s`,
      {
        source: "node",
        exit: EXIT.timeout,
        advice: "Raise the time limit, or look at the node.",
      },
    );
  } finally {
    within.done();
  }
}

/** Runs it and returns what it wrote. */
export async function execCommand(session: SshSession, command: string, options: ExecOptions): Promise<ExecResult> {
  const { maxBytes = 4 << 20 } = options;
  const [stdout, stderr] = [beginning(maxBytes), beginning(maxBytes)];
  const exit = await streamCommand(session, command, { ...options, onStdout: stdout.add, onStderr: stderr.add });
  return {
    ...exit,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: Math.max(stdout.bytes(), stderr.bytes()) > maxBytes,
  };
}

/**
 * A channel to a command that goes on, and how it will end. The listeners are attached in ssh2's own callback: the exit of a
 * quick command is in the same packet as the answer to its start.
 */
export function openCommand(
  client: Client,
  node: string,
  command: string,
): Promise<{ channel: ClientChannel; exit: Promise<Exit> }> {
  return new Promise((resolve, reject) => {
    try {
      client.exec(command, (error, channel) => {
        if (error !== undefined) return reject(lost(node, error));
        const exit = exitOf(channel, node);
        exit.catch(() => undefined); // for those who only want the channel
        resolve({ channel, exit });
      });
    } catch (error) {
      reject(lost(node, error)); // ssh2 throws when the socket is gone
    }
  });
}

const flowOf = (channel: ClientChannel, within: Limit): Flow => ({
  pause() {
    within.pause();
    channel.pause();
    channel.stderr.pause();
  },
  resume() {
    within.resume();
    channel.resume();
    channel.stderr.resume();
  },
});

/** ssh2 emits `close` after all output was read; without `exit` before it, the connection was lost. */
function exitOf(channel: ClientChannel, node: string): Promise<Exit> {
  return new Promise((resolve, reject) => {
    let exit: Exit | undefined;
    channel.on("exit", (code: number | null, signal?: string) => {
      exit = { code, ...defined({ signal }) };
    });
    channel.on("close", () => (exit === undefined ? reject(lost(node)) : resolve(exit)));
  });
}

export const lost = (node: string, cause?: unknown): ClusterError =>
  new ClusterError("ConnectionLost", `${node}: the SSH connection was lost`, {
    source: "node",
    advice: "The node may be rebooting: try again.",
    ...defined({ cause }),
  });
