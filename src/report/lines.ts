/**
 * For logs and pipes: one line a state change, with the time since the start first. With many nodes the lines of single
 * nodes become counts at each quarter of the way; of failures with one cause the first is there in full. No colour unless told so, no cursor.
 */
import type { Event } from "../engine/event.ts";
import { paint } from "./paint.ts";
import { type Group, countWords, ended, isAside, newProgress, take } from "./progress.ts";
import type { Report, Screen } from "./screen.ts";
import { anonymous } from "./same-cause.ts";
import { failedWord, lineOf } from "./sentence.ts";
import { summary } from "./summary.ts";
import { duration, nameIn, plain, plural } from "../core/words.ts";
import { columnsOf, wrap } from "./wrap.ts";

export interface LinesOptions {
  readonly screen: Pick<Screen, "write" | "isTTY" | "columns">;
  readonly color: boolean;
  readonly nodes: number;
  readonly doing?: string;
  readonly mode: "lines" | "quiet" | "verbose";
}

/** From here on a line for every node is noise. */
const MANY = 20;
/** A kind that goes on for so long without a step says how it stands, in ms of the run's clock. */
const SAY_AGAIN_MS = 30_000;

export function lines({ screen, color, nodes, mode, doing }: LinesOptions): Report {
  const progress = newProgress(doing);
  const ink = paint(color);
  const asked = doing ?? "asked for";
  const many = nodes > MANY;
  const write: Write = (at, text) => {
    const time = duration(at - (progress.startedAt ?? at)).padStart(12);
    screen.write(`${wrap(`${ink.dim(time)}  ${text}`, columnsOf(screen))}\n`);
  };
  const counts = countedGroups(asked, write);
  const failures = failuresByCause((at, text) => write(at, ink.bad(text)));
  const isNews = newDetails();
  let over = false;
  return {
    event(event) {
      const item = take(progress, event);
      if (event.kind === "failed") return failures.say(event, mode === "verbose" ? "whole" : many ? "counted" : "named");
      if (event.kind === "note") return write(event.at, lineOf(event));
      if (mode === "quiet") return;
      if (mode === "verbose") return write(event.at, verboseLine(event));
      if (event.kind === "plan" || event.kind === "end" || (event.kind === "done" && isAside(event))) return;
      if (item !== undefined && event.node !== undefined && many) return counts(event, progress.groups.get(item.noun)!);
      if (event.kind === "waiting" && !isNews(event)) return;
      if (item?.stage === "left") event = { ...event, kind: "waiting" };
      if (event.kind === "started" && event.id.startsWith("/subscriptions/")) event = { detail: asked, ...event };
      write(event.at, event.kind === "done" ? ink.good(lineOf(event)) : lineOf(event));
    },
    end() {
      if (over) return;
      over = true;
      if (many && mode !== "verbose") failures.sayMore(progress.lastAt);
      const text = summary(progress);
      if (text !== undefined && mode !== "quiet") write(progress.lastAt, ink.strong(text));
    },
  };
}

// --- internal ---

type Write = (at: number, text: string) => void;

/** Counts instead of lines: at the first, at each quarter, at the last, and now and then between. */
function countedGroups(asked: string, write: Write) {
  const said = new Map<Group, { quarter: number; at: number }>();
  return (event: Event, group: Group): void => {
    const quarter = Math.floor((4 * ended(group)) / Math.max(group.total, 1));
    const before = said.get(group);
    if (before !== undefined && before.quarter >= quarter && event.at - before.at < SAY_AGAIN_MS) return;
    said.set(group, { quarter, at: event.at });
    const start = before === undefined && quarter === 0;
    write(
      event.at,
      start
        ? `${plural(group.noun, group.total)}: ${group.total} ${asked}`
        : `${plural(group.noun, 2)}: ${countWords(group).join(", ")}`,
    );
  };
}

/** The first of a cause in full; of the next what it is called, and of many how many they were. */
function failuresByCause(write: Write) {
  const failures = new Map<string, { readonly first: Event; readonly more: number }>();
  return {
    say(event: Event, next: "whole" | "named" | "counted"): void {
      const cause = `${event.code ?? ""} ${withoutName(event)}`;
      const before = failures.get(cause);
      failures.set(cause, { first: before?.first ?? event, more: (before?.more ?? -1) + 1 });
      if (before === undefined || next === "whole") write(event.at, lineOf(event));
      else if (next === "named") write(event.at, `${plain(event.label)}  ${failedWord(event)}, as ${plain(before.first.label)}`);
    },
    sayMore(at: number): void {
      for (const { first, more } of failures.values())
        if (more > 0) write(at, `${more} more ${failedWord(first)}, as ${plain(first.label)}`);
    },
  };
}

/** Azure accepts what it was asked for at once: only a wait that says something new is worth a line. */
function newDetails() {
  const last = new Map<string, string>();
  return ({ id, detail }: Event): boolean => {
    if (detail === undefined || last.get(id) === detail) return false;
    last.set(id, detail);
    return true;
  };
}

/** The message as any other node would have it: a label ends with the node's name. */
const withoutName = ({ label, message = "" }: Event): string => anonymous(nameIn(label), message);

/** Everything the event says, for `--verbose`. */
function verboseLine(event: Event): string {
  const extra = [event.kind, event.node === undefined ? "" : `node ${event.node}`, event.id]
    .filter((word) => word !== "")
    .join(", ");
  return `${lineOf(event)}  [${extra}]`;
}
