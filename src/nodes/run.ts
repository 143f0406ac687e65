/**
 * One command on all nodes at once. Output comes in the order of the nodes: the first one's lines at once, the others' as soon
 * as all before them have ended, so that the output of two runs can be compared. One node's failure is its exit code, and
 * stops no other.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { connect } from "./connection.ts";
import { semaphore } from "./semaphore.ts";
import { lineSplitter, type OutputLine } from "./output-lines.ts";
import type { NodeTarget } from "./target.ts";

export interface RunOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** 20 by default. */
  readonly concurrency?: number;
  /** For the command on each node; 60 seconds by default. */
  readonly timeoutMs?: number;
  readonly trust?: "strict" | "first-use";
  /** In node order. */
  readonly onLine?: (line: OutputLine) => void;
}

export interface NodeRun {
  readonly index: number;
  readonly name: string;
  /** The command's, or 255 without a connection (as ssh), 124 after the time limit (as timeout), 128 + n after signal n. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RunResult {
  /** The worst of the nodes'. */
  readonly exit: number;
  readonly nodes: readonly NodeRun[];
}

/** The result is what `--json` prints. @throws only the signal's reason */
export async function runOnAll(targets: readonly NodeTarget[], command: string, options: RunOptions): Promise<RunResult> {
  const order = targets.toSorted((a, b) => a.index - b.index);
  const room = semaphore(options.concurrency ?? 20);
  const waiting = order.map((): OutputLine[] => []);
  const ended = order.map(() => false);
  let front = 0;
  const print = (position: number, line: OutputLine): void => {
    if (position === front) options.onLine?.(line);
    else waiting[position]?.push(line);
  };
  const finish = (position: number): void => {
    ended[position] = true;
    while (front < order.length && ended[front] === true) {
      front++;
      for (const line of waiting[front]?.splice(0) ?? []) options.onLine?.(line);
    }
  };
  const nodes = await Promise.all(
    order.map((target, position) =>
      room.run(async () => {
        try {
          return await runOnOne(target, command, options, (line) => print(position, line));
        } finally {
          finish(position);
        }
      }),
    ),
  );
  return { exit: nodes.reduce((worst, { code }) => Math.max(worst, code), 0), nodes };
}

async function runOnOne(
  target: NodeTarget,
  command: string,
  options: RunOptions,
  onLine: (line: OutputLine) => void,
): Promise<NodeRun> {
  const { clock, signal } = options;
  signal?.throwIfAborted();
  const { index, name } = target;
  const stdout = lineSplitter((text) => onLine({ index, name, stream: "stdout", text }));
  const stderr = lineSplitter((text) => onLine({ index, name, stream: "stderr", text }));
  const all = (): { stdout: string; stderr: string } => ({ stdout: stdout.end(), stderr: stderr.end() });
  let connection;
  try {
    connection = await connect(target, { clock, trust: options.trust ?? "strict", ...(signal && { signal }) });
    const { code, signal: by } = await connection.stream(command, {
      timeoutMs: options.timeoutMs ?? 60_000,
      ...(signal && { signal }),
      onStdout: (chunk) => stdout.add(chunk),
      onStderr: (chunk) => stderr.add(chunk),
    });
    return { index, name, code: code ?? 128 + (SIGNALS[by ?? ""] ?? 0), ...all() };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    const output = all();
    onLine({ index, name, stream: "stderr", text: error.message });
    const code = error.code === "CommandTimeout" ? 124 : 255;
    return { index, name, code, ...output, error: { code: error.code, message: error.message } };
  } finally {
    connection?.close();
  }
}

/** Those that end commands; sshd names a signal, not its number. */
const SIGNALS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
