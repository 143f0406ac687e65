/**
 * Bars out of events: when each resource was asked for, tried again and done, which chain of them decided the end, and the
 * sums by kind. Pure; timings.ts draws it.
 */
import type { Event } from "../engine/event.ts";
import { nounOf } from "../core/words.ts";

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly noun: string;
  /** All times in ms since the first event. */
  readonly start: number;
  end: number;
  /** "open": no end was seen. */
  outcome: "done" | "unchanged" | "failed" | "skipped" | "open";
  /** When Azure had accepted it. */
  accepted?: number;
  /** Waits between two attempts. */
  readonly waits: { readonly from: number; to: number; readonly code: string }[];
  /** Code and message of a failure. */
  reason?: string;
  /** On the chain that decided the end. */
  critical: boolean;
  /** On that chain: how long the end waited for this one alone, ms. */
  share?: number;
}

export interface Sum {
  readonly noun: string;
  readonly count: number;
  readonly retries: number;
  /** From the first start to the last end of the kind, ms. */
  readonly span: number;
  readonly mean: number;
  readonly longest: number;
}

export interface Timeline {
  readonly bars: readonly Bar[];
  readonly sums: readonly Sum[];
  /** From the first to the last of the chain that decided the end; empty without `dependsOn`, and where nothing was done. */
  readonly path: readonly Bar[];
  readonly startedAt: number;
  readonly length: number;
}

/** Bars in the order of their start. `dependsOn` gives the ids that each id waits for. */
export function timeline(events: readonly Event[], dependsOn: ReadonlyMap<string, readonly string[]> = new Map()): Timeline {
  const startedAt = events[0]?.at ?? 0;
  const bars = new Map<string, Bar>();
  const phases = new Set<Bar>();
  let length = 0;
  for (const event of events) {
    const at = event.at - startedAt;
    length = Math.max(length, at);
    if (event.kind === "plan" || event.kind === "note" || event.kind === "end") continue;
    let bar = bars.get(event.id.toLowerCase());
    if (bar === undefined) {
      const noun = event.kind === "phase" ? event.label : nounOf(event.label, event.id);
      bar = { id: event.id, label: event.label, noun, start: at, end: at, outcome: "open", waits: [], critical: false };
      bars.set(event.id.toLowerCase(), bar);
    }
    // As on the screens: a phase is over when the next one begins.
    if (event.kind === "phase") {
      for (const other of phases) if (other !== bar && other.outcome === "open") put(other, { ...event, kind: "done" }, at);
      phases.add(bar);
    }
    put(bar, event, at);
  }
  for (const bar of bars.values()) if (bar.outcome === "open") bar.end = length;
  const path = dependsOn.size === 0 ? [] : criticalPath(bars, dependsOn);
  let reached = 0;
  for (const bar of path) {
    bar.critical = true;
    // one that was made again began before what it waited for had ended: no time counts twice
    bar.share = Math.max(0, bar.end - Math.max(bar.start, reached));
    reached = Math.max(reached, bar.end);
  }
  return { bars: [...bars.values()], sums: sums([...bars.values()]), path, startedAt, length };
}

function put(bar: Bar, event: Event, at: number): void {
  bar.end = at;
  const wait = bar.waits.at(-1);
  if (wait !== undefined && wait.to > at) wait.to = at;
  switch (event.kind) {
    case "waiting":
      bar.accepted ??= at;
      break;
    case "retrying":
      bar.waits.push({ from: at, to: at + (event.delayMs ?? 0), code: event.code ?? "" });
      break;
    case "done":
    case "unchanged":
    case "failed":
    case "skipped":
      bar.outcome = event.kind;
      if (event.kind === "failed" || event.kind === "skipped") {
        bar.reason = [event.code, event.message].filter((word) => word !== undefined).join(": ");
      }
      break;
    default:
      bar.outcome = "open";
  }
}

/** Back from whatever ended last, each time to the dependency that ended last: what was waited for. */
function criticalPath(bars: ReadonlyMap<string, Bar>, dependsOn: ReadonlyMap<string, readonly string[]>): Bar[] {
  const parents = new Map([...dependsOn].map(([id, needs]) => [id.toLowerCase(), needs]));
  const last = (some: readonly Bar[]): Bar | undefined =>
    some.reduce<Bar | undefined>((latest, bar) => (latest === undefined || bar.end > latest.end ? bar : latest), undefined);
  const path: Bar[] = [];
  let bar = last([...bars.values()].filter((bar) => parents.has(bar.id.toLowerCase()) && bar.outcome !== "skipped"));
  while (bar !== undefined && !path.includes(bar)) {
    path.unshift(bar);
    bar = last((parents.get(bar.id.toLowerCase()) ?? []).flatMap((id) => bars.get(id.toLowerCase()) ?? []));
  }
  // what was there already decided nothing
  return path.filter((bar) => bar.outcome !== "unchanged");
}

const sums = (bars: readonly Bar[]): Sum[] =>
  [...Map.groupBy(bars, (bar) => bar.noun)].map(([noun, kind]) => {
    const times = kind.map((bar) => bar.end - bar.start);
    return {
      noun,
      count: kind.length,
      retries: kind.reduce((sum, bar) => sum + bar.waits.length, 0),
      span: Math.max(...kind.map((bar) => bar.end)) - Math.min(...kind.map((bar) => bar.start)),
      mean: times.reduce((sum, time) => sum + time, 0) / times.length,
      longest: Math.max(...times),
    };
  });
