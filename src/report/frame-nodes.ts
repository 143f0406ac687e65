/** The live screen's nodes: how many are how far, and the slowest by name, with why. */
import { type FrameLine, type FrameOptions, FEW, SHOWN, broken, line } from "./frame-line.ts";
import { NODE_STAGES, type NodeProgress } from "./node-stages.ts";
import type { Progress } from "./progress.ts";
import { unnamed } from "./same-cause.ts";
import { scrub } from "../core/scrub.ts";
import { duration, plain, width } from "../core/words.ts";

/** "nodes  3 no machine, 12 boots, 176 ready". */
export function nodesLine(progress: Progress, options: FrameOptions): FrameLine[] {
  if (progress.nodes.size === 0) return [];
  const counts = new Map<string, number>();
  for (const { stage } of progress.nodes.values()) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  const unasked = Math.max(0, options.nodes - progress.nodes.size);
  counts.set("no machine", (counts.get("no machine") ?? 0) + unasked);
  const words = NODE_STAGES.flatMap((stage) =>
    (counts.get(stage) ?? 0) === 0 ? [] : [`${counts.get(stage)} ${STAGE_WORDS[stage]}`],
  );
  return [line(`  nodes  ${words.join(", ")}`, options, options.ink.strong)];
}

const STAGE_WORDS: Readonly<Record<NodeProgress["stage"], string>> = {
  "no machine": "without a machine",
  made: "made",
  boots: "booting",
  answers: "answering",
  "etcd joins": "joining etcd",
  ready: "ready",
  failed: "failed",
};

/**
 * Who has a reason first, with all of it, then the furthest behind; of those that give none a few are enough. The last line of the room says how many
 * are not named.
 */
export function slowest(progress: Progress, options: FrameOptions, room: number): FrameLine[] {
  const coming = [...progress.nodes.values()].filter(({ stage }) => stage !== "ready" && stage !== "failed" && stage !== "made");
  const silent = new Set(coming.filter(({ reason }) => reason === undefined).slice(options.nodes <= FEW ? FEW : SHOWN));
  const behind = coming
    .filter((node) => !silent.has(node))
    .sort(
      (a, b) =>
        Number(a.reason === undefined) - Number(b.reason === undefined) ||
        NODE_STAGES.indexOf(a.stage) - NODE_STAGES.indexOf(b.stage) ||
        a.since - b.since,
    );
  const lines: FrameLine[] = [];
  let shown = 0;
  for (const node of behind) {
    const own = nodeLines(node, options);
    const last = shown === coming.length - 1;
    if (lines.length + own.length > room - (last ? 0 : 1)) break;
    lines.push(...own);
    shown += 1;
  }
  const more = coming.length - shown;
  return more > 0 && lines.length < room ? [...lines, line(`    and ${more} more`, options, options.ink.dim)] : lines;
}

// --- internal ---

function nodeLines({ name, stage, since, reason }: NodeProgress, options: FrameOptions): FrameLine[] {
  const why = reason === undefined ? "" : `: ${plain(scrub(unnamed(name, reason)))}`;
  const time = duration(options.now - since);
  const [first = "", ...more] = broken(`${name}  ${STAGE_WORDS[stage]}${why}`, options.columns - 4 - width(time) - 2);
  return [
    line(`    ${first}`, options, options.ink.dim, time),
    ...more.map((text) => line(`      ${text}`, options, options.ink.dim)),
  ];
}
