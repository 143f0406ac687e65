/**
 * What happened, as data: reports are functions of events and nothing else prints. One flat shape, versioned, written as
 * it is to `--events FILE`, where its fields are described (core/documents.ts).
 */
import { defined } from "../core/defined.ts";
import type { EventLine } from "../core/documents.ts";

export type EventKind = EventLine["kind"];

export interface Event extends Omit<EventLine, "schema" | "at"> {
  /** Milliseconds since 1970, of the world's clock. */
  readonly at: number;
}

export type Emit = (event: Omit<Event, "at">) => void;

/** Why something is skipped that Azure had begun when it was given up: it goes on, and may cost money. */
export const LEFT_TO_AZURE = "left to Azure, which goes on with it";

/** What an event says of the resource that it is about. */
export const aboutOf = ({ id, label, node }: Pick<Event, "id" | "label" | "node">): Pick<Event, "id" | "label" | "node"> => ({
  id,
  label,
  ...defined({ node }),
});
