/**
 * YAML as the words that libyaml and PyYAML make of it, and where they stop: where a key may stand, how deep it is, and when a colon makes one.
 * No library for JavaScript reads YAML 1.1 as they do, and a check that reads otherwise calls files right that a node refuses. It decides in the same
 * order as they do; test/core/yaml/readers.test.ts holds it against them.
 */
import { YAMLException } from "js-yaml";
import { Cursor, type TokenKind, type Token } from "./cursor.ts";
import { DEEPEST, refuseYaml, refuseColon, refuseStart, TOO_DEEP } from "./faults.ts";
import { BREAKS, isBlank, isBreak, type Reader } from "./reader.ts";
import { block, isDocumentMark, plainText, quoted, type Scanned } from "./texts.ts";

/** The tokens up to the end, or up to what is refused; `error` is then what is said of it. */
export function scan(source: string, reader: Reader): { readonly tokens: readonly Token[]; readonly error?: YAMLException } {
  return new Scanner(source, reader).scan();
}

/** With the comment after them. */
const BLANKS = new RegExp(` *(?:#[^${BREAKS}]*)?`, "y");
const BLANKS_AND_TABS = new RegExp(`[ \\t]*(?:#[^${BREAKS}]*)?`, "y");
const BREAK = new RegExp(`\\r\\n|[${BREAKS}]`, "y");

class Scanner extends Cursor {
  scan(): { readonly tokens: readonly Token[]; readonly error?: YAMLException } {
    try {
      while (this.tokens.at(-1)?.kind !== "end") this.next();
      return { tokens: this.tokens };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      // what may yet be a key is not known to be none
      const known = Math.min(this.tokens.length, ...[...this.keys.values()].map(({ index }) => index));
      return { tokens: this.tokens.slice(0, known), error };
    }
  }

