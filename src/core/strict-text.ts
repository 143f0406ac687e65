/** A file's bytes as text, of UTF-8 and nothing else: what is not is named, with the command that mends it; nothing is ever replaced. */

/** Why bytes are no text. */
export interface NoText {
  /** From 1. */
  readonly line: number;
  readonly message: string;
  readonly advice: string;
  /** UTF-16 or UTF-32: no line of it can be read. */
  readonly wide: boolean;
}

/**
 * @param file and `made`, which the command that mends it writes, are words for a shell
 * @returns the text, a byte order mark of UTF-8 included
 */
export function strictText(bytes: Uint8Array, file: string, made: string): string | NoText {
  const wide = wideEncoding(bytes);
  if (wide !== undefined) {
    const advice = `iconv -f ${wide} -t UTF-8 ${file} > ${made} (in PowerShell: Set-Content -Encoding utf8NoBOM)`;
    return { line: 1, message: `the file is ${wide}, as PowerShell's > writes it`, advice, wide: true };
  }
  const line = firstLineThatIsNot(bytes);
  if (line === undefined) return decode(bytes) ?? "";
  const advice = `If it was saved as Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8 ${file} > ${made}`;
  return { line, message: "this line is not UTF-8", advice, wide: false };
}

// --- internal ---

const MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ["UTF-32", [0xff, 0xfe, 0, 0]],
  ["UTF-32", [0, 0, 0xfe, 0xff]],
  ["UTF-16", [0xff, 0xfe]],
  ["UTF-16", [0xfe, 0xff]],
];

/** UTF-16 or UTF-32, by its mark or, without one, by the zero bytes that its ASCII has. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const marked = MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte));
  if (marked !== undefined) return marked[0];
  const start = [...bytes.subarray(0, 64)];
  if (start.length < 8) return undefined;
  const zeros = (odd: number): boolean => start.every((byte, index) => (index % 2 === odd ? byte === 0 : byte !== 0));
  return zeros(1) ? "UTF-16LE" : zeros(0) ? "UTF-16BE" : undefined;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** From 1. A line feed is never part of another character of UTF-8, so lines can be looked at one by one. */
function firstLineThatIsNot(bytes: Uint8Array): number | undefined {
  if (decode(bytes) !== undefined) return undefined;
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, start);
    if (decode(bytes.subarray(start, end < 0 ? bytes.length : end)) === undefined) return line;
    if (end < 0) return line;
    start = end + 1;
  }
}
