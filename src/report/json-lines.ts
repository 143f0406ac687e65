/**
 * `--events FILE`: every event as one line of JSON, for programs that watch a run. Written at once and synchronously, so
 * that a crash loses nothing that has happened; secrets are taken out. What a line holds is said in core/documents.ts.
 */
import { closeSync, writeSync } from "node:fs";
import type { EventLine } from "../core/documents.ts";
import { jsonText } from "../core/shown.ts";
import { notWritten } from "../core/unwritten.ts";
import type { Event } from "../engine/event.ts";
import type { Report } from "./screen.ts";
import { scrub } from "../core/scrub.ts";

/**
 * A report that appends to `path`, which is opened now, so that a path that cannot be written stops the command before
 * anything is made. A write that fails later (a full disk) does not stop the run: `end` throws it.
 * @param open to append to it
 * @throws ClusterError FileNotWritten (exit 2)
 */
export function jsonLines(path: string, open: (path: string) => number): Report {
  const file = attempt(path, () => open(path));
  let failure: unknown;
  let over = false;
  return {
    event(event) {
      if (over || failure !== undefined) return;
      try {
        attempt(path, () => writeSync(file, jsonLine(event)));
      } catch (error) {
        failure = error;
      }
    },
    end() {
      if (over) return;
      over = true;
      attempt(path, () => closeSync(file));
      if (failure !== undefined) throw failure;
    },
  };
}

/** One event as a line: `schema` 1, `at` in ISO 8601, then the event's own fields. */
function jsonLine(event: Event): string {
  const { at, kind, id, label, ...rest } = event;
  const clean: Partial<EventLine> = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, typeof value === "string" ? scrub(value) : value]),
  );
  const line: EventLine = { schema: 1, at: new Date(at).toISOString(), kind, id, label, ...clean };
  return `${jsonText(line)}\n`;
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw notWritten(path, error, { flag: "--events" });
  }
}
