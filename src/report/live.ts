/**
 * For a terminal: a frame of a line for each kind of resource and the longest-running resources under it, drawn again by a
 * pulse ten times a second and never for each event (drawing per event blocked the event loop for seconds at 200 nodes).
 * Failures and notes stay above it. In a rehearsal, whose events leave timers no room, an event may draw when 100 ms of
 * real time have passed.
 */
import type { Clock } from "../core/clock.ts";
import type { Event } from "../engine/event.ts";
import type { Head } from "./frame-line.ts";
import { frame } from "./frame.ts";
import { paint } from "./paint.ts";
import { newProgress, take } from "./progress.ts";
import type { Pulse, Report, Screen } from "./screen.ts";
import { lineOf } from "./sentence.ts";
import { summary } from "./summary.ts";
import { width } from "../core/words.ts";
import { wrap } from "./wrap.ts";

export const realPulse: Pulse = {
  now: () => performance.now(),
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

export interface LiveOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly color: boolean;
  readonly nodes: number;
  readonly doing?: string;
  readonly head?: Head | undefined;
  readonly pulse: Pulse;
}

const EVERY_MS = 100;
const HIDE = "\u001B[?25l";
const SHOW = "\u001B[?25h";

export function live({ screen, clock, color, nodes, pulse, doing, head }: LiveOptions): Report {
  const progress = newProgress(doing);
  const ink = paint(color);
  /** Widths of the lines that are on the screen now. */
  let drawn: number[] = [];
  let permanent: string[] = [];
  let lastDraw = -Infinity;
  let dirty = false;
  let over = false;
  let stop: (() => void) | undefined;

  /** Back to the first line of the last frame; a window that became narrower has wrapped its lines. */
  const home = (): string => {
    const rows = drawn.reduce((sum, columns) => sum + Math.max(1, Math.ceil(columns / Math.max(1, screen.columns))), 0);
    return rows === 0 ? "" : `\u001B[${rows}A\r`;
  };

  const draw = (): void => {
    const columns = Math.max(10, screen.columns) - 1;
    const next = frame(progress, {
      now: Math.max(clock.now(), progress.lastAt),
      nodes,
      head,
      columns,
      rows: Math.max(3, screen.rows - 1),
      ink,
    });
    const above = permanent.map((line) => `${line.replaceAll("\n", "\u001B[K\n")}\u001B[K\n`).join("");
    // One write a frame: nothing else can come between its halves. Whoever stops or kills the process (Ctrl-Z, SIGKILL) has a cursor.
    screen.write(`${HIDE}${home()}${above}${next.map((line) => `${line.painted}\u001B[K\n`).join("")}\u001B[J${SHOW}`);
    drawn = next.map((line) => width(line.text));
    permanent = [];
    lastDraw = pulse.now();
    dirty = false;
  };

  return {
    event(event) {
      if (over) return;
      take(progress, event);
      const line = permanentLine(event);
      // A long reason is shown whole, for it stays.
      if (line !== undefined) permanent.push(wrap(event.kind === "failed" ? ink.bad(line) : line, screen.columns));
      dirty = true;
      stop ??= pulse.every(EVERY_MS, () => (dirty || progress.active.size > 0) && draw());
      if (pulse.now() - lastDraw >= EVERY_MS) draw();
    },
    end() {
      if (over) return;
      over = true;
      stop?.();
      if (stop === undefined) return;
      const text = summary(progress);
      const last = [...permanent, ...(text === undefined ? [] : [ink.strong(wrap(text, screen.columns))])];
      screen.write(`${home()}\u001B[J${last.map((line) => `${line}\n`).join("")}`);
    },
  };
}

/** What stays above the frame. */
function permanentLine(event: Event): string | undefined {
  if (event.kind === "failed") return `✗ ${lineOf(event)}`;
  return event.kind === "note" ? lineOf(event) : undefined;
}