  private next(): void {
    this.skip();
    this.forgetKeys();
    this.outdent(this.column);
    const { source, at } = this;
    const char = source[at];
    if (char === undefined) return this.end();
    if (char === "%" && this.column === 0) return this.line("%", this.matched(new RegExp(`[^${BREAKS}]*`, "y")));
    if (isDocumentMark(source, at)) return this.line(char === "-" ? "---" : "...", 3);
    const alone = isBlank(source[at + 1]);
    if (char === "[" || char === "{") return this.open(char);
    if (char === "]" || char === "}") return this.close(char);
    if (char === ",") return this.indicator(",", true);
    if (char === "-" && alone) return this.begin("-", "list");
    if (char === "?" && (alone || this.depth > 0)) return this.begin("?", "map");
    if (char === ":" && (alone || this.depth > 0)) return this.colon();
    if (char === "*" || char === "&") return this.property(char, this.anchor());
    if (char === "!") return this.property("!", this.tag());
    if ((char === "|" || char === ">") && this.depth === 0) return this.block();
    if (char === '"' || char === "'") return this.text(quoted);
    if (/[-?:]/.test(char) || !/[ \t\r\n\x85\u2028\u2029,[\]{}#&*!|>'"%@`]/.test(char)) return this.text(plainText);
    return refuseStart(source, at);
  }

  /** To the next word: over blanks, comments and line ends. */
  private skip(): void {
    for (;;) {
      if (this.at === 0 && this.source.startsWith("\u{feff}")) this.at++;
      const tabs = this.reader.tabs && (this.depth > 0 || !this.keyAllowed);
      this.at += this.matched(tabs ? BLANKS_AND_TABS : BLANKS);
      if (!isBreak(this.source[this.at])) return;
      this.moveTo(this.at + this.matched(BREAK));
      if (this.depth === 0) this.keyAllowed = true;
    }
  }

  private indicator(kind: TokenKind, keyAllowed: boolean): void {
    this.forgetKey();
    this.keyAllowed = keyAllowed;
    this.push(kind, 1);
    this.at++;
  }

  private line(kind: TokenKind, length: number): void {
    this.outdent(-1);
    this.forgetKey();
    this.keyAllowed = false;
    this.push(kind, length);
    this.at += length;
  }

  private end(): void {
    this.outdent(-1);
    this.forgetKey();
    this.push("end", 0);
  }

  private open(kind: "[" | "{"): void {
    this.maybeKey();
    if (++this.depth > DEEPEST) refuseYaml(this.source, this.at, TOO_DEEP);
    this.keyAllowed = true;
    this.push(kind, 1);
    this.at++;
  }

  private close(kind: "]" | "}"): void {
    this.forgetKey();
    this.depth = Math.max(this.depth - 1, 0);
    this.keyAllowed = false;
    this.push(kind, 1);
    this.at++;
  }

  private begin(kind: "-" | "?", collection: "list" | "map"): void {
    if (this.depth === 0) {
      if (!this.keyAllowed) refuseYaml(this.source, this.at, NOT_HERE[kind]);
      if (this.deeper(this.column)) this.push(collection, 0);
    }
    this.indicator(kind, kind === "-" || this.depth === 0);
  }

  private colon(): void {
    const key = this.keys.get(this.depth);
    if (key !== undefined) {
      this.keys.delete(this.depth);
      const mark = (kind: TokenKind): void => void this.tokens.splice(key.index, 0, { kind, start: key.at, end: key.at });
      mark("?");
      if (this.depth === 0 && this.deeper(key.at - key.lineStart)) mark("map");
      return this.indicator(":", false);
    }
    if (this.depth === 0) {
      if (!this.keyAllowed) refuseColon(this.source, this.at, this.tokens);
      if (this.deeper(this.column)) this.push("map", 0);
    }
    this.indicator(":", this.depth === 0);
  }

  private text(read: (around: Parameters<typeof plainText>[0], start: number) => Scanned): void {
    this.maybeKey();
    this.keyAllowed = false;
    const { text, next } = this.scanned(read);
    if (read === plainText) this.keyAllowed = /[\r\n\x85\u2028\u2029]/.test(this.source.slice(text.valueEnd, next));
  }

  private block(): void {
    this.forgetKey();
    this.keyAllowed = true;
    this.scanned(block);
  }

  private scanned(read: (around: Parameters<typeof plainText>[0], start: number) => Scanned): Scanned {
    const { source, reader, indent, depth } = this;
    const found = read({ source, reader, indent, inFlow: depth > 0 }, this.at);
    if (found.next === this.at) refuseStart(source, this.at);
    this.push("text", found.next - this.at, found.text);
    this.moveTo(found.next);
    return found;
  }

  private property(kind: "*" | "&" | "!", length: number): void {
    this.maybeKey();
    this.keyAllowed = false;
    this.push(kind, length);
    this.at += length;
  }

  private anchor(): number {
    const length = this.matched(new RegExp(`[*&][\\w-]+(?=[ \\t${BREAKS}?:,\\]}%@\`]|$)`, "y"));
    const what = this.source[this.at] === "*" ? "an alias (*) is named with" : "an anchor (&) is named with";
    return length > 0
      ? length
      : refuseYaml(this.source, this.at, `${what} letters and digits: a text that begins so goes in quotes`);
  }

  private tag(): number {
    const uri = "(?:[\\w\\-;/?:@&=+$,.!~*'()[\\]]|%[\\da-fA-F]{2})";
    const blank = this.reader.tabs ? " \\t" : " ";
    const length = this.matched(new RegExp(`!(?:<${uri}+>|[\\w-]*!${uri}+|(?![\\w-]*!)${uri}*)(?=[${blank}${BREAKS}]|$)`, "y"));
    return length > 0
      ? length
      : refuseYaml(this.source, this.at, "a text that begins with ! goes in quotes: to YAML it is a tag");
  }
}

const NOT_HERE = {
  "-": "a list cannot begin in the line of its key: begin it in the next line",
  "?": "a key cannot begin here: put a text that begins with ? in quotes",
};
