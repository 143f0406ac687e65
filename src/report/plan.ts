/**
 * The plan as a person reads it before anything is made (`plan`, `--dry-run`, and the head of `create`): a line for each
 * kind, with what stays, comes, changes or goes; as readable for 200 nodes as for 3. Also the events that tell a report
 * the totals beforehand.
 */
import { zoneWords } from "../core/plan/zones.ts";
import type { Event } from "../engine/event.ts";
import { type Paint, paint } from "./paint.ts";
import { duration, nameIn, nounOf, plain, plural, truncate } from "../core/words.ts";

export type PlanAction = "create" | "change" | "recreate" | "delete" | "wait" | "unchanged";

export interface PlannedResource {
  readonly kind: string;
  readonly label: string;
  readonly action: PlanAction;
  /** What becomes different: "+ SSH 22004, 22005". */
  readonly changes?: readonly string[];
}

export interface PlanSummary {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly nodes: number;
  readonly vmSize: string;
  /** Availability zones that machines are in. */
  readonly zones?: readonly string[];
  /** How many of the machines are spot machines. */
  readonly spot?: number;
  /** As a person knows it: "Flatcar stable 4593.1.0", a URN, a file. */
  readonly image: string;
  /** How long it will take, in seconds; absent when nothing has to be done. An estimate, and said to be one. */
  readonly seconds?: number;
  /** The user's, "CostCenter=4711". */
  readonly tags?: readonly string[];
  /** Sentences that the user should read before: a mapped size, a flag that lost its meaning. */
  readonly notes?: readonly string[];
  /** What it costs, as a sentence. */
  readonly price?: string;
  readonly color?: boolean;
  /** Width to keep to; 100 when not given. */
  readonly columns?: number;
}

/** The whole text, ending with a line end. */
export function renderPlan(resources: readonly PlannedResource[], summary: PlanSummary): string {
  const ink = paint(summary.color ?? false);
  const columns = summary.columns ?? 100;
  const counts = countBy(resources, (resource) => resource.action);
  const parts = ACTIONS.flatMap(({ action, word }) => (counts.has(action) ? [`${counts.get(action)} ${word}`] : []));
  const estimate = summary.seconds === undefined || summary.seconds <= 0 ? "" : `; ${about(summary.seconds)}`;
  return [
    `${ink.strong(plain(summary.name))}: ${summary.nodes} ${plural("machine", summary.nodes)} of ${plain(summary.vmSize)} in ${plain(summary.location)}${placed(summary)}, ${plain(summary.image)}`,
    ink.dim(`resource group ${plain(summary.resourceGroup)}`),
    ...(summary.tags ?? []).slice(0, 1).map(() => ink.dim(`tags ${(summary.tags ?? []).map(plain).join(", ")}`)),
    "",
    ...ACTIONS.flatMap(({ action, sign }) =>
      block(
        resources.filter((resource) => resource.action === action),
        sign,
        action,
        columns,
        ink,
      ),
    ),
    "",
    ...(summary.notes ?? []).map((note) => plain(note)),
    isNothing(resources) ? "Nothing to do: everything is there as asked." : `${parts.join(", ")}${estimate}.`,
    ...(summary.price === undefined ? [] : [plain(summary.price)]),
    "",
  ].join("\n");
}

/** One plan event a kind, its label the noun: with these a report knows "of 200" before the first machine. */
export function planEvents(resources: readonly { readonly id: string; readonly label: string }[]): Omit<Event, "at">[] {
  const nouns = countBy(resources, (resource) => nounOf(resource.label, resource.id));
  return [...nouns].map(([noun, count]) => ({ kind: "plan", id: `plan/${noun}`, label: noun, count }));
}

/** " (zones 1, 2 and 3; 2 of them spot)" */
function placed({ zones = [], spot = 0, nodes }: PlanSummary): string {
  const parts = [
    ...(zones.length === 0 ? [] : [zoneWords(zones)]),
    ...(spot === 0 ? [] : [spot === nodes ? "spot" : `${spot} of them spot`]),
  ];
  return parts.length === 0 ? "" : ` (${plain(parts.join("; "))})`;
}

const ACTIONS: readonly { action: PlanAction; sign: string; word: string }[] = [
  { action: "create", sign: "+", word: "to make" },
  { action: "change", sign: "~", word: "to change" },
  { action: "recreate", sign: "±", word: "to delete and make again" },
  { action: "delete", sign: "-", word: "to delete" },
  { action: "wait", sign: "*", word: "at work in Azure" },
  { action: "unchanged", sign: "=", word: "there already" },
];

const isNothing = (resources: readonly PlannedResource[]): boolean =>
  resources.every((resource) => resource.action === "unchanged");

/** What stays is one line; the rest a line for each kind. */
function block(resources: readonly PlannedResource[], sign: string, action: PlanAction, columns: number, ink: Paint): string[] {
  if (resources.length === 0) return [];
  const kinds = [...Map.groupBy(resources, (resource) => resource.kind).values()];
  if (action === "unchanged") {
    const words = kinds.map((kind) =>
      kind.length === 1 ? plain(kind[0]!.label) : `${kind.length} ${plural(noun(kind), kind.length)}`,
    );
    return [ink.dim(truncate(`  ${sign} ${words.join(", ")}`, columns))];
  }
  const color = action === "create" ? ink.good : action === "delete" || action === "recreate" ? ink.bad : ink.strong;
  return kinds.flatMap((kind) => {
    const head = kind.length === 1 ? plain(kind[0]!.label) : `${kind.length} ${plural(noun(kind), kind.length)}: ${names(kind)}`;
    const [first = "", ...more] = changeLines(head, kind, columns - 4);
    return [`  ${color(sign)} ${first}`, ...more.map((line) => `      ${line}`)];
  });
}

/** What changes stands behind the name, or under it where that is too long: nothing of it is cut. */
function changeLines(head: string, kind: readonly PlannedResource[], columns: number): string[] {
  const changes = changesIn(kind);
  const line = changes.length === 0 ? head : `${head}: ${changes.join("; ")}`;
  return changes.length === 0
    ? [truncate(head, columns)]
    : line.length <= columns
      ? [line]
      : [truncate(head, columns), ...changes];
}

/** Of several, each change once, with how many it meets where it is not all of them. */
function changesIn(kind: readonly PlannedResource[]): string[] {
  const all = countBy(
    kind.flatMap(({ changes = [] }) => [...new Set(changes)]),
    (change) => plain(change),
  );
  const lines = [...all].map(([change, count]) => (count === kind.length ? change : `${change} (${count} of ${kind.length})`));
  return kind.length === 1 || lines.length <= MOST_CHANGES
    ? lines
    : [...lines.slice(0, MOST_CHANGES), `and ${lines.length - MOST_CHANGES} more`];
}

/** Of several resources; of one all are shown. */
const MOST_CHANGES = 8;

const noun = (kind: readonly PlannedResource[]): string => plain(nounOf(kind[0]!.label));

/** All names of a few; the first and the last of many. */
function names(kind: readonly PlannedResource[]): string {
  const all = kind.map((resource) => plain(nameIn(resource.label)));
  return all.length <= 5 ? all.join(", ") : `${all[0]} ... ${all.at(-1)}`;
}

/** "about 2 minutes": an estimate is not told to the second. */
const about = (seconds: number): string => {
  if (seconds < 50) return `about ${Math.max(10, Math.round(seconds / 10) * 10)} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `about ${minutes} ${plural("minute", minutes)}` : `about ${duration(Math.round(minutes / 10) * 600_000)}`;
};

function countBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const value of values) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1);
  return counts;
}
