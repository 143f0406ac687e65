/**
 * The programs that read YAML on a node. Both read YAML 1.1, with the same algorithm in two languages: what libyaml and its port in Go do
 * (coreos-cloudinit), and PyYAML (cloud-init). A parser of YAML 1.2 takes files that they refuse, and refuses some that they take. What they
 * do not read alike is in this table, a column each.
 */
export interface Reader {
  /** A tab is a blank within a line. */
  readonly tabs: boolean;
  /** A `|` text may begin with a tab. */
  readonly tabFirst: boolean;
  /** A word of a plain text in brackets: which characters after a colon end it is not the same. */
  readonly wordInBrackets: RegExp;
  /** Between two words of a plain text. */
  readonly between: RegExp;
  /** A `%` line that is neither %YAML nor %TAG is passed over. */
  readonly anyDirective: boolean;
  /** What a backslash begins in double quotes, but for a line's end. */
  readonly escape: RegExp;
}

/** What ends a line in YAML 1.1, for a class of a pattern. */
export const BREAKS = "\\r\\n\\x85\\u2028\\u2029";

export const LIBYAML: Reader = {
  tabs: true,
  tabFirst: false,
  wordInBrackets: new RegExp(`(?:(?!:(?:[ \\t${BREAKS}]|$))[^ \\t${BREAKS},?[\\]{}])+`, "y"),
  between: new RegExp(`[ \\t${BREAKS}]+`, "y"),
  anyDirective: false,
  escape:
    /\\(?:[0abt\tnvfre "\\N_LP]|x[\da-fA-F]{2}|u(?![dD][89a-fA-F])[\da-fA-F]{4}|U00(?!00[dD][89a-fA-F]|1[1-9a-fA-F])[01][\da-fA-F]{5})/y,
};

export const PYYAML: Reader = {
  tabs: false,
  tabFirst: true,
  wordInBrackets: new RegExp(`(?:(?!:(?:[ \\t${BREAKS},[\\]{}]|$))[^ \\t${BREAKS},?[\\]{}])+`, "y"),
  between: new RegExp(` *[${BREAKS}][ ${BREAKS}]*| +`, "y"),
  anyDirective: true,
  escape: /\\(?:[0abt\tnvfre "\\/N_LP]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?!1[1-9a-fA-F])[01][\da-fA-F]{5})/y,
};

export const isBreak = (char: string | undefined): boolean =>
  char === "\n" || char === "\r" || char === "\u0085" || char === "\u2028" || char === "\u2029";

/** A blank, a tab or the end of a line or of the text. */
export const isBlank = (char: string | undefined): boolean =>
  char === undefined || char === " " || char === "\t" || isBreak(char);

/** The source for js-yaml, which knows the line ends of YAML 1.2 only: each character stays where it is. */
export const withSeenBreaks = (source: string): string => source.replaceAll(/[\x85\u2028\u2029]/g, "\n");

/** A pattern that is to be matched at a place: compiled once, for a file has thousands of words, and a cluster a file a node. */
export function from(at: number, pattern: RegExp): RegExp {
  pattern.lastIndex = at;
  return pattern;
}
