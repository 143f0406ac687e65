/**
 * The runs of one Azure: each piece of work is a run of its own, with its own time limit; who signs in stays the same, and all tell the
 * same listeners. An abort, or the end of it all, ends what is at work.
 */
import { defined } from "../core/defined.ts";
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { abortable } from "../engine/abortable.ts";
import type { Event } from "../engine/event.ts";
import { type Opened, STILL_RUNS, openRun } from "../operations/open.ts";
import type { Run, Surroundings } from "../operations/run.ts";
import { type EventStream, eventStream } from "./events.ts";
import type { OptionsOf } from "./options.ts";

export interface Runs {
  /**
   * Opens a run, works, and closes it. With `looks` a rehearsal stays as it was; `limitMs` is the time it has unless an option says otherwise;
   * `runsAgain` is a command of somebody's that the same call later does not continue.
   */
  work<T>(
    options: { readonly looks: boolean; readonly runsAgain?: boolean; readonly more?: object; readonly limitMs?: number },
    work: (run: Run) => Promise<T>,
  ): Promise<T>;
  events(): AsyncIterable<Event>;
  close(): void;
}

export interface RunsOptions {
  readonly given: OptionsOf<"azure">;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: Event) => void) | undefined;
}

export function runsOf({ given, env, cwd, clock, signal, onEvent }: RunsOptions): Runs {
  const closed = new AbortController();
  const ends = AbortSignal.any([closed.signal, ...(signal === undefined ? [] : [signal])]);
  const streams = new Set<EventStream>();
  const outside: { -readonly [K in keyof Surroundings]: Surroundings[K] } = {
    env,
    cwd,
    clock,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  const tell = listener(onEvent);
  const hear = (event: Event): void => {
    void tell(event);
    for (const stream of streams) stream.push(event);
  };
  return {
    async work({ looks, runsAgain = false, more = {}, limitMs }, work) {
      if (ends.aborted) throw interrupted(ends.reason, NOTHING);
      const limit = defined({ timeout: limitMs });
      const how = { looks, runsAgain, listeners: { event: hear } };
      const opening = openRun(outside, { ...limit, ...given, ...more }, how);
      const { run, interrupt, close } = await abortable(opening, ends).catch((error: unknown) => {
        if (!ends.aborted) throw error;
        // it may wait for another rehearsal
        void opening.then((late) => late.close()).catch(() => undefined);
        throw interrupted(ends.reason, NOTHING);
      });
      // one sign-in for all that is done here
      if (run.credential !== undefined) outside.credential ??= run.credential;
      const stopListening = endsWith(ends, interrupt, runsAgain ? STILL_RUNS : CONTINUES);
      try {
        return await work(run);
      } finally {
        stopListening();
        await close();
      }
    },
    events() {
      const stream = eventStream();
      if (closed.signal.aborted) stream.end();
      else streams.add(stream);
      return stream;
    },
    close() {
      closed.abort(new Error("closed"));
      for (const stream of streams) stream.end();
    },
  };
}

// --- internal ---

/**
 * A listener's fault ends no create half way: it is a warning of the process, the first time. Called at once; what it throws later, as an
 * async function does, is the same.
 */
function listener(onEvent: RunsOptions["onEvent"]): (event: Event) => Promise<void> {
  let warned = false;
  return async (event) => {
    try {
      await (onEvent?.(event) as unknown);
    } catch (error) {
      if (!warned) process.emitWarning(`onEvent has thrown: ${String(error)}`, { type: "AzureCoreosClusterWarning" });
      warned = true;
    }
  };
}

const CONTINUES = "What was done stays. The same call later continues.";
const NOTHING = "Nothing was changed.";

const interrupted = (cause: unknown, advice: string): ClusterError =>
  new ClusterError("Interrupted", "interrupted", { exit: EXIT.interrupted, advice, cause });

/** A program that aborts does not wait for what runs, as somebody who presses Ctrl-C twice. */
function endsWith(signal: AbortSignal, interrupt: Opened["interrupt"], advice: string): () => void {
  const end = (): void => {
    for (let times = 2; times > 0; times--) interrupt((untouched) => interrupted(signal.reason, untouched ? NOTHING : advice));
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return () => signal.removeEventListener("abort", end);
}
