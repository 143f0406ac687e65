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
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(where)?.[0].codePointAt(0);
  if (control !== undefined) {
    const hex = control.toString(16).padStart(2, "0");
    return `a control character (U+00${hex.toUpperCase()}) in this line, and YAML takes none: in double quotes it is written \\x${hex}`;
  }
  return reason;
}
