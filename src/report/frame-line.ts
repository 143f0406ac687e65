/** A line of the live screen, and what it is drawn for. No line is wider than the terminal. */
import type { Paint } from "./paint.ts";
import { truncate, width } from "../core/words.ts";

/** What stands above everything else. */
export interface Head {
  /** "mycluster in westus, subscription Sandbox". */
  readonly title: string;
  /** How long it usually takes, in ms; absent where nobody can say. */
  readonly usualMs?: number;
}

export interface FrameOptions {
  /** The run's clock, ms. */
  readonly now: number;
  readonly nodes: number;
  readonly head?: Head | undefined;
  /** Room on the screen. No line is wider, and there are no more lines. */
  readonly columns: number;
  readonly rows: number;
  readonly ink: Paint;
}

/** `text` without colour, for its width. */
export interface FrameLine {
  readonly text: string;
  readonly painted: string;
}

/** Up to here each has its own line; of more so many. */
export const FEW = 12;
export const SHOWN = 5;

/** Cut to the screen, the time at its right edge. */
export function line(text: string, { columns, ink }: FrameOptions, color: (text: string) => string, time = ""): FrameLine {
  if (time === "") {
    const cut = truncate(text, columns);
    return { text: cut, painted: color(cut) };
  }
  const cut = truncate(text, Math.max(0, columns - width(time) - 2));
  const gap = " ".repeat(Math.max(2, columns - width(cut) - width(time)));
  return { text: `${cut}${gap}${time}`, painted: `${color(cut)}${gap}${ink.dim(time)}` };
}

/** Between words, so that all of it can be read; a word that is longer than a line is cut by `line`. */
export function broken(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S)(?= )/)) {
    const last = lines.at(-1);
    if (last === undefined || width(last + word) > columns) lines.push(last === undefined ? word : word.trimStart());
    else lines[lines.length - 1] = last + word;
  }
  return lines;
}
