/** Colour as four functions, so that screens never hold escape codes; and the rule for when a terminal gets any. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function paint(color: boolean): Paint {
  const code = (open: number, close: number) => (text: string) =>
    color && text !== "" ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return { good: code(32, 39), bad: code(31, 39), strong: code(1, 22), dim: code(2, 22) };
}

/**
 * What a stream can do: `color` only on a terminal, without NO_COLOR (https://no-color.org: set and not empty) and not with
 * TERM=dumb; `animate` only where a line can be drawn again, so not with TERM=dumb and not in CI, whose logs keep every frame.
 */
export function abilities(
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY: boolean },
): { color: boolean; animate: boolean } {
  const terminal = stream.isTTY && env["TERM"] !== "dumb";
  return { color: terminal && (env["NO_COLOR"] ?? "") === "", animate: terminal && (env["CI"] ?? "") === "" };
}
