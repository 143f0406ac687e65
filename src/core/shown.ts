/**
 * What a stranger has written, made fit for a terminal: control characters are shown, not obeyed. A title, a clipboard, a cursor that
 * goes back over another node's label, text that reads from right to left: none of it may come from a machine's output.
 */

/** As `cat -v` shows them: ^[ for escape, ^M for a carriage return; others by number, <U+202E>. Line ends and tabs stay. */
export const shown = (text: string): string => text.replaceAll(STEERING, mark);

/**
 * JSON in which the same characters are escapes, too: JSON's own rules leave those above U+007E as they are, and a terminal obeys
 * them. What reads it gets the same values.
 */
export const jsonText = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replaceAll(STEERING, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );

/** Controls (C0, DEL, C1), formats (bidirectional overrides, zero width, tags), and the two line ends of Unicode. */
const STEERING = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function mark(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 32) return `^${String.fromCharCode(code + 64)}`;
  if (code === 127) return "^?";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
