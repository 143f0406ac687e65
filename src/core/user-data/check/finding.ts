/** What a check says, as data; `lint` prints it, `create` refuses errors. */

export interface Finding {
  /**
   * How bad it is. "error": a node refuses the file, or ignores what it says. "warning": it works, and is seldom what was meant. "note":
   * what is done with the file on its way to a node.
   */
  readonly level: "error" | "warning" | "note";
  /** Line of the file, from 1; absent where the whole file is meant. */
  readonly line?: number;
  /** Where in the data it is, such as coreos.units[2].command; absent where that is nowhere in particular. */
  readonly path?: string;
  /** What was found, in a sentence. */
  readonly message: string;
  /** What to do about it; absent where nothing is known. */
  readonly advice?: string;
}

/** Systems whose user-data coreos-cloudinit reads. */
export type CloudinitPlatform = "flatcar" | "coreos";

/** The file as commands in advice name it: words for a shell. */
export interface NamedFile {
  readonly file: string;
  /** What such a command may write: the file's name with that ending, and nothing that is there. */
  readonly made: (ending: string) => string;
}

/** A part of a multipart file, in commands: there is no such file until somebody writes one. */
export const PART: NamedFile = { file: "PART", made: (ending) => `PART${ending}` };

/** Advice whose commands read a file that is not there yet: what makes that file is said before. */
export const advisedAfter = (findings: readonly Finding[], { file }: NamedFile, makesIt: string): readonly Finding[] =>
  findings.map((finding) =>
    finding.advice?.includes(file) === true
      ? { ...finding, advice: `${makesIt}${finding.advice.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}` }
      : finding,
  );

/** What every check is given: the platform decides what exists on the node. */
export interface CheckOptions extends NamedFile {
  readonly platform: CloudinitPlatform;
  /** Unpacks gzip, up to so many bytes; throws for more, and for what is damaged. Without it gzip is not looked into. */
  readonly gunzip?: (packed: Uint8Array, limit: number) => Uint8Array;
  /** Why `{0}` and `{1}` are not filled in here: "in a part of multipart MIME". */
  readonly sealed?: string;
}

export const error = (line: number, path: string, message: string, advice?: string): Finding => ({
  level: "error",
  line,
  path,
  message: message.replaceAll(/"([^"]{80})[^"]+"/g, '"$1..."'),
  ...(advice !== undefined && { advice }),
});

export const warning = (line: number, path: string, message: string, advice?: string): Finding => ({
  ...error(line, path, message, advice),
  level: "warning",
});

/** Of a value that is `{0}` or `{1}` and nothing else. */
export function unfilled(line: number, path: string, { sealed }: CheckOptions): Finding {
  if (sealed === undefined) return warning(line, path, "this is filled in by create --custom-data; no node understands it");
  return error(
    line,
    path,
    `create fills in nothing ${sealed}, and no node understands this`,
    "Give it as a plain #cloud-config.",
  );
}

export interface TreeProblem {
  readonly line: number;
  readonly message: string;
}
