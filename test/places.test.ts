/** Whose turn it is among the files of this very suite. */
import { expect, test } from "vitest";
import { type Kind, type Place, createPlaces } from "./places.ts";

interface Named extends Place {
  readonly name: string;
}
const COMPUTING: Named = { name: "computing", kinds: ["computing", "starting", "waiting"] };
const STARTING: Named = { name: "starting", kinds: ["starting", "computing", "waiting"] };
const WAITING: Named = { name: "waiting", kinds: ["waiting", "starting"] };

/** Files that come in this order: `log` has each when it has its place. */
function suite(places: readonly Named[], files: readonly (readonly [file: string, kind: Kind])[]) {
  const { turnOf, passOn } = createPlaces(places);
  const log: string[] = [];
  const come = (file: string, kind: Kind): void => void turnOf(kind).then(({ name }) => log.push(`${file} at ${name}`));
  for (const [file, kind] of files) come(file, kind);
  return {
    come,
    /** What has happened since the last look. */
    async seen(): Promise<string[]> {
      await new Promise(setImmediate);
      return log.splice(0);
    },
    passOn,
  };
}

test("a file goes to a place of its kind; what finds none waits in line", async () => {
  const on = suite(
    [COMPUTING, STARTING, WAITING],
    [
      ["a", "computing"],
      ["b", "computing"],
      ["c", "starting"],
      ["d", "waiting"],
    ],
  );
  expect(await on.seen()).toEqual(["a at computing", "c at starting", "d at waiting"]);
  expect(on.passOn(COMPUTING)).toBe(true);
  expect(await on.seen()).toEqual(["b at computing"]);
});

test.each<[Named, string[]]>([
  [COMPUTING, ["computing 1", "computing 2", "starting 1", "starting 2", "waiting 1", "waiting 2"]],
  [STARTING, ["starting 1", "starting 2", "computing 1", "computing 2", "waiting 1", "waiting 2"]],
  [WAITING, ["waiting 1", "waiting 2", "starting 1", "starting 2"]],
])("a place takes its own files first, then the others' in their order: $name", async (place, order) => {
  const kinds = ["waiting", "computing", "starting"] as const;
  const on = suite(
    [],
    [1, 2].flatMap((nth) => kinds.map((kind) => [`${kind} ${nth}`, kind] as const)),
  );
  for (const file of order) {
    expect(on.passOn(place)).toBe(true);
    expect(await on.seen()).toEqual([`${file} at ${place.name}`]);
  }
  expect(on.passOn(place)).toBe(false);
});

test("a place that nobody waits for is free for the next file of its kind", async () => {
  const on = suite([COMPUTING], [["a", "computing"]]);
  expect(await on.seen()).toEqual(["a at computing"]);
  expect(on.passOn(COMPUTING)).toBe(false);
  on.come("b", "computing");
  expect(await on.seen()).toEqual(["b at computing"]);
});
