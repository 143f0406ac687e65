/** Lists that may be empty, which is typed as `none`; and how what was given several times becomes one list. Pure. */
import { usageError } from "../errors.ts";
import type { Flag } from "./flag.ts";
import { type Parse, accepting } from "./parse.ts";

/** The parser of a list that is empty for `none`, which stands alone. */
export function orNone<T>(parse: Parse<readonly T[]>): Parse<readonly T[]> {
  const list = (text: string): readonly T[] => {
    if (NONE.test(text)) return [];
    const some = text.split(",").filter((one) => !NONE.test(one));
    if (some.length < text.split(",").length) throw contradiction(some.join(","));
    return parse(text);
  };
  const { accepts } = parse;
  return accepts?.pattern === undefined ? list : accepting({ ...accepts, pattern: `${accepts.pattern}|${NONE_PATTERN}` }, list);
}

/**
 * What lists of one flag are together: as if all had been typed in one, but for pairs, each of which counts by itself. No list at all is
 * `none` where that means something, and else what its parser says of no text.
 * @throws ClusterError Usage (exit 2)
 */
export function oneList(flag: Flag<unknown>, lists: readonly (readonly unknown[])[]): readonly unknown[] {
  const all = lists.flat();
  if (flag.pairs === true || (flag.none === true && all.length === 0)) return all;
  if (all.length > 0 && lists.some((list) => list.length === 0)) throw contradiction(all.join(","));
  return flag.parse(all.join(",")) as unknown[];
}

// --- internal ---

/** No flag i: it is a pattern of JSON Schema, too. */
const NONE_PATTERN = "^\\s*[Nn][Oo][Nn][Ee]\\s*$";
const NONE = new RegExp(NONE_PATTERN);

const contradiction = (values: string): Error =>
  usageError(`none and ${values} contradict each other`, "Give none alone, or leave it out.");
