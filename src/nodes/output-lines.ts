/**
 * A command's output cut into lines, for printing with the node's name before each, and kept whole for `--json`. Characters
 * that arrive in two pieces stay whole. Keeps at most 16 MiB of a stream; lines go on all the same.
 */
import { StringDecoder } from "node:string_decoder";

export interface OutputLine {
  readonly index: number;
  readonly name: string;
  readonly stream: "stdout" | "stderr";
  /** Without the line's end. */
  readonly text: string;
}

export interface LineSplitter {
  add(chunk: Buffer): void;
  /** Hands on a last line without an end, and returns the whole text. May be called twice. */
  end(): string;
}

const KEEP = 16 << 20;

export function lineSplitter(onLine: (text: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let whole = "";
  let rest = "";
  const take = (text: string): void => {
    if (whole.length < KEEP) whole += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  };
  return {
    add: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== "") onLine(rest);
      rest = "";
      return whole;
    },
  };
}

/** `mycluster-coreos-0 | text`, with the names padded to one width. */
export const labelled = ({ name, text }: OutputLine, width: number): string => `${name.padEnd(width)} | ${text}`;
