/**
 * The state of a run, folded out of its events one by one: what is in work, how many of each kind are where. Both screens
 * (lines, live) and the summary read it. Constant work for an event and no scan over the resources, for a thousand nodes.
 */
import { type Event, type EventKind, LEFT_TO_AZURE } from "../engine/event.ts";
import { type NodeProgress, takeNode } from "./node-stages.ts";
import { changed, duration, nounOf, plain } from "../core/words.ts";

/** Where one resource or phase is. */
export type Stage =
  | "work"
  | "retrying"
  | "made"
  | "changed"
  | "deleted"
  | "deallocated"
  | "started"
  | "done"
  | "unchanged"
  | "failed"
  | "not changed"
  | "skipped"
  | "left";

export interface Item {
  readonly id: string;
  readonly label: string;
  readonly noun: string;
  readonly phase: boolean;
  readonly startedAt: number;
  stage: Stage;
  /** What this run has done to it. A later round of the same run finds it there, and it is still this run that made it. */
  did?: "made" | "changed" | undefined;
  detail?: string;
}

/** One kind of resource, or one phase. */
export interface Group {
  readonly noun: string;
  readonly phase: boolean;
  /** From the plan, else what was seen. */
  total: number;
  readonly counts: Partial<Record<Stage, number>>;
  readonly startedAt: number;
  /** "being made": what is said of those in work. */
  readonly doing: string;
  /** The label of the first, for kinds that have one only. */
  readonly label: string;
}

export interface Progress {
  /** What is said of resources in work: "being made", "being deleted". Phases and nodes are "in work". */
  readonly doing: string;
  startedAt: number | undefined;
  lastAt: number;
  readonly items: Map<string, Item>;
  /** In work or between two attempts, the longest-running first. */
  readonly active: Map<string, Item>;
  /** In the order in which they began. */
  readonly groups: Map<string, Group>;
  readonly planned: Map<string, number>;
  /** By index. */
  readonly nodes: Map<number, NodeProgress>;
  /** It was told to stop. */
  stopping: boolean;
}

const MAKING = "being made";

export const newProgress = (doing = MAKING): Progress => ({
  doing,
  startedAt: undefined,
  lastAt: 0,
  items: new Map(),
  active: new Map(),
  groups: new Map(),
  planned: new Map(),
  nodes: new Map(),
  stopping: false,
});

/** Takes one event in. Returns the item it was about; undefined for notes, the plan and the end. */
export function take(progress: Progress, event: Event): Item | undefined {
  progress.startedAt ??= event.at;
  progress.lastAt = Math.max(progress.lastAt, event.at);
  if (event.kind === "plan") {
    // One plan event a kind, its label the noun ("machine"), tells the totals beforehand.
    if (event.count !== undefined) progress.planned.set(event.label, event.count);
    const group = progress.groups.get(event.label);
    if (group !== undefined && event.count !== undefined) group.total = event.count;
  }
  if (event.kind === "note" && event.id === "interrupt") progress.stopping = true;
  if (progress.doing === MAKING) takeNode(progress.nodes, event);
  const known = progress.items.get(event.id);
  const seen = stageOf(event, known);
  const stage = seen === "unchanged" ? (known?.did ?? seen) : seen;
  if (stage === undefined) return undefined;
  if (event.kind === "phase") closePhases(progress, event);
  if (isAside(event) && !isActive(stage)) return forget(progress, known);
  const item = known ?? begin(progress, event, stage);
  const group = progress.groups.get(item.noun)!;
  if (known !== undefined) group.counts[item.stage] = (group.counts[item.stage] ?? 1) - 1;
  group.counts[stage] = (group.counts[stage] ?? 0) + 1;
  item.stage = stage;
  if (stage === "made" || stage === "changed" || stage === "deleted") item.did = stage === "deleted" ? undefined : stage;
  if (isActive(stage)) {
    if (event.detail !== undefined) item.detail = event.detail;
    if (stage === "retrying") item.detail = retryWords(event);
    else if (event.kind === "started" && event.detail === undefined) delete item.detail;
    // A key that is there keeps its place, so that the map stays ordered by the time of start.
    progress.active.set(item.id, item);
  } else {
    progress.active.delete(item.id);
  }
  return item;
}

