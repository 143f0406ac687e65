/**
 * The words and measures that all screens share: times, plurals, the two halves of a label, and text that is safe to
 * print. Azure's messages and a node's console reach the screen, so that control characters are taken out here.
 */

/** "12 s", "1 min 38 s", "1 h 2 min"; below a second "0 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "machine", "machines", "public addresses". */
export function plural(noun: string, count: number): string {
  if (count === 1) return noun;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

/** "2 of 3 nodes", "0 of 1 node". */
export const someOf = (some: number, all: number, noun: string): string => `${some} of ${all} ${plural(noun, all)}`;

/** "a, b and 3 more". @param most so many are named */
export const few = (words: readonly string[], most: number): string =>
  words.length <= most ? words.join(", ") : `${words.slice(0, most).join(", ")} and ${words.length - most} more`;

/** "are" of several, "is" of one. */
export const are = (count: number): string => (count === 1 ? "is" : "are");

/**
 * What kind of thing a label names: "machine" of "machine mycluster-coreos-0", "interface" of "interface of
 * mycluster-coreos-0"; a label without a name ("load balancer") is itself. The id tells a name that looks like a word.
 */
export function nounOf(label: string, id = ""): string {
  const name = nameIn(label);
  if (name === label) return label;
  const noun = label.slice(0, -name.length - 1);
  if (noun.endsWith(" of")) return noun.slice(0, -3);
  const ownName = id.slice(id.lastIndexOf("/") + 1);
  return name.toLowerCase() === ownName.toLowerCase() || /[-\d/]/.test(name) ? noun : label.replace(/ of .*/, "");
}

/** The name in a label: its last word. */
export const nameIn = (label: string): string => label.slice(label.lastIndexOf(" ") + 1);

/** What was done to a resource, in one word. */
export const changed = (change: "created" | "updated" | "deleted" | "deallocated" | "started" | undefined): string =>
  change === undefined ? "done" : change === "updated" ? "changed" : change === "created" ? "made" : change;

/**
 * One line without control characters: colour codes, carriage returns, text that reads from right to left and the like cannot reach
 * the terminal.
 */
export const plain = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- they are what is taken out
    .replaceAll(/\u001B\[[0-?]*[ -/]*[@-~]|\u001B[^[]?/g, "")
    // line ends become blanks
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();

/** The same for a text of several lines, which may hold the colours that our own screens use. */
export const printable = (text: string): string => text.replaceAll(STEERING, (_, ink?: string) => ink ?? "");

// eslint-disable-next-line no-control-regex -- they are what is taken out
const STEERING = /(\u001B\[(?:1|2|22|31|32|39)m)|\u001B\[[0-?]*[ -/]*[@-~]|(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Columns that a text takes on a terminal; East Asian wide characters and emoji take two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += cells(character.codePointAt(0)!);
  return columns;
}

/** Cut to `columns`, with an ellipsis where something was cut; never wraps. */
export function truncate(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let used = 0;
  let kept = "";
  for (const character of text) {
    const next = cells(character.codePointAt(0)!);
    if (used + next > columns - 1) break;
    used += next;
    kept += character;
  }
  return columns <= 0 ? "" : `${kept}…`;
}

function cells(point: number): number {
  if (point < 0x300) return 1;
  if ((point >= 0x300 && point <= 0x36f) || (point >= 0xfe00 && point <= 0xfe0f)) return 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}
