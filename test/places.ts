/**
 * Where the files of a suite run, each in its turn: places of three kinds, and the lines of the files that wait for one. A place takes files
 * of its own kind before those of others, and a line is as its files came. Of processes it knows nothing (pool.ts).
 */
export type Kind = "computing" | "starting" | "waiting";

/** One place: whose files it takes, and those of whom when there are none of the first. */
export interface Place {
  readonly kinds: readonly [Kind, ...Kind[]];
}

export interface Places<P extends Place> {
  /** The place of a file, once it has one. */
  turnOf(kind: Kind): Promise<P>;
  /** A file is done there: to the next of the line. False where there is none, and the place stands empty. */
  passOn(place: P): boolean;
}

export function createPlaces<P extends Place>(places: readonly P[]): Places<P> {
  const free = [...places];
  const lines: Record<Kind, ((place: P) => void)[]> = { computing: [], starting: [], waiting: [] };
  return {
    turnOf(kind) {
      const at = free.findLastIndex((place) => place.kinds[0] === kind);
      const [place] = at < 0 ? [] : free.splice(at, 1);
      return place === undefined ? new Promise((resolve) => lines[kind].push(resolve)) : Promise.resolve(place);
    },
    passOn(place) {
      const next = place.kinds
        .map((kind) => lines[kind])
        .find((line) => line.length > 0)
        ?.shift();
      if (next === undefined) free.push(place);
      else next(place);
      return next !== undefined;
    },
  };
}
