/**
 * YAML as js-yaml's events, read as the readers of a node read it (reader.ts): what is made of events (values, trees, how much aliases stand
 * for) need not know who read them.
 */
import { CHOMPING_MODE, COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE, type DocumentDirective, type Event } from "js-yaml";
import type { TokenKind, Token } from "./cursor.ts";
import { DEEPEST, refuseYaml, refuseContent, refuseMisplaced, refuseUnclosed, refuseUnprintable, TOO_DEEP } from "./faults.ts";
import type { Reader } from "./reader.ts";
import { scan } from "./scanner.ts";

/** @throws YAMLException of what the reader refuses, in words that say what to do */
export function readEvents(source: string, reader: Reader): Event[] {
  refuseUnprintable(source);
  return new Parser(source, reader).stream();
}

const NOTHING = { anchorStart: -1, anchorEnd: -1, tagStart: -1, tagEnd: -1 };
type Properties = typeof NOTHING;

class Parser {
  private readonly source: string;
  private readonly reader: Reader;
  private readonly tokens: readonly Token[];
  private readonly error: Error | undefined;
  private readonly events: Event[] = [];
  private handles = new Set<string>();
  private index = 0;
  private depth = 0;

  constructor(source: string, reader: Reader) {
    this.source = source;
    this.reader = reader;
    const { tokens, error } = scan(source, reader);
    this.tokens = tokens;
    this.error = error;
  }

  stream(): Event[] {
    if (!this.is("%", "---", "end")) this.document([], false);
    for (;;) {
      while (this.is("...")) this.take();
      if (this.is("end")) return this.events;
      const directives = this.directives();
      if (!this.is("---")) this.misplaced();
      this.take();
      this.document(directives, true);
    }
  }

  private document(directives: DocumentDirective[], explicitStart: boolean): void {
    this.handles = new Set(["!", "!!", ...directives.flatMap((one) => (one.kind === "tag" ? [one.handle] : []))]);
    this.events.push({ type: EVENT_ID.DOCUMENT, explicitStart, explicitEnd: false, directives });
    if (explicitStart && this.is("%", "---", "...", "end")) this.empty();
    else this.node("block");
    this.pop();
    if (this.is("...")) this.take();
  }

