/**
 * Opens a run: the way to Azure or to its simulation, a clock that knows when the run must end, two ways to stop it, and the
 * list of what happened. The only place where the simulation takes the network's place. It prints nothing.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { FLAGS, type FlagValues } from "../core/spec/flags.ts";
import { hops } from "../core/spec/hops.ts";
import { duration } from "../core/words.ts";
import type { Emit, Event } from "../engine/event.ts";
import { connectAzure } from "./connect.ts";
import { priceService } from "./price/service.ts";
import { withDeadline } from "./deadline-clock.ts";
import { SILENCE, type Traffic, untilSilent } from "./silence.ts";
import { pathForSsh } from "./files/own-path.ts";
import { openFolder } from "./files/folder.ts";
import { realClock } from "./real-clock.ts";
import type { Run, Surroundings } from "./run.ts";

export interface Listeners {
  /** Of everything that happens, stamped with its time. */
  readonly event?: (event: Event) => void;
  /** Of sentences that are no part of the progress. */
  readonly say?: (text: string) => void;
}

export interface OpenOptions {
  /** It only looks: a rehearsal stays as it was, in its time too. */
  readonly looks?: boolean;
  /** It writes, or lasts: the program must be whole, whatever happens to its files meanwhile. */
  readonly lasts?: boolean;
  /** It runs somebody's command on nodes: the same later does not continue that, and runs it a second time. */
  readonly runsAgain?: boolean;
  readonly listeners?: Listeners;
}

/** What is said to whoever no longer waits for a command on nodes: sshd ends none whose client is gone. */
export const STILL_RUNS =
  "The command may still be running on the node, and a second one would run beside it: look there first (ps -ef).";

/** A run, and who opened it may end it. */
export interface Opened {
  readonly run: Run;
  /**
   * Lets what runs be finished, and starts nothing new; a second time ends it at once, and so does the first while nothing
   * was written to Azure or to a node: an Azure that does not answer is asked for minutes. Where it has stopped answering, what was
   * begun is not waited for either.
   * @param reason what the run ends with, and whether it has written anything
   */
  interrupt(reason: (untouched: boolean) => ClusterError): "softly" | "untouched" | "at once";
  /** Keeps what a rehearsal made. */
  close(): Promise<void>;
}

/** The end of a run's time that is kept for saying why nodes did not come. */
const explaining = (timeoutMs: number): number => Math.min(15_000, timeoutMs / 10);

/** @throws ClusterError Usage, SubscriptionMissing, SignInIncomplete, and what a certificate or the folder is refused with */
export async function openRun(
  outside: Surroundings,
  given: Partial<FlagValues>,
  { looks = false, lasts = !looks, runsAgain = false, listeners = {} }: OpenOptions = {},
): Promise<Opened> {
  const dir = await openFolder(outside, given.dir, { write: given.simulate === true && !looks });
  refuseRehearsalFlags(given);
  // what is refused here leaves no simulation behind that nobody can open again
  const reached = waysGiven(outside, given);
  const simulation =
    given.simulate === true
      ? await (await import("./rehearsal/simulated.ts")).startSimulation(outside, dir, given, { looks, say: listeners.say })
      : undefined;
  const { plainClock, startedAt, deadline } = timesOf(outside, given, simulation?.clock);
  const stops = createStops(plainClock, runsAgain, () => emit(SILENCE));
  const { soft, hard, late, traffic, touch } = stops;
  const clock = withDeadline(plainClock, deadline, () => stops.runOut(deadline - startedAt));
  stops.runOutAt(deadline, deadline - startedAt);
  const { events, emit } = record(clock, listeners);
  const loadRest = simulation === undefined && lasts && outside.loadRest !== undefined ? once(outside.loadRest) : undefined;
  const parts = { ...(loadRest && { loadRest }), ...(simulation && { simulation }) };
  const wayOn = (time: Clock, signal: AbortSignal) =>
    connectAzure(outside, given, { emit, clock: time, hard: signal, soft: soft.signal, traffic, wrote: touch, ...parts });
  const way = await wayOn(clock, hard.signal).catch((error: unknown) => {
    simulation?.leave();
    throw error;
  });
  const rehearsed = simulation !== undefined || outside.azure !== undefined;
  const run: Run = {
    ...way,
    outside,
    prices: priceService(outside, given, { rehearsed, fetch: way.wayOut.fetch }),
    simulated: simulation !== undefined || outside.rehearsal === true,
    dir,
    ...reached,
    ways: new Map(),
    clock,
    startedAt,
    deadline,
    giveUpAt: deadline - explaining(deadline - startedAt),
    stop: soft.signal,
    emit,
    events,
    say: (text) => listeners.say?.(text),
    changesNodes: touch,
    overtime: async () => {
      // they end with the time that is up
      await closeWays(run);
      return { ...run, clock: plainClock, ...(await wayOn(plainClock, late.signal)) };
    },
  };
  return {
    run,
    interrupt: stops.interrupt,
    close: async () => {
      stops.close();
      await closeWays(run);
      await simulation?.close();
    },
  };
}

// --- internal ---

