/** What is wrong with a file that is no YAML, as a person can mend it: the parser's own words are often about its innards. */

/**
 * @param reason what the parser said
 * @param line where it stopped, from 1
 */
export function yamlProblem(text: string, reason: string, line: number): string {
  const where = text.split(/\r\n|\r|\n/)[line - 1] ?? "";
  // a tab stands where an editor put it, and looks like blanks
  if (/^[\s-]*\t/.test(where)) return "a tab in the indentation: YAML takes blanks only";
  if (where.includes("\t")) return `a tab in this line, where YAML takes blanks only (${reason})`;
  return reason;
}
