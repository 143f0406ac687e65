/** Words of this program as other programs read them: a shell, ssh's configuration. Advice is there to be copied, and what Azure tells may hold anything. */

/** A word of a command line, as a POSIX shell takes it literally. */
export const shellWord = (word: string): string =>
  /^(?![~=])[\w./~:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A path as ssh_config(5) takes it: a percent sign starts a token, and what has blanks stands in double quotes. */
export function sshConfigWord(path: string): string {
  const literal = path.replaceAll("%", "%%");
  return /[\s"\\#']/.test(literal) ? `"${literal.replaceAll(/["\\]/g, "\\$&")}"` : literal;
}
