/**
 * Whether the nodes' clocks agree: the offset of each is measured over SSH against our own, and compared with the others', so
 * that our own clock may be wrong. The measure's uncertainty is half its round trip (as in NTP), and never held against a
 * node. Ceph's monitors and etcd v2's TTLs are what a drift of more than 50 ms breaks.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { lost } from "./command.ts";
import type { Connection } from "./connection.ts";
import { abortable } from "../engine/abortable.ts";
import { limit } from "./deadline.ts";

export interface ClockMeasure {
  readonly index: number;
  readonly name: string;
  /** The node's clock minus ours, in milliseconds. */
  readonly offsetMs: number;
  /** The true offset is within this of `offsetMs`. */
  readonly uncertaintyMs: number;
  /** What chrony, or else systemd, says; undefined when neither is there. */
  readonly synchronised: boolean | undefined;
}

export interface ClockVerdict extends ClockMeasure {
  /** Distance from the median of all nodes. */
  readonly fromMedianMs: number;
  readonly ok: boolean;
  /** A sentence for what is not ok. */
  readonly reason?: string;
}

export interface ClockOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** For the whole measure; 10 seconds by default. */
  readonly timeoutMs?: number;
  /** At most so many, 7 by default; the one with the shortest way counts. */
  readonly rounds?: number;
}

/** One shell that answers each line with the time: a round trip is then one packet each way and the start of `date`. */
const TIME_SERVER = "while read -r _; do date +%s%N; done";
/** A tenth of what a clock may be off: no further round would tell more. */
const ENOUGH_MS = 5;
const SYNCHRONISED = "chronyc -n tracking 2>/dev/null || timedatectl show -p NTPSynchronized 2>/dev/null";

/** @throws ClusterError ClockUnreadable, ConnectionLost, CommandTimeout */
export async function measureClock(connection: Connection, options: ClockOptions): Promise<ClockMeasure> {
  const { target } = connection;
  const within = limit(options.clock, options.timeoutMs ?? 10_000, options.signal);
  try {
    const channel = await abortable(connection.open(TIME_SERVER), within.signal);
    const samples: Sample[] = [];
    try {
      for (let round = 0; round < (options.rounds ?? 7); round++) {
        const sent = options.clock.now();
        const line = nextLine(channel, target.name);
        channel.write("\n");
        const node = milliseconds(await abortable(line, within.signal));
        samples.push({ sent, node, received: options.clock.now() });
        if (bestOffset(samples).uncertaintyMs <= ENOUGH_MS) break;
      }
    } finally {
      channel.destroy();
    }
    const said = await connection.exec(SYNCHRONISED, { timeoutMs: 5000, signal: within.signal });
    return { index: target.index, name: target.name, ...bestOffset(samples), synchronised: synchronisedBy(said.stdout) };
  } catch (error) {
    if (within.expired()) {
      throw new ClusterError("CommandTimeout", `${target.name}: the clock could not be read in time`, {
        source: "node",
        exit: EXIT.timeout,
      });
    }
    if (error instanceof SyntaxError) {
      throw new ClusterError("ClockUnreadable", `${target.name}: date does not tell the time in nanoseconds`, { source: "node" });
    }
    throw error;
  } finally {
    within.done();
  }
}

/** Which nodes are more than `toleranceMs` (50) from the median for certain, or not synchronised. In the order given. */
export function judgeClocks(measures: readonly ClockMeasure[], toleranceMs = 50): ClockVerdict[] {
  const middle = median(measures.map(({ offsetMs }) => offsetMs));
  return measures.map((measure) => {
    const fromMedianMs = measure.offsetMs - middle;
    const off = Math.abs(fromMedianMs) - measure.uncertaintyMs > toleranceMs;
    const shown = `${Math.abs(Math.round(fromMedianMs))} ms ${fromMedianMs < 0 ? "behind" : "ahead of"} the others`;
    const reasons = [
      ...(off ? [`its clock is ${shown}`] : []),
      ...(measure.synchronised === false ? ["its clock is not synchronised"] : []),
    ];
    const reason = reasons.length > 0 ? { reason: `${measure.name}: ${reasons.join(", and ")}` } : {};
    return { ...measure, fromMedianMs, ok: reasons.length === 0, ...reason };
  });
}

/** Milliseconds since 1970: ours at sending, the node's, ours at receiving. */
export interface Sample {
  readonly sent: number;
  readonly node: number;
  readonly received: number;
}

/** From the sample with the shortest round trip. A millisecond is added for the Clock's own grain. */
export function bestOffset(samples: readonly Sample[]): { offsetMs: number; uncertaintyMs: number } {
  const best = samples.toSorted((a, b) => a.received - a.sent - (b.received - b.sent))[0];
  if (best === undefined) return { offsetMs: 0, uncertaintyMs: Infinity };
  return { offsetMs: best.node - (best.sent + best.received) / 2, uncertaintyMs: (best.received - best.sent) / 2 + 1 };
}

/** From `chronyc tracking` ("Leap status     : Normal") or `timedatectl show` ("NTPSynchronized=yes"). */
export function synchronisedBy(text: string): boolean | undefined {
  const leap = /^Leap status\s*:\s*(.+)$/m.exec(text)?.[1]?.trim();
  if (leap !== undefined) return leap !== "Not synchronised";
  const word = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
  return word === undefined ? undefined : word === "yes";
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Nanoseconds since 1970 have 19 digits until 2286. @throws SyntaxError */
function milliseconds(line: string): number {
  if (!/^\d{19}$/.test(line)) throw new SyntaxError("no time in nanoseconds");
  return Number(BigInt(line) / 1000n) / 1000;
}

/** No answer of ours is longer. */
const LINE = 100;

function nextLine(channel: Duplex, node: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes("\n") && text.length < LINE) return;
      done();
      resolve(text.trim());
    };
    const onEnd = (): void => {
      done();
      reject(lost(node));
    };
    const done = (): void => void channel.off("data", onData).off("end", onEnd).off("close", onEnd);
    channel.on("data", onData).on("end", onEnd).on("close", onEnd);
  });
}
