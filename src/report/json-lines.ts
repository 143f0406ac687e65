/**
 * `--events FILE`: every event as one line of JSON, for programs that watch a run. Written at once and synchronously, so
 * that a crash loses nothing that has happened; secrets are taken out. What a line holds is said in core/documents.ts.
 */
import { closeSync, constants, openSync, statSync, writeSync } from "node:fs";
import type { EventLine } from "../core/documents.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { jsonText } from "../core/shown.ts";
import type { Event } from "../engine/event.ts";
import type { Report } from "./screen.ts";
import { scrub } from "./scrub.ts";

/**
 * A report that appends to `path`, which is opened now, so that a path that cannot be written stops the command before
 * anything is made. A write that fails later (a full disk) does not stop the run: `end` throws it.
 * @throws ClusterError "EventsFile"
 */
export function jsonLines(path: string): Report {
  const file = attempt(path, () => openToAppend(path));
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

/** To open a pipe that nobody reads would be to wait for a reader, for ever and without a word. */
function openToAppend(path: string): number {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return openSync(path, "a", 0o644);
  let first: number | undefined;
  try {
    first = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    // writes are to wait for a reader that is slow; the first stays open meanwhile, for its end would be the reader's
    return openSync(path, "a");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENXIO") throw new Error("it is a pipe, and nobody reads it", { cause });
    throw cause;
  } finally {
    if (first !== undefined) closeSync(first);
  }
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
    throw new ClusterError("EventsFile", `The events cannot be written to ${path}: ${(error as Error).message}`, {
      advice: "Give --events a file in a folder that exists, can be written and has room.",
      source: "user",
      exit: EXIT.usage,
      cause: error,
    });
  }
}