/** How many of a group have come to an end, well or badly. */
export const ended = (group: Group): number => ENDS.reduce((sum, stage) => sum + (group.counts[stage] ?? 0), 0);

/** Everything that the plan and the events promised of this group has come to an end. */
export const isOver = (group: Group): boolean => ended(group) >= group.total;

/** "1 of 3 made", "2 in work": what is not zero, in the order of a life. */
export function countWords(group: Group): string[] {
  const words = STAGES.flatMap((stage) => {
    const count = group.counts[stage] ?? 0;
    return count === 0 ? [] : [`${count} ${stage === "work" ? group.doing : (WORDS[stage] ?? stage)}`];
  });
  return words.map((word, index) => (index === 0 ? word.replace(/^\d+/, `$& of ${group.total}`) : word));
}

/** "again in 12 s: RetryableError". */
export const retryWords = ({ delayMs, code }: Pick<Event, "delayMs" | "code" | "message">): string =>
  `again${delayMs === undefined ? "" : delayMs < 500 ? " at once" : ` in ${duration(delayMs)}`}${code === undefined ? "" : `: ${code}`}`;

/** A request of no resource's own: told of while it has to be repeated, and no part of what was done. */
export const isAside = ({ id }: Pick<Event, "id">): boolean => id.startsWith("azure/");

const STAGES: readonly Stage[] = [
  "made",
  "changed",
  "deleted",
  "deallocated",
  "started",
  "done",
  "unchanged",
  "work",
  "retrying",
  "left",
  "failed",
  "not changed",
  "skipped",
];
/** Stages whose word is not their own name. */
export const WORDS: Partial<Record<Stage, string>> = {
  retrying: "to be tried again",
  unchanged: "there already",
  left: "left to Azure, which goes on",
};
const ENDS: readonly Stage[] = STAGES.filter((stage) => stage !== "work" && stage !== "retrying");

/** A phase is over when it says so, or when the next one begins. */
function closePhases(progress: Progress, event: Event): void {
  for (const item of progress.active.values()) {
    if (item.phase && item.id !== event.id) take(progress, { at: event.at, kind: "done", id: item.id, label: item.label });
  }
}

const isActive = (stage: Stage): boolean => stage === "work" || stage === "retrying";

function stageOf(event: Event, known: Item | undefined): Stage | undefined {
  if (event.kind === "skipped" && event.detail === LEFT_TO_AZURE && known !== undefined && isActive(known.stage)) return "left";
  const word = changed(event.change);
  const stages: Partial<Record<EventKind, Stage>> = {
    phase: "work",
    started: "work",
    waiting: "work",
    retrying: "retrying",
    unchanged: "unchanged",
    done: word as Stage,
    failed: event.change === "updated" ? "not changed" : "failed",
    skipped: "skipped",
  };
  return stages[event.kind];
}

function forget({ items, active, groups }: Progress, item: Item | undefined): undefined {
  const group = item && groups.get(item.noun);
  if (item === undefined || group === undefined) return;
  items.delete(item.id);
  active.delete(item.id);
  group.counts[item.stage] = (group.counts[item.stage] ?? 1) - 1;
  group.total -= 1;
  if (group.total === 0) groups.delete(item.noun);
}

function begin(progress: Progress, event: Event, stage: Stage): Item {
  const phase = event.kind === "phase";
  // Labels are ours, but names in them are not: cleaned once, here.
  const label = plain(event.label);
  const noun = phase ? label : nounOf(label, event.id);
  const item: Item = { id: event.id, label, noun, phase, startedAt: event.at, stage };
  progress.items.set(event.id, item);
  const group = progress.groups.get(noun);
  if (group === undefined) {
    progress.groups.set(noun, {
      noun,
      phase,
      total: progress.planned.get(noun) ?? 1,
      counts: {},
      startedAt: event.at,
      doing: event.id.startsWith("/subscriptions/") ? progress.doing : "in work",
      label,
    });
  } else if (!progress.planned.has(noun)) group.total += 1;
  return item;
}
