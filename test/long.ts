/** With LONG=all, as in CI: those, too, that take longest, and of whose parts each is tried by itself elsewhere. They are a third of the suite's work. */
export const long = process.env["LONG"] === "all";

/** Every third of a table that holds ours against what another program says of the same; with LONG=all each. */
export const everyThird = <T>(table: readonly T[]): T[] => (long ? [...table] : table.filter((_, at) => at % 3 === 0));

/** Of a sweep those at these places, which differ most; with LONG=all every one. */
export const some = <T>(sweep: readonly T[], ...places: readonly number[]): T[] =>
  long ? [...sweep] : sweep.filter((_, at) => places.includes(at) || places.includes(at - sweep.length));
