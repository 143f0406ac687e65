/** The status of a cluster as people read it: a line a node, what is open, and how it differs from what was made. */
import { paint } from "./paint.ts";
import { sameCauses, namesOf } from "./same-cause.ts";
import { table } from "./table.ts";
import { duration, plain, plural } from "../core/words.ts";
import { cut, wrap } from "./wrap.ts";

export interface StatusNodeView {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly zone?: string;
  readonly spot?: boolean;
  readonly state: string;
  readonly power?: string;
  readonly provisioning?: string;
  readonly reason?: string;
  readonly ageMs?: number;
  readonly system?: string;
  readonly rebootTo?: string;
}

export interface StatusView {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly host: string;
  readonly ip: string;
  readonly nodes: readonly StatusNodeView[];
  /** How many nodes are in which state. */
  readonly states: { readonly [state: string]: number };
  /** "web 80", "SSH from 10.0.0.0/8". */
  readonly open: readonly string[];
  /** Asked for all the same. */
  readonly notOpen: readonly string[];
  readonly etcd: { readonly mode: string; readonly members: readonly string[] };
  /** What it costs, in words. */
  readonly costs?: string;
  /** Milliseconds until its time is over; negative when it is. */
  readonly expiresIn?: number;
  readonly drift: readonly { readonly message: string; readonly harm: boolean }[];
  readonly color: boolean;
  /** Of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  /** Of the terminal: where there is no room for each node, those that are up are counted, and the heading stays in sight. */
  readonly rows?: number;
  /** With `--watch` on a terminal: not a line more than there are. */
  readonly framed?: boolean;
  /** With `--watch`: when this look was taken, in milliseconds since 1970. */
  readonly lookedAt?: number;
  /** A sentence about the look itself: that the nodes were not asked. */
  readonly note?: string;
}

/** The whole text, ending with a line end. */
export function renderStatus(view: StatusView): string {
  const nodes = [...view.nodes].sort((a, b) => urgency(a) - urgency(b));
  if (view.rows === undefined) return wrap(lines(view, nodes).join("\n"), view.columns);
  // beside a frame stand what is said of the look, and the prompt
  const fitting = fitted(view, nodes, view.rows - (view.framed === true ? 1 : 4));
  if (view.framed !== true) return `${fitting.join("\n")}\n`;
  const shown = fitting.length <= view.rows - 1 ? fitting : [...fitting.slice(0, view.rows - 2), moreLines(fitting, view.rows)];
  return `${shown.map((line) => (view.columns === undefined ? line : cut(line, view.columns))).join("\n")}\n`;
}

// --- internal ---

const or = (text: string): string => (text === "" ? "-" : plain(text));

const few = (names: readonly string[]): string => (names.length === 0 ? "none known" : names.map(plain).join(", "));

const moreLines = (all: readonly string[], rows: number): string => `and ${all.length - rows + 2} more lines`;

/** As many nodes as there is room for, but of those that are not up ten at least. */
function fitted(view: StatusView, nodes: readonly StatusNodeView[], room: number): string[] {
  const wrapped = (some: readonly StatusNodeView[]): string[] =>
    wrap(lines(view, some).join("\n"), view.columns).trimEnd().split("\n");
  const whole = wrapped(nodes);
  if (whole.length <= room) return whole;
  // in a low window the nodes come before what follows them
  const sick = nodes.filter((node) => urgency(node) === SICK).length;
  const fewer = Math.max(1, Math.min(sick, room - 10), nodes.length - (whole.length - room) - 1);
  return wrapped(nodes.slice(0, fewer));
}

/** Those that somebody must look at first, then those that nobody asked, then those that are up. */
const SICK = 0;
const urgency = ({ state }: StatusNodeView): number => (state === "ready" ? 2 : isUnasked(state) ? 1 : SICK);

const isUnasked = (state: string): boolean => state.endsWith("not asked");

/** "2 of 3 nodes up; 1 running, not asked". Where none was asked nothing is known to be down: "3 nodes: 3 running, not asked". */
function counts(view: StatusView): string {
  const all = view.nodes.length;
  const unasked = Object.entries(view.states).filter(([state]) => isUnasked(state));
  if (isUnknown(view)) return `${all} ${plural("node", all)}: ${unasked.map(([state, count]) => `${count} ${state}`).join(", ")}`;
  return [
    `${view.states["ready"] ?? 0} of ${all} ${plural("node", all)} up`,
    ...unasked.map(([state, count]) => `${count} ${state}`),
  ].join("; ");
}

const isUnknown = ({ nodes }: StatusView): boolean => nodes.length > 0 && nodes.every(({ state }) => isUnasked(state));

/** "and 280 more, all ready". */
function restOf(all: readonly StatusNodeView[], shown: readonly StatusNodeView[]): string {
  const states = new Set(all.filter((node) => !shown.includes(node)).map(({ state }) => state));
  const same = states.size === 1 ? `, all ${[...states].map(plain).join("")}` : "";
  return `and ${all.length - shown.length} more${same} (--verbose lists each)`;
}

const systemOf = ({ system, rebootTo }: StatusNodeView): string =>
  system === undefined
    ? "-"
    : `${system}${rebootTo === undefined ? "" : `, a reboot brings ${rebootTo === "unknown" ? "another" : rebootTo}`}`;

