/**
 * Where a scanner is in a text, what it has found, and what may yet turn out to be a key: a colon makes one of the word before it. What is
 * indented deeper than what is around it begins a collection, and what is indented less ends it.
 */
import { refuseNoColon } from "./faults.ts";
import { from, isBreak, type Reader } from "./reader.ts";
import type { Text } from "./texts.ts";

/** As they are written; "list", "map" and "outdent" where indentation begins and ends a collection, "end" of the file. */
export type TokenKind =
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "-"
  | "?"
  | ":"
  | "---"
  | "..."
  | "%"
  | "*"
  | "&"
  | "!"
  | "text"
  | "list"
  | "map"
  | "outdent"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly text?: Text;
}

/** What comes before a colon, should one come. */
interface PossibleKey {
  /** Where its first token is. */
  readonly index: number;
  readonly at: number;
  readonly lineStart: number;
  /** Nothing but a key can stand here. */
  readonly required: boolean;
}

/** A key is in one line, and its colon at most so far from its start. */
const LONGEST_KEY = 1024;

/** A class, as words, indentation and keys are known together. */
export class Cursor {
  protected readonly source: string;
  protected readonly reader: Reader;
  protected readonly tokens: Token[] = [];
  protected at = 0;
  protected lineStart = 0;
  protected depth = 0;
  protected indent = -1;
  protected readonly indents: number[] = [];
  protected keyAllowed = true;
  /** By the depth of brackets. */
  protected readonly keys = new Map<number, PossibleKey>();

  constructor(source: string, reader: Reader) {
    this.source = source;
    this.reader = reader;
  }

  protected get column(): number {
    return this.at - this.lineStart;
  }

  /** How much of the text from here on is of a pattern. */
  protected matched(pattern: RegExp): number {
    return from(this.at, pattern).exec(this.source)?.[0].length ?? 0;
  }

  protected moveTo(next: number): void {
    let line = next;
    while (line > this.at && !isBreak(this.source[line - 1])) line--;
    if (line > this.at) this.lineStart = line;
    this.at = next;
  }

  protected push(kind: TokenKind, length: number, text?: Text): void {
    this.tokens.push({ kind, start: this.at, end: this.at + length, ...(text !== undefined && { text }) });
  }

  protected maybeKey(): void {
    if (!this.keyAllowed) return;
    this.forgetKey();
    const required = this.depth === 0 && this.indent === this.column;
    this.keys.set(this.depth, { index: this.tokens.length, at: this.at, lineStart: this.lineStart, required });
  }

  protected forgetKey(): void {
    const key = this.keys.get(this.depth);
    if (key?.required === true) refuseNoColon(this.source, key.at, this.tokens.slice(0, key.index));
    this.keys.delete(this.depth);
  }

  protected forgetKeys(): void {
    for (const [depth, key] of this.keys) {
      if (key.lineStart === this.lineStart && this.at - key.at <= LONGEST_KEY) continue;
      if (key.required) refuseNoColon(this.source, key.at, this.tokens.slice(0, key.index));
      this.keys.delete(depth);
    }
  }

  protected outdent(column: number): void {
    if (this.depth > 0) return;
    while (this.indent > column) {
      this.indent = this.indents.pop() ?? -1;
      this.push("outdent", 0);
    }
  }

  protected deeper(column: number): boolean {
    if (this.indent >= column) return false;
    this.indents.push(this.indent);
    this.indent = column;
    return true;
  }
}
