/** When two values of a flag are one wish, and so change nothing: the case of a name, the order of a set. Pure. */
import type { Flag } from "./flag.ts";
import { type FlagValues, flagRows } from "./flags.ts";

/** What is given, in the words in which the cluster keeps it where it is the same wish: a tag would be written anew for its spelling. */
export function inKeptWords<T extends Partial<FlagValues>>(given: T, kept: Partial<FlagValues>): T {
  const same = flagRows.flatMap(([key, flag]) =>
    given[key] !== undefined && kept[key] !== undefined && isSame(flag, given[key], kept[key]) ? [[key, kept[key]]] : [],
  );
  return { ...given, ...(Object.fromEntries(same) as Partial<T>) };
}

// --- internal ---

const isSame = ({ alike }: Flag<unknown>, one: unknown, other: unknown): boolean =>
  alike !== undefined && alike(one) === alike(other);
