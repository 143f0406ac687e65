/** With LONG=all, as in CI: those, too, that take longest, and of whose parts each is tried by itself elsewhere. They are a third of the suite's work. */
export const long = process.env["LONG"] === "all";

/** Of a sweep those at these places, which differ most; with LONG=all every one. */
export const some = <T>(sweep: readonly T[], ...places: readonly number[]): T[] =>
  long ? [...sweep] : sweep.filter((_, at) => places.includes(at) || places.includes(at - sweep.length));
