/** The last line of every screen: what a run has done, in a sentence. Shared by the live and the line report. */
import { type Progress, WORDS } from "./progress.ts";
import { duration, plural } from "../core/words.ts";

/**
 * The run in a sentence or two: "3 machines, load balancer and 6 more made in 1 min 38 s." Undefined when
 * nothing happened to any resource.
 */
export function summary(progress: Progress): string | undefined {
  const groups = [...progress.groups.values()].filter((group) => !group.phase);
  const parts: string[] = [];
  for (const stage of [
    "made",
    "changed",
    "deleted",
    "deallocated",
    "started",
    "done",
    "unchanged",
    "left",
    "failed",
    "not changed",
    "skipped",
    "retrying",
    "work",
  ] as const) {
    const things = groups.flatMap((group) => {
      const count = group.counts[stage] ?? 0;
      return count === 0
        ? []
        : [{ count, words: count === 1 && group.total === 1 ? group.label : `${count} ${plural(group.noun, count)}` }];
    });
    if (things.length === 0) continue;
    things.sort((a, b) => b.count - a.count);
    const shown = things.slice(0, 4).map((thing) => thing.words);
    const rest = things.slice(4).reduce((sum, thing) => sum + thing.count, 0);
    parts.push(
      `${listed(rest === 0 ? shown : [...shown, `${rest} more`])} ${stage === "work" ? NOT_FINISHED : (WORDS[stage] ?? stage)}`,
    );
  }
  if (parts.length === 0) return undefined;
  // how long it took is not known: the last that was heard of it may be long ago
  if (parts.length === 1 && parts[0]?.endsWith(NOT_FINISHED) === true) return `${parts[0]}.`;
  const time = duration(progress.lastAt - (progress.startedAt ?? progress.lastAt));
  // "which goes on in 3 s" would say something else
  const goesOn = groups.some((group) => (group.counts.left ?? 0) > 0);
  return parts.length === 1 && !goesOn ? `${parts[0]} in ${time}.` : `${parts.join("; ")}; ${time} in all.`;
}

const NOT_FINISHED = "not finished";

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