/** How nodes are reached, as the user says it. @throws ClusterError Usage */
const waysGiven = (outside: Surroundings, { sshKey, jump }: Partial<FlagValues>): Pick<Run, "sshKey" | "jump"> => ({
  ...(sshKey !== undefined && { sshKey: pathForSsh(outside, sshKey, "--ssh-key") }),
  ...(jump !== undefined && { jump: hops(jump) }),
});

async function closeWays({ ways }: Run): Promise<void> {
  const open = [...ways.values()];
  ways.clear();
  for (const { via } of open) (await via?.catch(() => undefined))?.close();
}

/** Whose time it is, when the run began, and when it must be over. A simulation's begins now, a process's when it was started. */
function timesOf(
  outside: Surroundings,
  given: Partial<FlagValues>,
  simulated: Clock | undefined,
): { readonly plainClock: Clock; readonly startedAt: number; readonly deadline: number } {
  const plainClock = simulated ?? outside.clock;
  const startedAt = simulated === undefined ? (outside.startedAt ?? plainClock.now()) : plainClock.now();
  return { plainClock, startedAt, deadline: startedAt + (given.timeout ?? FLAGS.timeout.default) };
}

/** Keeps what happens, stamped with its time, and tells it on. */
function record(clock: Clock, listeners: Listeners): { events: readonly Event[]; emit: Emit } {
  const events: Event[] = [];
  const emit: Emit = (event) => {
    const stamped = { at: clock.now(), ...event };
    events.push(stamped);
    listeners.event?.(stamped);
  };
  return { events, emit };
}

/** What ends a run before its time: softly (nothing new begins), hard (requests too), and late, for the overtime. */
interface Stops extends Pick<Opened, "interrupt"> {
  readonly soft: AbortController;
  readonly hard: AbortController;
  readonly late: AbortController;
  readonly traffic: Traffic;
  /** Told when something was written, to Azure or to a node. */
  touch(): void;
  /** Its time is up. @returns what it ends with, unless something has ended it before */
  runOut(timeoutMs: number): Error;
  /** The same at that moment, whatever the run is waiting for: who waits for an answer does not sleep. */
  runOutAt(deadline: number, timeoutMs: number): void;
  /** The run is over: nobody looks for a silence any more. */
  close(): void;
}

/** @param onSilence told before a run that was interrupted is ended, for Azure has stopped answering */
function createStops(clock: Clock, runsAgain: boolean, onSilence: () => void): Stops {
  const soft = new AbortController();
  const hard = new AbortController();
  const late = new AbortController();
  const over = new AbortController();
  const traffic: Traffic = { asked: 0, answered: 0 };
  let untouched = true;
  const runOut = (timeoutMs: number): Error => {
    hard.abort(overdue(timeoutMs, runsAgain && !untouched, traffic));
    return hard.signal.reason as Error;
  };
  // a reason of their own: what ends with the soft one's was never asked for, and is called skipped
  const endAtOnce = (reason: ClusterError): void => [hard, late].forEach((one) => one.abort(reason));
  return {
    soft,
    hard,
    late,
    traffic,
    touch: () => void (untouched = false),
    close: () => over.abort(),
    runOut,
    runOutAt(deadline, timeoutMs) {
      // virtual time would be pulled along, and nothing there keeps silent
      if (clock !== realClock) return;
      void clock.sleep(deadline - clock.now(), over.signal).then(
        () => runOut(timeoutMs),
        () => undefined,
      );
    },
    interrupt(reason) {
      const first = !soft.signal.aborted;
      soft.abort(reason(untouched));
      if (first && !untouched) {
        const whenSilent = (): void => {
          onSilence();
          endAtOnce(reason(false));
        };
        void untilSilent(traffic, clock, over.signal).then(whenSilent, () => undefined);
        return "softly";
      }
      endAtOnce(reason(untouched));
      return first ? "untouched" : "at once";
    },
  };
}

/** What only a rehearsal can do. */
function refuseRehearsalFlags({ simulate, fault, simulateSpeed }: Partial<FlagValues>): void {
  const stray = [fault !== undefined && "--fault", simulateSpeed !== undefined && "--simulate-speed"].find(Boolean);
  if (stray === undefined || simulate === true) return;
  throw new ClusterError("Usage", `${String(stray)} goes with --simulate`, { exit: EXIT.usage });
}

/** The same promise for all who ask. @throws ClusterError ProgramReplaced */
function once(load: () => Promise<void>): () => Promise<void> {
  let loading: Promise<void> | undefined;
  return () =>
    (loading ??= load().catch((cause: unknown) => {
      throw new ClusterError("ProgramReplaced", "the program's own files have changed since it was started", {
        exit: EXIT.failed,
        advice: "Nothing was written. Was it just upgraded? Run the same command again.",
        cause,
      });
    }));
}

const overdue = (timeoutMs: number, stillRuns: boolean, { answered, through }: Traffic): ClusterError =>
  new ClusterError("Timeout", `not done within ${duration(timeoutMs)} (--timeout)`, {
    source: "azure",
    exit: EXIT.timeout,
    advice: `${answered === 0 && through !== undefined ? `Nothing has answered through the proxy ${through}: look at it first. ` : ""}${stillRuns ? STILL_RUNS : "Nothing is lost: run the same command again and it goes on from here."} Give it longer with --timeout 1h.`,
  });
