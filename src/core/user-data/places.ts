/**
 * Where a user's cloud-config leaves room for a discovery URL (`{0}`) or a machine's name (`{1}`), as files of the old scripts do. A
 * place is a whole value, or in a systemd unit the whole value of a setting that takes one of the two: ETCD_DISCOVERY={0},
 * --name {1}. Everything else in braces is the user's own text, a script's `[0-9]{1}` or Grafana's `{{instance}}`, and no place.
 */
import { valueAt, parseTree, type Mapping, type Scalar, type Tree } from "./check/tree.ts";
import { LIBYAML, PYYAML } from "../yaml/reader.ts";

export interface ValuePlace {
  /** From 1. */
  readonly line: number;
  /** What stands there now. */
  readonly written: string;
  readonly takes: "url" | "name";
  /** In the text: what is replaced. */
  readonly start: number;
  readonly end: number;
}

const HEADER = /^#cloud-config\s*(\n|$)/;

/** In the order of the text; none in scripts, Ignition, multipart, and in what is no YAML. */
export function placesOf(text: string): readonly ValuePlace[] {
  if (!HEADER.test(text)) return [];
  const read = parseTree(text, LIBYAML);
  // a file for Ubuntu or Debian, which is not asked here
  const { documents, problems } = read.problems.length === 0 ? read : parseTree(text, PYYAML);
  if (problems.length > 0) return [];
  const found = new Map<number, ValuePlace>();
  for (const place of [
    ...documents.flatMap((tree) => wholeValues(tree, text)),
    ...documents.flatMap((tree) => inUnits(tree, text)),
  ])
    found.set(place.start, place);
  return [...found.values()].sort((a, b) => a.start - b.start);
}

// --- internal ---

const TAKES = { "{0}": "url", "{1}": "name" } as const;

const place = (text: string, written: keyof typeof TAKES, start: number): ValuePlace => ({
  line: text.slice(0, start).split("\n").length,
  written,
  takes: TAKES[written],
  start,
  end: start + written.length,
});

const isField = (written: string): written is keyof typeof TAKES => Object.hasOwn(TAKES, written);

/** `{0}` bare, which to YAML is a map, or in quotes; and `discovery: #DISCOVERY_URL`, an empty value and a comment. */
function wholeValues(tree: Tree, text: string): readonly ValuePlace[] {
  if (tree.kind === "list") return tree.items.flatMap((item) => wholeValues(item, text));
  if (tree.kind === "scalar") {
    const written = text.slice(tree.start, tree.end);
    const whole = tree.start >= 0 && !tree.plain && !tree.literal && isField(written);
    return whole ? [place(text, written, tree.start)] : [];
  }
  const written = text.slice(tree.start, tree.start + 3);
  if (isField(written)) return [place(text, written, tree.start)];
  return tree.entries.flatMap(({ key, line, value }) =>
    key === "discovery" && value.kind === "scalar" && value.plain && value.text === ""
      ? comment(text, line)
      : wholeValues(value, text),
  );
}

/** How the original's own template said it, and lost its URL. */
function comment(text: string, line: number): readonly ValuePlace[] {
  const start = text.split("\n", line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const [, before, written] =
    /^(.*?\bdiscovery:[ \t]*)(#[ \t]*DISCOVERY_URL[ \t]*)\r?$/m.exec(text.slice(start).split("\n", 1)[0] ?? "") ?? [];
  if (before === undefined || written === undefined) return [];
  return [
    { line, written: written.trim(), takes: "url", start: start + before.length, end: start + before.length + written.length },
  ];
}

const END = `(?=["'\\s\\\\]|$)`;
const IN_UNITS: readonly RegExp[] = [
  new RegExp(`(?<=(?:\\b[A-Z0-9_]*DISCOVERY(?:_URL)?=|\\s--?discovery[ =])["']?)\\{0\\}${END}`, "gm"),
  new RegExp(`(?<=(?:\\b[A-Z0-9_]*(?:NAME|HOSTNAME)=|\\s--?(?:name|hostname)[ =])["']?)\\{1\\}${END}`, "gm"),
];

function inUnits(root: Tree, text: string): readonly ValuePlace[] {
  const coreos = root.kind === "map" ? valueAt(root, "coreos") : undefined;
  const units = coreos?.kind === "map" ? mapsIn(valueAt(coreos, "units")) : [];
  const dropIns = units.flatMap((unit) => mapsIn(valueAt(unit, "drop_ins") ?? valueAt(unit, "drop-ins")));
  return [...units, ...dropIns].flatMap((map) => {
    const content = valueAt(map, "content");
    return content?.kind === "scalar" && content.start >= 0 ? settings(content, text) : [];
  });
}

const mapsIn = (tree: Tree | undefined): readonly Mapping[] =>
  tree?.kind === "list" ? tree.items.filter((item): item is Mapping => item.kind === "map") : [];

const settings = ({ start, end }: Scalar, text: string): readonly ValuePlace[] =>
  IN_UNITS.flatMap((pattern) =>
    [...text.slice(start, end).matchAll(pattern)].flatMap((match) =>
      isField(match[0]) ? [place(text, match[0], start + match.index)] : [],
    ),
  );
