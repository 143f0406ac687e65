/**
 * YAML as a tree that remembers lines, what was quoted and which keys came twice: what a loader forgets, and what a checker
 * needs. Knows nothing of cloud-config.
 */
import { defined } from "../../defined.ts";
import type { TreeProblem } from "./finding.ts";
import { EVENT_ID, getScalarValue, SCALAR_STYLE, YAMLException, type Event, type ScalarEvent } from "js-yaml";
import { fromBase64 } from "../../base64.ts";
import { OVERGROWN, overgrownLine } from "../../yaml/expansion.ts";
import { readEvents } from "../../yaml/events.ts";
import { withSeenBreaks, type Reader } from "../../yaml/reader.ts";

/** Lines count from 1. */
export interface Scalar {
  readonly kind: "scalar";
  /** Another place of the file takes it over, by its anchor. */
  aliased?: true;
  readonly line: number;
  readonly text: string;
  /** As it is written: `!!int`. */
  readonly tag?: string;
  /** Neither quoted nor a block: what may be a number, a boolean or nothing. */
  readonly plain: boolean;
  /** Its lines are lines of the file: those of a `|` block, which begin at `line`. */
  readonly literal: boolean;
  /** Where its characters are in the source, without quotes; -1 for a value that is not there. */
  readonly start: number;
  readonly end: number;
}
interface List {
  readonly kind: "list";
  /** Another place of the file takes it over, by its anchor. */
  aliased?: true;
  readonly line: number;
  readonly items: readonly Tree[];
}
export interface YamlEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Tree;
}
export interface Mapping {
  readonly kind: "map";
  /** Another place of the file takes it over, by its anchor. */
  aliased?: true;
  readonly line: number;
  /** Where it begins in the source. */
  readonly start: number;
  readonly entries: readonly YamlEntry[];
}
export type Tree = Scalar | List | Mapping;

const BINARY = /^(!!binary|!<tag:yaml\.org,2002:binary>)$/;

interface Parsed {
  readonly documents: readonly Tree[];
  readonly problems: readonly TreeProblem[];
}

/** One tree a document; or what is wrong, as the reader of the platform would not take it. */
export function parseTree(text: string, reader: Reader): Parsed {
  try {
    return new Builder(text).build(readEvents(text, reader));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { documents: [], problems: [{ line: (error.mark?.line ?? 0) + 1, message: error.reason }] };
  }
}

/** The value of a key; of keys that came twice, the last. */
export const valueAt = (map: Mapping, key: string): Tree | undefined => map.entries.findLast((entry) => entry.key === key)?.value;

/** True of a key that is there for its anchors, such as `x-unit: &unit`: nobody reads it, and what it holds counts elsewhere. */
export function holdsAliased(tree: Tree): boolean {
  if (tree.aliased === true) return true;
  if (tree.kind === "list") return tree.items.some(holdsAliased);
  return tree.kind === "map" && tree.entries.some(({ value }) => holdsAliased(value));
}

/** A class, as five kinds of event change the same three things: the position, the anchors and the problems. */
class Builder {
  private readonly source: string;
  private readonly values: string;
  private readonly anchors = new Map<string, Tree>();
  private readonly problems: TreeProblem[] = [];
  private readonly starts: readonly number[];
  private events: readonly Event[] = [];
  private next = 0;

  constructor(source: string) {
    this.source = source;
    this.values = withSeenBreaks(source);
    this.starts = [0, ...[...source.matchAll(/\r\n|\r|\n/g)].map((end) => end.index + end[0].length)];
  }

  build(events: readonly Event[]): { documents: readonly Tree[]; problems: readonly TreeProblem[] } {
    const overgrown = overgrownLine(this.source, events);
    if (overgrown !== undefined) return { documents: [], problems: [{ line: overgrown, message: OVERGROWN }] };
    this.events = events;
    const documents: Tree[] = [];
    while (this.next < events.length) {
      const isContent = events[this.next]?.type !== EVENT_ID.DOCUMENT && events[this.next]?.type !== EVENT_ID.POP;
      if (isContent) documents.push(this.tree(1));
      else this.next += 1;
    }
    return { documents, problems: this.problems };
  }

