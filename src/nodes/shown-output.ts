/** A command's output on its way to a terminal, as it comes: characters in two pieces stay whole, control characters are shown. */
import { StringDecoder } from "node:string_decoder";
import { shown } from "../core/shown.ts";

export interface ShownOutput {
  add(chunk: Buffer): void;
  /** What was held back. May be called twice. */
  end(): void;
}

export function shownOutput(write: (text: string) => void): ShownOutput {
  const decoder = new StringDecoder("utf8");
  let carriage = "";
  const take = (text: string): void => {
    const whole = carriage + text;
    // it may be the first half of a line's end
    carriage = whole.endsWith("\r") ? "\r" : "";
    const ready = whole.slice(0, whole.length - carriage.length).replaceAll("\r\n", "\n");
    if (ready !== "") write(shown(ready));
  };
  return {
    add: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (carriage !== "") write(shown(carriage));
      carriage = "";
    },
  };
}

/** The same for one whole line, without its end. */
export function shownLine(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return shown(text.endsWith("\r") ? text.slice(0, -1) : text);
}
