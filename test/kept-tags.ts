/** A claim's tags with the kept flags as an earlier version wrote them, a tag a flag, and as they are written now. */
import { FLAGS_TAG, flagsIn, withKeptFlags } from "../src/core/plan/kept-flags.ts";
import { type Tags, withoutParts } from "../src/core/plan/tag-parts.ts";

/** `aoc-vm-size` and so on: what tests read and change. */
export function tagAFlag(tags: Tags): Tags {
  const texts = flagsIn(tags);
  if (texts === "damaged") throw new Error(`damaged: ${JSON.stringify(tags)}`);
  const flags = [...texts].map(([name, values]) => [`aoc-${name}`, values.join()] as const);
  return { ...withoutParts(tags, FLAGS_TAG), ...Object.fromEntries(flags) };
}

/** The other way round; undefined takes a tag away. */
export function compact(tags: Record<string, string | undefined>): Tags {
  const all = Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const texts = flagsIn(all);
  return texts === "damaged" ? all : withKeptFlags(all, texts);
}