  /** @param before the line to name for a value that is not there */
  private tree(before: number): Tree {
    const event = this.events[this.next++];
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP)
      throw new Error("unexpected end of events");
    if (event.type === EVENT_ID.ALIAS)
      return this.alias(this.source.slice(event.anchorStart, event.anchorEnd), event.anchorStart);
    const line = event.type === EVENT_ID.SCALAR ? this.lineOf(event.valueStart, before) : this.lineOf(event.start, before);
    const tree =
      event.type === EVENT_ID.SCALAR
        ? this.scalar(event, line)
        : event.type === EVENT_ID.SEQUENCE
          ? this.list(line)
          : this.map(line, event.start);
    if (event.anchorStart >= 0) this.anchors.set(this.source.slice(event.anchorStart, event.anchorEnd), tree);
    return tree;
  }

  private scalar(event: ScalarEvent, line: number): Scalar {
    const written = getScalarValue(this.values, event);
    const tag = event.tagStart < 0 ? undefined : this.source.slice(event.tagStart, event.tagEnd);
    const binary = tag !== undefined && BINARY.test(tag);
    return {
      kind: "scalar",
      line,
      text: binary ? this.decoded(written, line) : written,
      ...defined({ tag }),
      plain: event.style === SCALAR_STYLE.PLAIN && tag === undefined,
      literal: event.style === SCALAR_STYLE.LITERAL_BLOCK && !binary,
      start: event.valueStart,
      end: event.valueEnd,
    };
  }

  /** What `!!binary` stands for: text where it is text, else a character a byte. */
  private decoded(written: string, line: number): string {
    const bytes = fromBase64(written);
    if (bytes === undefined) {
      this.problems.push({ line, message: "what is tagged !!binary is no base64: a node refuses the whole file" });
      return "";
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    }
  }

  private list(line: number): List {
    const items: Tree[] = [];
    while (this.events[this.next]?.type !== EVENT_ID.POP) items.push(this.tree(line));
    this.next += 1;
    return { kind: "list", line, items };
  }

  private map(line: number, start: number): Mapping {
    const own: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    while (this.events[this.next]?.type !== EVENT_ID.POP) {
      const name = this.tree(line);
      const value = this.tree(name.line);
      const key = name.kind === "scalar" ? name.text : "";
      if (name.kind !== "scalar") this.problems.push({ line: name.line, message: this.noKey(start) });
      if (key === "<<" && name.kind === "scalar" && name.plain) merged.push(...entriesOf(value));
      else if (own.some((entry) => entry.key === key)) this.problems.push({ line: name.line, message: `duplicate key "${key}"` });
      else own.push({ key, line: name.line, value });
    }
    this.next += 1;
    // YAML's merge key: what the map says itself goes before what it takes over.
    return {
      kind: "map",
      line,
      start,
      entries: [...merged.filter(({ key }) => !own.some((entry) => entry.key === key)), ...own],
    };
  }

  /** A placeholder of a template, bare, is a map with a map for a key. */
  private noKey(start: number): string {
    const placeholder = /^\{\{\s*[A-Za-z_]\w*\s*\}\}/.exec(this.source.slice(start, start + 100))?.[0];
    return placeholder === undefined ? "a key is no text" : `${placeholder} was not filled in`;
  }

  private alias(name: string, offset: number): Tree {
    const tree = this.anchors.get(name);
    if (tree !== undefined) {
      tree.aliased = true;
      return tree;
    }
    const line = this.lineOf(offset, 1);
    this.problems.push({ line, message: `unknown anchor "${name}"` });
    return { kind: "scalar", line, text: "", plain: true, literal: false, start: -1, end: -1 };
  }

  private lineOf(offset: number, before: number): number {
    if (offset < 0) return before;
    const after = this.starts.findIndex((start) => start > offset);
    return after < 0 ? this.starts.length : after;
  }
}

function entriesOf(tree: Tree): readonly YamlEntry[] {
  if (tree.kind === "map") return tree.entries;
  return tree.kind === "list" ? tree.items.flatMap(entriesOf) : [];
}