interface Column {
  readonly header: string;
  readonly cell: (node: StatusNodeView, view: StatusView) => string;
  /** Shown where any node has this; always when it is left out. */
  readonly where?: (node: StatusNodeView) => boolean;
}

const COLUMNS: readonly Column[] = [
  { header: "NODE", cell: ({ name }) => name },
  { header: "STATE", cell: ({ state }) => state },
  { header: "POWER", cell: ({ power }) => power ?? "-" },
  { header: "AZURE", cell: ({ provisioning }) => provisioning ?? "-" },
  { header: "ZONE", cell: ({ zone }) => or(zone ?? ""), where: ({ zone }) => zone !== undefined },
  { header: "SPOT", cell: ({ spot }) => (spot === true ? "spot" : "-"), where: ({ spot }) => spot === true },
  { header: "PRIVATE", cell: ({ privateIp }) => or(privateIp) },
  { header: "PUBLIC", cell: ({ publicIp }) => publicIp ?? "-", where: ({ publicIp }) => publicIp !== undefined },
  {
    header: "SSH",
    cell: ({ host, port }, { ip, host: front }) => (ip === "" ? "-" : `${host === front ? ip : host}:${port}`),
  },
  { header: "AGE", cell: ({ ageMs }) => (ageMs === undefined ? "-" : duration(ageMs)) },
  { header: "SYSTEM", cell: systemOf, where: ({ system }) => system !== undefined },
];

/** What goes first where a terminal is narrow: STATE already says what is worse, Azure's word or the machine's. */
const DROPPED_FIRST = ["AZURE", "POWER", "AGE", "PUBLIC", "PRIVATE", "SYSTEM", "SPOT", "ZONE", "SSH"];

/** @param shown the nodes that get a line */
function lines(view: StatusView, shown: readonly StatusNodeView[]): string[] {
  return [
    ...heading(view),
    "",
    ...nodeTable(view, shown),
    ...(shown.length < view.nodes.length ? [restOf(view.nodes, shown)] : []),
    "",
    ...reasons(view),
    ...facts(view),
    ...differences(view),
    "",
  ];
}

function heading(view: StatusView): string[] {
  const ink = paint(view.color);
  const good = view.states["ready"] === view.nodes.length && view.nodes.length > 0;
  const tone = isUnknown(view) ? (text: string) => text : good ? ink.good : ink.bad;
  const at = view.lookedAt === undefined ? "" : `, at ${new Date(view.lookedAt).toISOString().slice(11, 19)} UTC`;
  return [
    `${ink.strong(plain(view.name))} in ${plain(view.location)}: ${tone(counts(view))}${at}`,
    ink.dim(`${or(view.host)} (${or(view.ip)}), resource group ${plain(view.resourceGroup)}`),
    ...(view.note === undefined ? [] : [plain(view.note)]),
  ];
}

function nodeTable(view: StatusView, shown: readonly StatusNodeView[]): string[] {
  const columns = COLUMNS.filter(({ where }) => where === undefined || view.nodes.some(where));
  const rows = shown.map((node) => columns.map(({ cell }) => cell(node, view)));
  const headers = columns.map(({ header }) => header);
  return table(headers, rows, { columns: view.columns, drop: DROPPED_FIRST }).trimEnd().split("\n");
}

/** Why nodes are as they are; in which state they are is in the table. */
function reasons(view: StatusView): string[] {
  const told = view.nodes.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
  const said = sameCauses(told).map(({ names, cause }) => `${namesOf(names)}: ${plain(cause)}`);
  return said.length === 0 ? [] : [...said, ""];
}

function facts({ open, notOpen, etcd, costs, expiresIn }: StatusView): string[] {
  return [
    `open: ${open.length === 0 ? "nothing" : plain(open.join(", "))}`,
    ...(notOpen.length === 0 ? [] : [`asked for, not open: ${notOpen.join(", ")}`]),
    etcd.mode === "none"
      ? "etcd: none"
      : `etcd: ${etcd.mode}, ${etcd.members.length} ${plural("member", etcd.members.length)}: ${few(etcd.members)}`,
    ...(costs === undefined ? [] : [`costs: ${plain(costs)}`]),
    ...(expiresIn === undefined
      ? []
      : [expiresIn > 0 ? `expires in ${duration(expiresIn)}` : `expired ${duration(-expiresIn)} ago`]),
  ];
}

function differences({ drift, color }: StatusView): string[] {
  if (drift.length === 0) return [];
  const ink = paint(color);
  const harmless = drift.filter(({ harm }) => !harm);
  const told = new Set([...drift.filter(({ harm }) => harm), ...harmless.slice(0, HARMLESS)]);
  return [
    "",
    "Differs from what was made:",
    ...drift.filter((one) => told.has(one)).map((one) => `  ${one.harm ? ink.bad("!") : "-"} ${plain(one.message)}`),
    ...(told.size < drift.length ? [`  - and ${drift.length - told.size} more that do no harm: --json has them all`] : []),
  ];
}

/** A group may be full of what is somebody else's. */
const HARMLESS = 20;