  private directives(): DocumentDirective[] {
    const found: DocumentDirective[] = [];
    while (this.is("%")) {
      const { start, end } = this.take();
      const [name = "", first = "", second = "", more] = this.source
        .slice(start, end)
        .replace(/(^|\s)#.*/, "")
        .trim()
        .split(/ +/);
      if (name === "%YAML" && /^1\.\d+$/.test(first) && second === "") found.push({ kind: "yaml", version: first });
      else if (name === "%TAG" && /^!([\w-]*!)?$/.test(first) && second !== "" && more === undefined)
        found.push({ kind: "tag", handle: first, prefix: second });
      else if (/^%(YAML|TAG)$/.test(name) || !this.reader.anyDirective || !/^%[\w-]+$/.test(name))
        refuseYaml(
          this.source,
          start,
          "a line that begins with % must be %YAML 1.1 or a %TAG: put a text that begins so in quotes",
        );
    }
    return found;
  }

  private node(where: "block" | "value" | "flow"): void {
    if (this.is("*")) {
      const { start, end } = this.take();
      this.events.push({ type: EVENT_ID.ALIAS, anchorStart: start + 1, anchorEnd: end });
      return;
    }
    if (++this.depth > DEEPEST) refuseYaml(this.source, this.peek().start, TOO_DEEP);
    this.content(where, this.properties());
    this.depth--;
  }

  private properties(): Properties {
    let found = NOTHING;
    for (;;) {
      if (this.is("&") && found.anchorStart < 0) {
        const { start, end } = this.take();
        found = { ...found, anchorStart: start + 1, anchorEnd: end };
      } else if (this.is("!") && found.tagStart < 0) {
        const { start: tagStart, end: tagEnd } = this.take();
        const handle = /^![\w-]*!/.exec(this.source.slice(tagStart, tagEnd))?.[0] ?? "!";
        if (!this.handles.has(handle))
          refuseYaml(this.source, tagStart, `${handle} begins no tag that YAML knows: a text that begins so goes in quotes`);
        found = { ...found, tagStart, tagEnd };
      } else return found;
    }
  }

  private content(where: "block" | "value" | "flow", properties: Properties): void {
    const { kind, start, text } = this.peek();
    const collection = (type: typeof EVENT_ID.SEQUENCE | typeof EVENT_ID.MAPPING, style: "FLOW" | "BLOCK"): void =>
      void this.events.push({ type, start, ...properties, style: COLLECTION_STYLE[style] });
    if (kind === "-" && where === "value") {
      collection(EVENT_ID.SEQUENCE, "BLOCK");
      this.entries("?", ":", "outdent");
      this.pop();
    } else if (text !== undefined) {
      this.take();
      this.events.push({ type: EVENT_ID.SCALAR, ...properties, ...text });
    } else if (kind === "[") {
      collection(EVENT_ID.SEQUENCE, "FLOW");
      this.flowList();
    } else if (kind === "{") {
      collection(EVENT_ID.MAPPING, "FLOW");
      this.flowMap();
    } else if (kind === "list" && where !== "flow") {
      collection(EVENT_ID.SEQUENCE, "BLOCK");
      this.blockList();
    } else if (kind === "map" && where !== "flow") {
      collection(EVENT_ID.MAPPING, "BLOCK");
      this.blockMap();
    } else if (properties !== NOTHING) this.empty(properties);
    else refuseContent(this.source, this.peek());
  }

  private blockList(): void {
    const list = this.take();
    this.entries("outdent");
    if (!this.is("outdent")) this.misplaced(list);
    this.take();
    this.pop();
  }

  private entries(...after: readonly TokenKind[]): void {
    while (this.is("-")) {
      this.take();
      if (this.is("-", ...after)) this.empty();
      else this.node("block");
    }
  }

  private blockMap(): void {
    const map = this.take();
    while (this.is("?")) {
      this.part("?", "?", ":", "outdent");
      this.part(":", "?", ":", "outdent");
    }
    if (!this.is("outdent")) this.misplaced(map);
    this.take();
    this.pop();
  }

  /** A key or a value of a map, which may be nothing. */
  private part(sign: "?" | ":", ...after: readonly TokenKind[]): void {
    if (!this.is(sign)) return this.empty();
    this.take();
    if (this.is(...after)) this.empty();
    else this.node(after.includes("outdent") ? "value" : "flow");
  }

  private flowList(): void {
    this.inBrackets("]", () => {
      if (!this.is("?")) return this.node("flow");
      const { start } = this.peek();
      this.events.push({ type: EVENT_ID.MAPPING, start, ...NOTHING, style: COLLECTION_STYLE.FLOW });
      this.part("?", ":", ",", "]");
      this.part(":", ",", "]");
      this.pop();
    });
  }

  private flowMap(): void {
    this.inBrackets("}", () => {
      if (this.is("?")) {
        this.part("?", ":", ",", "}");
        this.part(":", ",", "}");
      } else {
        this.node("flow");
        this.empty();
      }
    });
  }

  private inBrackets(close: "]" | "}", entry: () => void): void {
    const open = this.take();
    for (let first = true; !this.is(close); first = false) {
      if (!first) {
        if (!this.is(",")) refuseUnclosed(this.source, open, close, this.peek());
        this.take();
        if (this.is(close)) break;
      }
      if (this.is("end", "---", "...", "%")) refuseUnclosed(this.source, open, close, this.peek());
      entry();
    }
    this.take();
    this.pop();
  }

  /** @param of what it would belong to */
  private misplaced(of?: Token): never {
    return refuseMisplaced(this.source, this.peek(), this.tokens.slice(0, this.index), of);
  }

  private empty(properties: Properties = NOTHING): void {
    this.events.push({
      type: EVENT_ID.SCALAR,
      valueStart: -1,
      valueEnd: -1,
      ...properties,
      style: SCALAR_STYLE.PLAIN,
      chomping: CHOMPING_MODE.CLIP,
      indent: -1,
      fast: false,
    });
  }

  private pop(): void {
    this.events.push({ type: EVENT_ID.POP });
  }

  private peek(): Token {
    const token = this.tokens[this.index];
    if (token !== undefined) return token;
    throw this.error ?? new Error("unexpected end of tokens");
  }

  private is(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.peek().kind);
  }

  private take(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }
}
