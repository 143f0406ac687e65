/** The status of a cluster as people read it: a line a node, what is open, and how it differs from what was made. */
import { paint } from "./paint.ts";
import { table } from "./table.ts";
import { duration, plain, plural } from "../core/words.ts";
import { cut, wrap } from "./wrap.ts";

export interface StatusNodeView {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly state: string;
  readonly power?: string;
  readonly provisioning?: string;
  readonly reason?: string;
  readonly ageMs?: number;
}

export interface StatusView {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly host: string;
  readonly ip: string;
  readonly nodes: readonly StatusNodeView[];
  readonly healthy: number;
  /** "HTTP 80", "builder 2222". */
  readonly endpoints: readonly string[];
  readonly etcd: { readonly mode: string; readonly members: readonly string[] };
  /** Milliseconds until its time is over; negative when it is. */
  readonly expiresIn?: number;
  readonly drift: readonly { readonly message: string; readonly harm: boolean }[];
  readonly color: boolean;
  /** Of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  /** With `--watch` on a terminal: the lines there are, which must not be exceeded, or the heading would scroll away. */
  readonly rows?: number;
  /** With `--watch`: when this look was taken, in milliseconds since 1970. */
  readonly lookedAt?: number;
  /** A sentence about the look itself: that the nodes were not asked. */
  readonly note?: string;
}

/** The whole text, ending with a line end. */
export function renderStatus(view: StatusView): string {
  if (view.rows === undefined) return wrap(lines(view, view.nodes).join("\n"), view.columns);
  const fitting = fitted(view, view.rows - 1);
  return `${fitting.map((line) => (view.columns === undefined ? line : cut(line, view.columns))).join("\n")}\n`;
}

// --- internal ---

const or = (text: string): string => (text === "" ? "-" : plain(text));

const few = (names: readonly string[]): string => (names.length === 0 ? "none known" : names.map(plain).join(", "));

/** As many nodes as there is room for, those that are not up before others; what else is too long loses its end. */
function fitted(view: StatusView, room: number): string[] {
  const wrapped = (nodes: readonly StatusNodeView[]): string[] =>
    wrap(lines(view, nodes).join("\n"), view.columns).trimEnd().split("\n");
  const whole = wrapped(view.nodes);
  if (whole.length <= room) return whole;
  // in a low window the nodes come before what follows them
  const fewer = Math.max(1, room - 10, view.nodes.length - (whole.length - room) - 1);
  const wanted = new Set([...view.nodes].sort((a, b) => Number(isUp(a)) - Number(isUp(b))).slice(0, fewer));
  const some = wrapped(view.nodes.filter((node) => wanted.has(node)));
  return some.length <= room ? some : [...some.slice(0, room - 1), `and ${some.length - room + 1} more lines`];
}

const isUp = ({ state }: StatusNodeView): boolean => state === "ready" || state === "running";

/** @param shown the nodes that get a line */
function lines(view: StatusView, shown: readonly StatusNodeView[]): string[] {
  const ink = paint(view.color);
  const all = view.nodes.length;
  const good = view.healthy === all && all > 0;
  const withPublic = view.nodes.some((node) => node.publicIp !== undefined);
  const headers = ["NODE", "STATE", "POWER", "AZURE", "PRIVATE", ...(withPublic ? ["PUBLIC"] : []), "SSH", "AGE"];
  const rows = shown.map((node) => [
    node.name,
    node.state,
    node.power ?? "-",
    node.provisioning ?? "-",
    or(node.privateIp),
    ...(withPublic ? [node.publicIp ?? "-"] : []),
    view.ip === "" ? "-" : `${node.host === view.host ? view.ip : node.host}:${node.port}`,
    node.ageMs === undefined ? "-" : duration(node.ageMs),
  ]);
  const reasons = shown.filter((node) => node.reason !== undefined).map((node) => `${node.name}: ${plain(node.reason ?? "")}`);
  return [
    `${ink.strong(plain(view.name))} in ${plain(view.location)}: ${(good ? ink.good : ink.bad)(`${view.healthy} of ${all} ${plural("node", all)} up`)}${view.lookedAt === undefined ? "" : `, at ${new Date(view.lookedAt).toISOString().slice(11, 19)} UTC`}`,
    ink.dim(`${or(view.host)} (${or(view.ip)}), resource group ${plain(view.resourceGroup)}`),
    ...(view.note === undefined ? [] : [plain(view.note)]),
    "",
    // STATE already says what is worse, Azure's word or the machine's
    ...table(headers, rows, { columns: view.columns, drop: ["AZURE", "POWER", "AGE", "PUBLIC", "PRIVATE", "SSH"] })
      .trimEnd()
      .split("\n"),
    ...(shown.length < all ? [`and ${all - shown.length} more`] : []),
    "",
    ...(reasons.length === 0 ? [] : [...reasons, ""]),
    `open: ${[...view.endpoints, "SSH"].join(", ")}`,
    `etcd: ${view.etcd.mode}, ${view.etcd.members.length} ${plural("member", view.etcd.members.length)}: ${few(view.etcd.members)}`,
    ...(view.expiresIn === undefined
      ? []
      : [view.expiresIn > 0 ? `expires in ${duration(view.expiresIn)}` : `expired ${duration(-view.expiresIn)} ago`]),
    ...(view.drift.length === 0
      ? []
      : [
          "",
          "Differs from what was made:",
          ...view.drift.map((one) => `  ${one.harm ? ink.bad("!") : "-"} ${plain(one.message)}`),
        ]),
    "",
  ];
}
