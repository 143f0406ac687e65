/** What the preflight has to say of a thing that it looked at, or could not look at: a note, never a refusal. */
import { defined } from "../../core/defined.ts";
import type { Run } from "../run.ts";

/** @param about what was looked at @param code why it could not be looked at */
export const notePreflight = ({ emit }: Pick<Run, "emit">, about: string, message: string, code?: string): void =>
  emit({ kind: "note", id: `preflight/${about}`, label: "preflight", message, ...defined({ code }) });
