/**
 * Collects what explains the nodes that are not ready: the serial console's log, which the caller fetches, and over SSH the
 * failed units and their journal. All of it has one time limit, and may fail: an explanation is a help, not a duty.
 */
import type { Clock } from "../core/clock.ts";
import { type Connection, connect, type ConnectOptions } from "./connection.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";
import { classify, type Diagnosis, type Evidence } from "./diagnosis.ts";
import type { NodeReadiness } from "./node-state.ts";
import { semaphore } from "./semaphore.ts";
import type { NodeTarget } from "./target.ts";

/** Where a system writes what went wrong at its first boot (plan/platforms.ts). */
export interface Explains {
  /** Whose journal is read. */
  readonly units: readonly string[];
  /** A command whose output is read too. */
  readonly also?: string;
}

export interface DiagnoseOptions {
  readonly explains: Explains;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly trust?: ConnectOptions["trust"];
  /** The boot diagnostics of the machine: its serial console log as text. */
  readonly serialLog?: (index: number) => Promise<string>;
  /** For all that is asked about a node; 15 seconds by default. */
  readonly timeoutMs?: number;
}

export interface NodeDiagnosis extends Diagnosis {
  readonly index: number;
  readonly name: string;
}

/** Of each node that has a problem, in their order; at most 10 at once. @throws only the signal's reason */
export async function diagnoseNodes(
  targets: readonly NodeTarget[],
  results: readonly NodeReadiness[],
  options: DiagnoseOptions,
): Promise<NodeDiagnosis[]> {
  const room = semaphore(10);
  const sick = results.filter(({ state }) => state !== "ready" && state !== "created");
  return Promise.all(
    sick.map((result) =>
      room.run(async () => {
        const target = targets.find(({ index }) => index === result.index);
        const [serial, journal] = await Promise.all([readSerial(result.index, options), readJournal(target, result, options)]);
        options.signal?.throwIfAborted();
        const evidence: Evidence = { state: result.state, ...(result.code && { code: result.code }), serial, ...journal };
        return { index: result.index, name: result.name, ...classify(evidence) };
      }),
    ),
  );
}

async function readSerial(index: number, options: DiagnoseOptions): Promise<string | undefined> {
  if (options.serialLog === undefined) return undefined;
  const within = limit(options.clock, options.timeoutMs ?? 15_000, options.signal);
  try {
    return await abortable(options.serialLog(index), within.signal);
  } catch {
    return undefined; // boot diagnostics are off, or not written yet
  } finally {
    within.done();
  }
}

/** The data disk's, on any system. */
const DISK_UNITS = ["format-data-disk", "var-lib-docker.mount"];

/** Each unit by itself, or the loudest would push the others out. */
const journalOf = ({ units, also = "true" }: Explains): string =>
  `for unit in ${[...units, ...DISK_UNITS].join(" ")}; do journalctl -b -q --no-pager -o short-iso -n 40 -u $unit 2>/dev/null; done; { ${also}; } 2>/dev/null`;

const FAILED = "systemctl --failed --plain --no-legend --no-pager";

async function readJournal(
  target: NodeTarget | undefined,
  result: NodeReadiness,
  options: DiagnoseOptions,
): Promise<Pick<Evidence, "failedUnits" | "journal" | "unread">> {
  if (target === undefined || result.state !== "ssh") return {};
  const { clock, timeoutMs = 15_000 } = options;
  // the steps share it: one of them may need nearly all, and the others nothing
  const within = limit(clock, timeoutMs, options.signal);
  const each = { timeoutMs, signal: within.signal };
  let [connection, failedUnits]: [Connection?, string?] = [];
  try {
    connection = await connect(target, { clock, trust: options.trust ?? "strict", ...each });
    failedUnits = (await connection.exec(FAILED, each)).stdout;
    return { failedUnits, journal: (await connection.exec(journalOf(options.explains), each)).stdout };
  } catch (error) {
    // what the serial log says must do
    const unread = within.expired() ? "in the time that was left" : `(${(error as Error).message})`;
    return { failedUnits, unread };
  } finally {
    within.done();
    connection?.close();
  }
}
