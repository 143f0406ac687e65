/**
 * Sizes and locations in order of wish: `--vm-size A,B` and `--location x,y` name several that would do. Which of them is taken is
 * decided by what Azure has (operations/create/choose-place.ts); here is what was wished, and where one begins to ask. Pure.
 */
import { currentSize } from "./sizes.ts";

/** What a cluster in Azure remembers of its sizes: the wish, and which of it new machines get. */
export interface KeptSizes {
  readonly vmSize?: string | undefined;
  readonly sizeNow?: string | undefined;
}

export interface SizeWish {
  /** All of them, in order of wish. */
  readonly sizes: readonly string[];
  /** The one that is tried first: what the cluster uses now where the wish is its own, else the first. */
  readonly vmSize: string;
  /** Sentences about what was mapped and what was named twice. */
  readonly notes: readonly string[];
}

/** @param given what was wished now; the same list again is the wish that the cluster was made with */
export function wishedSizes(text: string, given: string | undefined, kept: KeptSizes): SizeWish {
  const mapped = text.split(",").map(currentSize);
  const { all: sizes, twice } = folded(mapped.map(({ size }) => size));
  const own = given === undefined || same(given, kept.vmSize);
  const now = own ? sizes.find((size) => size.toLowerCase() === kept.sizeNow?.toLowerCase()) : undefined;
  return {
    sizes,
    vmSize: now ?? sizes[0] ?? text,
    notes: [
      ...new Set(mapped.flatMap(({ note }) => (note === undefined ? [] : [`--vm-size ${note}.`]))),
      ...twice.map((size) => `--vm-size names ${size} more than once: it counts once.`),
    ],
  };
}

export function wishedLocations(text: string): { locations: readonly string[]; notes: readonly string[] } {
  const { all, twice } = folded(text.split(","));
  return { locations: all, notes: twice.map((one) => `--location names ${one} more than once: it counts once.`) };
}

/** What is tried one after the other: where one is, and then the others in order of wish. */
export const inTurn = (all: readonly string[], first: string): string[] => [first, ...all.filter((one) => one !== first)];

// --- internal ---

/** As they stand first, and what came again. */
function folded(all: readonly string[]): { all: string[]; twice: string[] } {
  const first = new Map<string, string>();
  const twice = new Map<string, string>();
  for (const one of all) {
    const known = first.get(one.toLowerCase());
    if (known === undefined) first.set(one.toLowerCase(), one);
    else twice.set(known, known);
  }
  return { all: [...first.values()], twice: [...twice.values()] };
}

const same = (a: string, b: string | undefined): boolean => listOf(a) === listOf(b ?? "");

const listOf = (text: string): string => folded(text.split(",").map((one) => currentSize(one).size.toLowerCase())).all.join(",");
