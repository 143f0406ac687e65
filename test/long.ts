import { join, relative } from "node:path";

/** With LONG=all, as in CI: those, too, that take longest, and of whose parts each is tried by itself elsewhere. They are half of the suite's work. */
export const long = process.env["LONG"] === "all";

/** Files that put every command through one thing, or wait for the programs of others for long: run in CI, and by who names one. */
const LEFT_TO_CI = [
  "bench",
  "ci-templates",
  "cli/hostile",
  "cli/lists-behind",
  "cli/one-group",
  "cli/out-of-sight",
  "cli/read-rounds",
  "cli/reads-behind",
  "cli/respelt",
  "cli/schema",
  "nodes/membership",
  "permissions",
  "property",
  "sim/nonsense",
  "together-pairs",
  "upgrade",
].map((name) => `test/${name}.test.ts`);

/** What this suite leaves out. @param words of its command line: who names a file, or its folder, wants it */
export function leftOut(words: readonly string[]): string[] {
  const named = words.map((word) => relative(join(import.meta.dirname, ".."), word));
  return long ? [] : LEFT_TO_CI.filter((file) => !named.some((one) => `${file}/`.startsWith(`${one}/`)));
}

/** Every third of a table that holds ours against what another program says of the same; with LONG=all each. */
export const everyThird = <T>(table: readonly T[]): T[] => (long ? [...table] : table.filter((_, at) => at % 3 === 0));

/** Of a sweep those at these places, which differ most; with LONG=all every one. A place that it does not have is an error: nothing would be tried. */
export function some<const T>(sweep: readonly T[], ...places: readonly number[]): T[] {
  if (long) return [...sweep];
  const chosen = new Set(places.map((place) => (place < 0 ? sweep.length + place : place)));
  const found = sweep.filter((_, at) => chosen.has(at));
  if (found.length < chosen.size) throw new Error(`of ${sweep.length} there is none at ${places.join()}`);
  return found;
}
