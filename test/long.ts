/** With LONG=all, as in CI: those, too, that take longest, and of whose parts each is tried by itself elsewhere. They are a quarter of the suite's work. */
export const long = process.env["LONG"] === "all";
