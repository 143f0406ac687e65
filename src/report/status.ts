/** The status of a cluster as people read it: a line a node, what is open, and how it differs from what was made. */
import { paint } from "./paint.ts";
import { table } from "./table.ts";
import { duration, plain, plural } from "./words.ts";

export interface StatusNodeView {
  readonly name: string;
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
}

/** The whole text, ending with a line end. */
export function renderStatus(view: StatusView): string {
  const ink = paint(view.color);
  const all = view.nodes.length;
  const good = view.healthy === all && all > 0;
  const withPublic = view.nodes.some((node) => node.publicIp !== undefined);
  const headers = ["NODE", "STATE", "POWER", "AZURE", "PRIVATE", ...(withPublic ? ["PUBLIC"] : []), "SSH", "AGE"];
  const rows = view.nodes.map((node) => [
    node.name,
    node.state,
    node.power ?? "-",
    node.provisioning ?? "-",
    or(node.privateIp),
    ...(withPublic ? [node.publicIp ?? "-"] : []),
    view.ip === "" ? "-" : `${view.ip}:${node.port}`,
    node.ageMs === undefined ? "-" : duration(node.ageMs),
  ]);
  const reasons = view.nodes
    .filter((node) => node.reason !== undefined)
    .map((node) => `${node.name}: ${plain(node.reason ?? "")}`);
  return [
    `${ink.strong(plain(view.name))} in ${plain(view.location)}: ${(good ? ink.good : ink.bad)(`${view.healthy} of ${all} ${plural("node", all)} up`)}`,
    ink.dim(`${or(view.host)} (${or(view.ip)}), resource group ${plain(view.resourceGroup)}`),
    "",
    table(headers, rows),
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
  ].join("\n");
}

// --- internal ---

const or = (text: string): string => (text === "" ? "-" : plain(text));

const few = (names: readonly string[]): string => (names.length === 0 ? "none known" : names.join(", "));
