/**
 * `--timings FILE.html`: one page that shows where the time went: a bar for each resource, the waits between attempts, the
 * chain that decided the end, and sums by kind. Self-contained: no script, no request, light and dark by the reader's
 * setting. Everything that comes from outside is escaped.
 */
import { closeSync, writeFileSync } from "node:fs";
import { notWritten } from "../core/unwritten.ts";
import type { Event } from "../engine/event.ts";
import type { Report } from "./screen.ts";
import { scrub } from "../core/scrub.ts";
import { type Bar, type Timeline, timeline } from "./timeline.ts";
import { type Rest, isRest, rowsOf } from "./timings-rows.ts";
import { timingsStyle } from "./timings-style.ts";
import { duration, plain, plural } from "../core/words.ts";

export interface TimingsOptions {
  /** "mycluster". */
  readonly title: string;
  /** For the critical path; asked for at the end, when the plan is known. */
  readonly dependsOn?: () => ReadonlyMap<string, readonly string[]>;
  /** A sentence under the title: that the times are a rehearsal's, for example. */
  readonly remark?: string;
}

/**
 * A report that collects the events and writes the page at the end. The file is made at once, empty, so that a path that
 * cannot be written stops the command before anything is made.
 * @param open to write to it
 * @throws ClusterError FileNotWritten (exit 2)
 */
export function timings(path: string, open: (path: string) => number, options: TimingsOptions): Report {
  const events: Event[] = [];
  let over = false;
  const file = attempt(path, () => open(path));
  return {
    event: (event) => void events.push(event),
    end() {
      if (over) return;
      over = true;
      const page = renderTimings(timeline(events, options.dependsOn?.()), options);
      attempt(path, () => {
        try {
          writeFileSync(file, page);
        } finally {
          closeSync(file);
        }
      });
    },
  };
}

/** The page as a string. */
export function renderTimings(line: Timeline, options: Pick<TimingsOptions, "title" | "remark">): string {
  const length = Math.max(line.length, 1);
  const began = line.startedAt === 0 ? "" : ` · ${new Date(line.startedAt).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const rows = rowsOf(line);
  const rest = rows.some(isRest) ? ' <span class="key rest"></span>the rest of a kind, from its first to its last' : "";
  const resources = `${line.bars.length} ${plural("step", line.bars.length)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(options.title)}: where the time went</title>
<style>${timingsStyle}</style>
</head>
<body>
<h1>${escape(options.title)}</h1>
<p class="lead"><strong>${escape(precise(line.length))}</strong> for ${resources}${began}${options.remark === undefined ? "" : ` · ${escape(options.remark)}`}</p>
${pathOf(line)}
<h2>Timeline</h2>
<p class="legend"><span class="key accepted"></span>in work <span class="key request"></span>request <span class="key wait"></span>waiting to try again <span class="key unchanged"></span>there already <span class="key failed"></span>failed <span class="key skipped"></span>skipped${line.path.length === 0 ? "" : ' <span class="key critical"></span>decided the end'}${rest}</p>
<div class="chart">
${axis(length)}
${rows.map((one) => (isRest(one) ? restRow(one, length) : row(one, length))).join("\n")}
</div>
<h2>By kind</h2>
${sumsOf(line)}
</body>
</html>
`;
}

/** Text for HTML, in and outside of attributes; secrets and control characters are taken out before. */
const escape = (text: string): string =>
  plain(scrub(text))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** Below ten seconds a tenth counts. */
const precise = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms));

const percent = (value: number, length: number): string => `${((100 * value) / length).toFixed(3)}%`;

function pathOf(line: Timeline): string {
  if (line.bars.length > 0 && line.bars.every((bar) => bar.outcome === "unchanged"))
    return "<p>Nothing had to be done: everything was there.</p>";
  if (line.path.length === 0) return "";
  const steps = line.path.map((bar) => `<li>${escape(bar.label)} <span class="time">${precise(bar.share ?? 0)}</span></li>`);
  return `<h2>What decided the end</h2>\n<ol class="path">${steps.join("")}</ol>`;
}

/** Up to about eight round marks. */
function axis(length: number): string {
  const step = STEPS.find((each) => length / each <= 8) ?? STEPS.at(-1)! * Math.ceil(length / (8 * STEPS.at(-1)!));
  const marks: string[] = [];
  for (let at = 0; at <= 0.95 * length; at += step)
    marks.push(`<span class="mark" style="left:${percent(at, length)}">${step < 1000 ? precise(at) : duration(at)}</span>`);
  return `<div class="row axis"><span class="label"></span><span class="track">${marks.join("")}</span></div>`;
}

const STEPS = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000];

function row(bar: Bar, length: number): string {
  const piece = (style: string, from: number, to: number, hint: string): string =>
    `<i class="${style}" style="left:${percent(from, length)};width:${percent(Math.max(0, to - from), length)}" title="${escape(hint)}"></i>`;
  const about = `${bar.label}: ${precise(bar.end - bar.start)}, from ${precise(bar.start)} to ${precise(bar.end)}${bar.outcome === "done" ? "" : `, ${bar.outcome}`}${bar.reason === undefined || bar.reason === "" ? "" : `: ${bar.reason}`}`;
  const style = bar.outcome === "done" || bar.outcome === "open" ? "accepted" : bar.outcome;
  const accepted = bar.accepted ?? bar.start;
  const pieces = [
    piece(style, bar.start, bar.end, about),
    ...(accepted > bar.start
      ? [piece("request", bar.start, Math.min(accepted, bar.end), `${about}; accepted at ${precise(accepted)}`)]
      : []),
    ...bar.waits.map((wait) =>
      piece("wait", wait.from, wait.to, `${bar.label}: tried again after ${precise(wait.to - wait.from)}: ${wait.code}`),
    ),
  ];
  return `<div class="row${bar.critical ? " critical" : ""}"><span class="label" title="${escape(bar.id)}">${escape(bar.label)}</span><span class="track">${pieces.join("")}</span><span class="time">${precise(bar.end - bar.start)}</span></div>`;
}

/** Many bars in one: when the first began and the last ended, and how long one took. */
function restRow({ noun, count, start, end, shortest, longest, retries }: Rest, length: number): string {
  const range = shortest === longest ? precise(longest) : `${precise(shortest)} to ${precise(longest)}`;
  const again = retries === 0 ? "" : `, tried again ${retries} ${plural("time", retries)}`;
  const label = escape(`${count} more: ${noun}`);
  const hint = escape(`${count} more: ${noun}, each ${range}, from ${precise(start)} to ${precise(end)}${again}`);
  const place = `left:${percent(start, length)};width:${percent(end - start, length)}`;
  return `<div class="row"><span class="label" title="${hint}">${label}</span><span class="track"><i class="rest" style="${place}" title="${hint}"></i></span><span class="time">to ${precise(longest)}</span></div>`;
}

function sumsOf(line: Timeline): string {
  const rows = line.sums.map(
    (sum) =>
      `<tr><td>${escape(sum.noun)}</td><td>${sum.count}</td><td>${precise(sum.span)}</td><td>${precise(sum.mean)}</td><td>${precise(sum.longest)}</td><td>${sum.retries === 0 ? "" : sum.retries}</td></tr>`,
  );
  return `<table><thead><tr><th>kind</th><th>count</th><th>from first to last</th><th>mean</th><th>longest</th><th>tried again</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw notWritten(path, error, { flag: "--timings" });
  }
}
