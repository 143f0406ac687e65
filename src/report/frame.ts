/**
 * One frame of the live screen as lines of text: what is being done, where, and how long it will take; what is over in one line;
 * a line for each kind that is in work; the nodes by how far they are, the slowest of them named with the reason. As wide and as high
 * as the terminal allows, and no wider and no higher. A pure function of the progress; it writes nothing.
 */
import { expectedEnd } from "./expected.ts";
import { type FrameLine, type FrameOptions, FEW, SHOWN, broken, line } from "./frame-line.ts";
import { nodesLine, slowest } from "./frame-nodes.ts";
import { type Group, type Item, type Progress, countWords, ended, isOver } from "./progress.ts";
import { scrub } from "../core/scrub.ts";
import { duration, nameIn, plain, plural, width } from "../core/words.ts";

export function frame(progress: Progress, options: FrameOptions): FrameLine[] {
  const groups = [...progress.groups.values()];
  const open = groups.filter((group) => !isOver(group) && !isNodes(progress, group));
  const column = Math.min(28, Math.max(0, ...open.map((group) => width(titleOf(group)))));
  const kinds = open.map((group) => kindLines(progress, group, column, options));
  const top = [...headLines(progress, options), ...overLine(groups, options)];
  const nodes = nodesLine(progress, options);
  const stopping = stoppingLine(progress, options);
  const room = options.rows - [top, kinds.flat(), nodes, stopping].reduce((sum, part) => sum + part.length, 0);
  if (room < 0) return cutToRows([...top, ...kinds.flat(), ...nodes, ...stopping], options);
  // the nodes that are the furthest behind, and before them what Azure takes long for and is no node's
  const single = few(
    open.map((group) => singles(progress, group, options)),
    nodes.length > 0 ? Math.floor(room / 2) : room,
  );
  const middle = kinds.flatMap((kind, index) => [...kind, ...single.shown[index]!]);
  const more = single.left > 0 ? [line(`    and ${single.left} more in work`, options, options.ink.dim)] : [];
  const left = options.rows - top.length - middle.length - more.length - nodes.length - stopping.length;
  return [...top, ...middle, ...more, ...nodes, ...slowest(progress, options, left), ...stopping];
}

// --- internal ---

/** Title and time; then a bar, where somebody can say how long it takes. */
function headLines(progress: Progress, options: FrameOptions): FrameLine[] {
  const { head, now, ink, columns } = options;
  if (head === undefined) return [];
  const started = progress.startedAt ?? now;
  const part = partDone(progress, options);
  const passed = duration(now - started);
  if (part === undefined) return [line(head.title, options, ink.strong, passed)];
  const whole = Math.max(now - started, Math.round((part.end - started) / 5000) * 5000);
  const percent = `${String(Math.floor(part.share * 100)).padStart(2)} %`;
  const cells = Math.max(0, columns - width(percent) - 1);
  const full = Math.floor(part.share * cells);
  const bar = "█".repeat(full) + "░".repeat(cells - full);
  return [
    line(head.title, options, ink.strong, part.counted ?? `${passed} of about ${duration(whole)}`),
    { text: `${bar} ${percent}`, painted: `${ink.good(bar.slice(0, full))}${ink.dim(bar.slice(full))} ${percent}` },
  ];
}

/** Of what makes nodes, by time; of what deletes, by what is left. Never all before it is over. */
function partDone(
  progress: Progress,
  { head, now, nodes }: FrameOptions,
): { share: number; end: number; counted?: string } | undefined {
  const started = progress.startedAt ?? now;
  if (head?.usualMs !== undefined) {
    const end = expectedEnd(progress.nodes.values(), now, head.usualMs, nodes);
    return { share: Math.min(0.99, (now - started) / Math.max(1, end - started)), end };
  }
  const groups = [...progress.groups.values()].filter(({ phase }) => !phase);
  const total = groups.reduce((sum, group) => sum + group.total, 0);
  if (progress.planned.size === 0 || total === 0) return undefined;
  const done = groups.reduce((sum, group) => sum + ended(group), 0);
  const planned = Math.max(
    total,
    [...progress.planned.values()].reduce((sum, count) => sum + count, 0),
  );
  return { share: Math.min(0.99, done / planned), end: now, counted: `${planned - done} left, ${duration(now - started)}` };
}

