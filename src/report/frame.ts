/**
 * One frame of the live screen as lines of text: what is over in one line, then a line for each kind that is in work, with
 * the single resources or the longest-running of them below. A pure function of the progress; it writes nothing.
 */
import type { Paint } from "./paint.ts";
import { type Group, type Item, type Progress, countWords, isOver } from "./progress.ts";
import { scrub } from "./scrub.ts";
import { duration, nameIn, plain, plural, truncate, width } from "../core/words.ts";

export interface FrameOptions {
  /** The run's clock, ms. */
  readonly now: number;
  readonly nodes: number;
  /** Room on the screen. No line is wider, and there are no more lines. */
  readonly columns: number;
  readonly rows: number;
  readonly ink: Paint;
}

/** `text` without colour, for its width. */
export interface FrameLine {
  readonly text: string;
  readonly painted: string;
}

/** Up to here every resource in work has its own line. */
const FEW = 12;
/** Of many, so many of the longest-running are shown. */
const SHOWN = 5;

export function frame(progress: Progress, options: FrameOptions): FrameLine[] {
  const { ink } = options;
  const groups = [...progress.groups.values()];
  // What there are many of comes first: the line may be cut.
  const over = groups.filter((group) => isOver(group)).sort((a, b) => Number(b.total > 1) - Number(a.total > 1));
  const open = groups.filter((group) => !isOver(group));
  const lines: FrameLine[] = [];
  if (over.length > 0)
    lines.push(line(`✓ ${over.map((group) => doneWords(group)).join(", ")}`, options, (text) => ink.good(text)));
  const titles = open.map((group) => (group.phase || group.total === 1 ? group.label : plural(group.noun, 2)));
  const column = Math.min(24, Math.max(0, ...titles.map((title) => width(title))));
  const room = Math.max(0, options.rows - lines.length - open.length);
  const active = [...progress.active.values()].filter((item) => progress.groups.get(item.noun)!.total > 1);
  const most = Math.min(room, options.nodes <= FEW ? FEW : SHOWN);
  // the last row of the room says how many have none
  const shown = new Set(active.slice(0, active.length > most && most === room ? Math.max(0, room - 1) : most));
  for (const [index, group] of open.entries()) {
    const single = group.total === 1 ? [...progress.active.values()].find((item) => item.noun === group.noun) : undefined;
    const words = single === undefined ? countWords(group).join("  ") : stateWords(single, group);
    const title = titles[index]!;
    const padded = title + " ".repeat(Math.max(0, column - width(title)));
    lines.push(line(`  ${padded}  ${words}`, options, (text) => text, duration(options.now - group.startedAt)));
    for (const item of shown) {
      if (item.noun === group.noun)
        lines.push(
          line(
            `    ${nameIn(item.label)}  ${stateWords(item, group)}`,
            options,
            (text) => ink.dim(text),
            duration(options.now - item.startedAt),
          ),
        );
    }
  }
  const more = active.length - shown.size;
  if (more > 0 && room > 0) lines.push(line(`    and ${more} more in work`, options, (text) => ink.dim(text)));
  if (lines.length <= options.rows) return lines;
  const kept = lines.slice(0, options.rows - 1);
  return [...kept, line(`  and ${lines.length - kept.length} kinds more`, options, (text) => ink.dim(text))];
}

const stateWords = (item: Item, group: Group): string => plain(scrub(item.detail ?? group.doing));

/** "machines 3/3", "load balancer"; what went wrong or was there already is said. */
function doneWords(group: Group): string {
  const failed = (group.counts.failed ?? 0) + (group.counts.skipped ?? 0);
  const left = group.counts.left ?? 0;
  if (group.phase || group.total === 1)
    return failed > 0 ? `${group.label} (not made)` : left > 0 ? `${group.label} (left to Azure)` : group.label;
  return `${plural(group.noun, 2)} ${group.total - failed - left}/${group.total}${left > 0 ? ` (${left} left to Azure)` : ""}`;
}

/** Cut to the screen, the time at the right edge of at most 80 columns. */
function line(text: string, options: FrameOptions, color: (text: string) => string, time = ""): FrameLine {
  const columns = Math.min(options.columns, 100);
  if (time === "") {
    const cut = truncate(text, columns);
    return { text: cut, painted: color(cut) };
  }
  const cut = truncate(text, Math.max(0, columns - width(time) - 2));
  const gap = " ".repeat(Math.max(2, Math.min(columns, 72) - width(cut) - width(time)));
  return { text: `${cut}${gap}${time}`, painted: `${color(cut)}${gap}${options.ink.dim(time)}` };
}
