/**
 * YAML as a tree that remembers lines, what was quoted and which keys came twice: what a loader forgets, and what a checker
 * needs. Knows nothing of cloud-config.
 */
import type { TreeProblem } from "./finding.ts";
import {
  COLLECTION_STYLE,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from "js-yaml";
import { fromBase64 } from "../../base64.ts";
import { bracketsEnd, tabProblems } from "./tabs.ts";
import { OVERGROWN, overgrownLine } from "../../yaml-expansion.ts";
import { yamlProblem } from "../../yaml-problem.ts";

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

/** One tree a document; or what is wrong, as the parser says it. */
export function parseTree(text: string): Parsed {
  try {
    return new Builder(text).build(parseEvents(text, {}));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = (error.mark?.line ?? 0) + 1;
    return withoutTabs(text, line) ?? { documents: [], problems: [{ line, message: yamlProblem(text, error.reason, line) }] };
  }
}

/**
 * The same once more with blanks for the tabs of a line that the parser stops at: in brackets and in quoted texts libyaml, and so a node,
 * takes a tab for a blank. Undefined where it stood anywhere else.
 */
function withoutTabs(text: string, line: number): Parsed | undefined {
  const lines = text.split("\n");
  const found = lines[line - 1] ?? "";
  if (!found.includes("\t")) return undefined;
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const softened = lines.with(line - 1, found.replaceAll("\t", " ")).join("\n");
  try {
    const builder = new Builder(softened);
    const parsed = builder.build(parseEvents(softened, {}));
    return [...found.matchAll(/\t/g)].every(({ index }) => builder.takesTab(start + index)) ? parsed : undefined;
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
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
  private readonly anchors = new Map<string, Tree>();
  private readonly problems: TreeProblem[] = [];
  /** Where a tab is no fault: texts that are no plain ones, and brackets. */
  private readonly tabbed: [start: number, end: number][] = [];
  private readonly starts: readonly number[];
  private events: readonly Event[] = [];
  private next = 0;

  constructor(source: string) {
    this.source = source;
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
    return { documents, problems: [...this.problems, ...tabProblems(this.source, this.tabbed)] };
  }

  takesTab(at: number): boolean {
    return this.tabbed.some(([start, end]) => at >= start && at < end);
  }

  /** @param before the line to name for a value that is not there */
  private tree(before: number): Tree {
    const event = this.events[this.next++];
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP)
      throw new Error("unexpected end of events");
    if (event.type === EVENT_ID.ALIAS)
      return this.alias(this.source.slice(event.anchorStart, event.anchorEnd), event.anchorStart);
    const line = event.type === EVENT_ID.SCALAR ? this.lineOf(event.valueStart, before) : this.lineOf(event.start, before);
    if (event.type !== EVENT_ID.SCALAR && event.style === COLLECTION_STYLE.FLOW)
      this.tabbed.push([event.start, bracketsEnd(this.source, event.start)]);
    if (event.type === EVENT_ID.SCALAR && event.style !== SCALAR_STYLE.PLAIN)
      this.tabbed.push([event.valueStart, event.valueEnd]);
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
    const written = getScalarValue(this.source, event);
    const tag = event.tagStart < 0 ? undefined : this.source.slice(event.tagStart, event.tagEnd);
    const binary = tag !== undefined && BINARY.test(tag);
    return {
      kind: "scalar",
      line,
      text: binary ? this.decoded(written, line) : written,
      ...(tag === undefined ? {} : { tag }),
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
