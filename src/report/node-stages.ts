/**
 * How far each node has come, folded out of events: what a person waits for is not a resource but a node. Constant work for an event.
 */
import type { Event } from "../engine/event.ts";
import { nameIn, plain } from "../core/words.ts";

/** In the order of a life. */
export const NODE_STAGES = ["no machine", "made", "boots", "answers", "etcd joins", "ready", "failed"] as const;
export type NodeStage = (typeof NODE_STAGES)[number];

export interface NodeProgress {
  readonly name: string;
  readonly stage: NodeStage;
  /** When its machine was asked for, and when it came to this stage; in ms. */
  readonly startedAt: number;
  readonly since: number;
  /** It is asked how it is. */
  readonly awaited: boolean;
  /** Why it is no further. */
  readonly reason?: string;
}

/** Takes one event in, if it is about a node. */
export function takeNode(nodes: Map<number, NodeProgress>, event: Event): void {
  if (event.node === undefined) return;
  const known = nodes.get(event.node);
  const stage = stageOf(event, known);
  if (stage === undefined) return;
  const reason = event.message ?? event.detail;
  nodes.set(event.node, {
    name: known?.name ?? plain(nameIn(event.label)),
    stage,
    startedAt: known?.startedAt ?? event.at,
    since: known?.stage === stage ? known.since : event.at,
    awaited: known?.awaited === true || event.id.startsWith("readiness/"),
    ...(reason === undefined || stage === "ready" ? {} : { reason }),
  });
}

// --- internal ---

/** What an answer of the node itself says: nodes/node-state.ts. */
const ANSWERS: Readonly<Record<string, NodeStage>> = {
  unreachable: "boots",
  "wrong-host-key": "answers",
  "no-login": "answers",
  ssh: "etcd joins",
};

function stageOf({ kind, id, label, step, detail, change }: Event, before: NodeProgress | undefined): NodeStage | undefined {
  const isReadiness = id.startsWith("readiness/");
  if (!isReadiness && !label.startsWith("machine ")) return undefined;
  // it is there, changed or not
  if (change === "updated") return before?.stage ?? "made";
  // skipped without a reason: the run was stopped before it was asked for
  if (kind === "failed" || (kind === "skipped" && detail !== undefined)) return "failed";
  if (kind === "skipped") return before?.stage;
  const known = before?.stage;
  if (isReadiness) {
    if (kind === "done") return "ready";
    return ANSWERS[step ?? ""] ?? (known === undefined || known === "no machine" || known === "made" ? "boots" : known);
  }
  // made again from the beginning, whatever the one before it had come to
  if (kind === "started" && known !== "ready") return "no machine";
  // its own answers say more than Azure does
  if (known !== undefined && known !== "no machine" && known !== "failed") return known;
  if (kind === "waiting" && before?.awaited === true) return "boots";
  return kind === "done" || kind === "unchanged" ? (before?.awaited === true ? "boots" : "made") : "no machine";
}