function overLine(groups: readonly Group[], options: FrameOptions): FrameLine[] {
  // what there are many of comes first: not all may have room
  const over = groups
    .filter((group) => isOver(group) && group.noun !== "node")
    .sort((a, b) => Number(b.total > 1) - Number(a.total > 1));
  if (over.length === 0) return [];
  return [line(`✓ ${fitting(over.map(doneWords), options.columns - 2)}`, options, options.ink.good)];
}

/** "a, b and 3 more": as many as fit whole. */
function fitting(words: readonly string[], columns: number, most = words.length): string {
  for (let count = Math.min(most, words.length); count > 0; count--) {
    const left = words.length - count;
    const text = `${words.slice(0, count).join(", ")}${left === 0 ? "" : ` and ${left} more`}`;
    if (width(text) <= columns) return text;
  }
  return words[0] ?? "";
}

/** As many of the lines as there is room for, and one row for how many are left. */
function few(lines: readonly (readonly FrameLine[])[], room: number): { shown: (readonly FrameLine[])[]; left: number } {
  const all = lines.reduce((sum, { length }) => sum + length, 0);
  let free = all <= room ? all : Math.max(0, room - 1);
  const shown = lines.map((some) => {
    const fitting = some.slice(0, free);
    free -= fitting.length;
    return fitting;
  });
  const left = all - shown.reduce((sum, { length }) => sum + length, 0);
  return { shown, left: room > 0 ? left : 0 };
}

/** Waited for by themselves: nodesLine says it. */
const isNodes = (progress: Progress, { noun }: Group): boolean => noun === "node" && progress.nodes.size > 0;

const titleOf = (group: Group): string => (group.phase || group.total === 1 ? group.label : plural(group.noun, 2));

/** What a kind waits for is said whole, in as many lines as it takes. */
function kindLines(progress: Progress, group: Group, column: number, options: FrameOptions): FrameLine[] {
  const single = group.total === 1 ? activeOf(progress, group)[0] : undefined;
  const words = single === undefined ? countWords(group).join("  ") : stateWords(single, group);
  const title = titleOf(group);
  const padded = `  ${title}${" ".repeat(Math.max(0, column - width(title)))}  `;
  const time = duration(options.now - group.startedAt);
  const [first = "", ...more] = broken(words, options.columns - width(padded) - width(time) - 2);
  const below = " ".repeat(width(padded));
  return [
    line(`${padded}${first}`, options, (text) => text, time),
    ...more.map((text) => line(`${below}${text}`, options, (whole) => whole)),
  ];
}

const activeOf = (progress: Progress, { noun }: Group): Item[] =>
  [...progress.active.values()].filter((item) => item.noun === noun);

/** Of kinds with several that are no nodes: up to five that take the longest. */
function singles(progress: Progress, group: Group, options: FrameOptions): FrameLine[] {
  if (group.total === 1 || (progress.nodes.size > 0 && (group.noun === "machine" || group.noun === "node"))) return [];
  return activeOf(progress, group)
    .slice(0, options.nodes <= FEW ? FEW : SHOWN)
    .map((item) =>
      line(
        `    ${nameIn(item.label)}  ${stateWords(item, group)}`,
        options,
        options.ink.dim,
        duration(options.now - item.startedAt),
      ),
    );
}

/** After Ctrl-C: what is being let finish. */
function stoppingLine(progress: Progress, options: FrameOptions): FrameLine[] {
  if (!progress.stopping) return [];
  const waited = [...progress.active.values()].filter(({ phase, id }) => !phase && id.startsWith("/subscriptions/"));
  const begin = "Stopping (Ctrl-C again: at once). Waiting for ";
  const labels = waited.map(({ label }) => label);
  return [
    line(
      waited.length === 0 ? "Stopping." : `${begin}${fitting(labels, options.columns - width(begin) - 1, 3)}.`,
      options,
      options.ink.strong,
    ),
  ];
}

function cutToRows(lines: readonly FrameLine[], options: FrameOptions): FrameLine[] {
  const kept = lines.slice(0, options.rows - 1);
  return [...kept, line(`  and ${lines.length - kept.length} lines more`, options, options.ink.dim)];
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
