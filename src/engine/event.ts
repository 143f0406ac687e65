/**
 * What happened, as data: reports are functions of events and nothing else prints. One flat shape, versioned, written as
 * it is to `--events FILE`.
 */
export type EventKind =
  | "plan" // what is about to be done: `count` resources
  | "phase" // a step that is no resource: "preflight", "keys", "readiness"; `detail` says more
  | "started" // the first request for the resource is on its way
  | "waiting" // Azure accepted it and works on it
  | "retrying" // in `delayMs`, because of `code`
  | "unchanged" // it is there, as desired
  | "done" // made or changed (`change` says which), or deleted
  | "failed"
  | "skipped" // something it needs has failed, or we were interrupted
  | "note" // a sentence for the user that is no error
  | "end";

export interface Event {
  /** Milliseconds since 1970, of the world's clock. */
  at: number;
  kind: EventKind;
  /** ARM id, or a word for what has none ("preflight"). */
  id: string;
  label: string;
  change?: "created" | "updated" | "deleted";
  count?: number;
  delayMs?: number;
  code?: string;
  message?: string;
  detail?: string;
  /** Index of the node it belongs to. */
  node?: number;
  /** How far a node that is waited for has come: "unreachable", "no-login", "ssh"... */
  step?: string;
}

export type Emit = (event: Omit<Event, "at">) => void;

/** What an event says of the resource that it is about. */
export const aboutOf = ({ id, label, node }: Pick<Event, "id" | "label" | "node">): Pick<Event, "id" | "label" | "node"> => ({
  id,
  label,
  ...(node === undefined ? {} : { node }),
});
