/**
 * How much a text of YAML stands for when its aliases are written out: eight lines of lists of aliases are forty million values, and whatever
 * walks them never ends ("billion laughs"). Counted on the parser's events, before anything is made of them.
 */
import { EVENT_ID, type Event } from "js-yaml";

/** A file of ours has some hundreds of values; user-data of 64 KiB cannot have so many written out. */
export const MOST_VALUES = 100_000;

/** The line (from 1) of the alias with which they are too many; undefined of a file that is as small as it looks. */
export function overgrownLine(text: string, events: readonly Event[]): number | undefined {
  const sizes = new Map<string, number>();
  const open: { readonly anchor: string | undefined; size: number }[] = [];
  // all that is written out, each value where it stands
  let all = 0;
  const add = (size: number): void => {
    const around = open.at(-1);
    if (around !== undefined) around.size += size;
  };
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) continue;
    if (event.type === EVENT_ID.POP) {
      const { anchor, size } = open.pop() ?? { anchor: undefined, size: 0 };
      if (anchor !== undefined) sizes.set(anchor, size);
      add(size);
      continue;
    }
    const anchor = event.anchorStart >= 0 ? text.slice(event.anchorStart, event.anchorEnd) : undefined;
    if (event.type === EVENT_ID.ALIAS) {
      const size = sizes.get(anchor ?? "") ?? 1;
      add(size);
      all += size;
      if (all > MOST_VALUES) return text.slice(0, event.anchorStart).split(/\r\n|\r|\n/).length;
    } else if (event.type === EVENT_ID.SCALAR) {
      if (anchor !== undefined) sizes.set(anchor, 1);
      add(1);
    } else open.push({ anchor, size: 1 });
  }
  return undefined;
}

export const OVERGROWN = "its aliases stand for more than 100,000 values, and what reads them would run out of memory";
