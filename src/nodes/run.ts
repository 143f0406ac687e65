/**
 * One command on all nodes at once. Output comes in the order of the nodes: the first one's lines at once, the others' as soon
 * as all before them have ended, so that the output of two runs can be compared. One node's failure is its exit code, and
 * stops no other. Memory does not grow with what the nodes print.
 */
import { defined } from "../core/defined.ts";
import type { NodeRun, RunResult } from "../core/documents.ts";
import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import type { Exit, StreamOptions } from "./command.ts";
import { connect, type Connection } from "./connection.ts";
import { inOrder } from "./in-order.ts";
import { beginning, lineSplitter, type OutputLine } from "./output-lines.ts";
import { semaphore } from "./semaphore.ts";
import type { NodeTarget } from "./target.ts";
import type { Trust } from "../core/ssh-options.ts";

export interface RunOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** 20 by default. */
  readonly concurrency?: number;
  /** For each node, from the connection to the command's end; 60 seconds by default. */
  readonly timeoutMs?: number;
  readonly trust?: Trust;
  /** In node order. */
  readonly onLine?: (line: OutputLine) => void;
  /** How much of each of stdout and stderr the result keeps; see keptBytes, the default. */
  readonly keepBytes?: number;
}

/** A MiB of each stream, less where the nodes are many: 128 MiB in all, and never under 64 KiB. */
const keptBytes = (nodes: number): number => Math.min(1 << 20, Math.max(64 << 10, Math.floor((64 << 20) / nodes)));

/** The result is what `--json` prints. @throws only the signal's reason */
export async function runOnAll(targets: readonly NodeTarget[], command: string, options: RunOptions): Promise<RunResult> {
  const order = targets.toSorted((a, b) => a.index - b.index);
  const room = semaphore(options.concurrency ?? 20);
  const output = inOrder(order.length, (line) => options.onLine?.(line));
  const keepBytes = options.keepBytes ?? keptBytes(order.length);
  const nodes = await Promise.all(
    order.map((target, position) =>
      room.run(async () => {
        const on: OnOutput = {
          line: (line) => options.onLine !== undefined && output.line(position, line),
          flow: (flow) => output.flows(position, flow),
        };
        try {
          return await runOnOne(target, command, { ...options, keepBytes }, on);
        } finally {
          output.ended(position);
        }
      }),
    ),
  );
  return { exit: nodes.reduce((worst, { code }) => Math.max(worst, code), 0), nodes };
}

/** One command on one node, its output handed on as it comes, byte for byte. As ssh itself would, but without ssh. */
export async function runRaw(
  target: NodeTarget,
  command: string,
  options: Pick<RunOptions, "clock" | "signal" | "trust"> & Pick<StreamOptions, "timeoutMs" | "onStdout" | "onStderr">,
): Promise<number> {
  const { clock, signal, trust = "strict" } = options;
  const connection = await connect(target, { clock, trust, ...(signal && { signal }) });
  try {
    return codeOf(await connection.stream(command, options));
  } finally {
    connection.close();
  }
}

interface OnOutput {
  line(line: OutputLine): void;
  readonly flow: NonNullable<StreamOptions["onFlow"]>;
}

async function runOnOne(
  target: NodeTarget,
  command: string,
  options: RunOptions & { readonly keepBytes: number },
  on: OnOutput,
): Promise<NodeRun> {
  const { signal, keepBytes } = options;
  signal?.throwIfAborted();
  const { index, name } = target;
  const [out, err] = (["stdout", "stderr"] as const).map((stream) => {
    const kept = beginning(keepBytes);
    const lines = lineSplitter((bytes, length) =>
      on.line({ index, name, stream, bytes, ...(length > bytes.length ? { cutFrom: length } : {}) }),
    );
    return { kept, lines, add: (chunk: Buffer) => (kept.add(chunk), lines.add(chunk)) };
  }) as [Stream, Stream];
  const result = (code: number): NodeRun => {
    for (const { lines } of [out, err]) lines.end();
    const [stdoutBytes, stderrBytes] = [out.kept.bytes(), err.kept.bytes()];
    const truncated = Math.max(stdoutBytes, stderrBytes) > keepBytes;
    return { index, name, code, stdout: out.kept.text(), stderr: err.kept.text(), stdoutBytes, stderrBytes, truncated };
  };
  try {
    return result(
      codeOf(
        await within(target, options, (connection, timeoutMs) =>
          connection.stream(command, {
            timeoutMs,
            ...(signal && { signal }),
            onStdout: out.add,
            onStderr: err.add,
            onFlow: on.flow,
          }),
        ),
      ),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ClusterError)) throw error;
    const found = result(error.code === "CommandTimeout" ? 124 : 255);
    on.line({ index, name, stream: "stderr", bytes: Buffer.from(error.message) });
    return { ...found, error: { code: error.code, message: error.message } };
  }
}

interface Stream {
  readonly kept: ReturnType<typeof beginning>;
  readonly lines: ReturnType<typeof lineSplitter>;
  readonly add: (chunk: Buffer) => void;
}

/** Connects and works, both within the node's time. */
async function within(
  target: NodeTarget,
  { clock, signal, trust = "strict", timeoutMs = 60_000 }: RunOptions,
  work: (connection: Connection, leftMs: number) => Promise<Exit>,
): Promise<Exit> {
  const started = clock.now();
  const connection = await connect(target, {
    clock,
    trust,
    timeoutMs: Math.min(timeoutMs, LOGIN_MS),
    ...(signal && { signal }),
  });
  try {
    return await work(connection, Math.max(1, timeoutMs - (clock.now() - started)));
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== "CommandTimeout") throw error;
    throw new ClusterError(
      error.code,
      `${target.name}: not done within ${timeoutMs / 1000} s, the login included; it may still be running there`,
      {
        source: "node",
        exit: error.exit,
        ...defined({ advice: error.advice }),
      },
    );
  } finally {
    connection.close();
  }
}

/** A node that lets nobody in for so long is not reached, however long its command may take. */
const LOGIN_MS = 20_000;

const codeOf = ({ code, signal }: Exit): number => code ?? 128 + (SIGNALS[signal ?? ""] ?? 0);

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
