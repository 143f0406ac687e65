/**
 * One run: its way to Azure (connect.ts), its time, interrupts and reports. The only place where the simulation takes the network's
 * place. Opening, reporting and closing are one life, read together.
 */
import type { Clock } from "../core/clock.ts";
import { ClusterError, EXIT } from "../core/errors.ts";
import { FLAGS } from "../core/flags.ts";
import type { Emit } from "../engine/event.ts";
import { duration } from "../report/words.ts";
import { type Report, chooseReport, joined } from "../report/report.ts";
import { jsonLines } from "../report/json-lines.ts";
import { abilities } from "../report/paint.ts";
import { prose } from "../report/wrap.ts";
import { type Way, connect } from "./connect.ts";
import { withDeadline } from "./deadline-clock.ts";
import { openFolder } from "./folder.ts";
import type { Invocation } from "./invocation.ts";
import { nextCommand } from "./next-command.ts";
import { resolve } from "node:path";
import type { Event } from "../engine/event.ts";
import type { World } from "./world.ts";

export interface Session extends Way {
  readonly world: World;
  readonly simulated: boolean;
  /** Folder of keys and cluster folders. */
  readonly dir: string;
  readonly clock: Clock;
  readonly startedAt: number;
  /** Milliseconds since 1970: what is not there by then is given up. */
  readonly deadline: number;
  /** Aborted by the first Ctrl-C: nothing new is started. */
  readonly stop: AbortSignal;
  readonly emit: Emit;
  /** Everything that happened, for charts and documents. */
  readonly events: readonly Event[];
  /** Starts the reports; until then events are only kept. `doing` is said of what is in work: "being made". */
  report(nodes: number, other?: Report, doing?: string): void;
  /** The same without its deadline, for what must be done when the time is up; a second Ctrl-C ends it. */
  overtime(): Promise<Session>;
  /** Ends the progress, so that what is said next stands below it. */
  endReport(): void;
  /** What to type next: `next("destroy mycluster")`, with the flags that lead to the same Azure. */
  next(words: string): string;
  /** A sentence on stderr, outside of the progress. */
  say(text: string): void;
  close(): Promise<void>;
}

/** Nodes are waited for until the deadline; so much longer the run may take to say why they did not come. */
const graceOf = (timeoutMs: number): number => Math.min(45_000, Math.max(5000, timeoutMs / 10));

export interface SessionOptions {
  /** It only looks: a rehearsal stays as it was, in its time too. */
  readonly looks?: boolean;
}

export async function openSession(invocation: Invocation, { looks = false }: SessionOptions = {}): Promise<Session> {
  const { world, given } = invocation;
  const dir = await openFolder(invocation, { write: given.simulate === true && !looks });
  if (given.fault !== undefined && given.simulate !== true)
    throw new ClusterError("Usage", "--fault goes with --simulate", { exit: EXIT.usage });
  const simulation =
    given.simulate === true ? await (await import("./simulated.ts")).startSimulation(world, dir, given) : undefined;
  const hard = new AbortController();
  const late = new AbortController();
  const soft = new AbortController();
  const plainClock = simulation?.clock ?? world.clock;
  const startedAt = plainClock.now();
  const deadline = startedAt + (given.timeout ?? FLAGS.timeout.default);
  const clock = withDeadline(plainClock, deadline + graceOf(deadline - startedAt), () => {
    hard.abort(
      new ClusterError("Timeout", `not done within ${duration(deadline - startedAt)} (--timeout)`, {
        source: "azure",
        exit: EXIT.timeout,
        advice: "Nothing is lost: run the same command again and it goes on from here. Give it longer with --timeout 1h.",
      }),
    );
    return hard.signal.reason as Error;
  });

  const reports: Report[] = given.events === undefined ? [] : [jsonLines(resolve(world.cwd, given.events))];
  const events: Event[] = [];
  let report: Report = joined(reports);
  let shown = false;
  const emit: Emit = (event) => {
    const stamped = { at: clock.now(), ...event };
    events.push(stamped);
    report.event(stamped);
    // before the progress is shown, a wait must not look like a hang
    if (!shown && event.kind === "retrying" && given.quiet !== true)
      prose(
        world.stderr,
        `Azure: ${event.message ?? event.code ?? "busy"}; asking again in ${Math.ceil((event.delayMs ?? 0) / 1000)} s\n`,
      );
  };
  const show = abilities(world.env, world.stderr);
  const stopListening = world.onInterrupt(() => {
    if (soft.signal.aborted) {
      hard.abort(interrupted(invocation));
      late.abort(interrupted(invocation));
      return;
    }
    soft.abort(interrupted(invocation));
    emit({
      kind: "note",
      id: "interrupt",
      label: "interrupted",
      message: "Stopping: what runs is let finish. Ctrl-C again stops now; running the same command later continues.",
    });
  });

  try {
    const around = { emit, ...(simulation === undefined ? {} : { simulation }) };
    const { subscription, tools, lookups, credential } = await connect(invocation, { ...around, clock, hard: hard.signal });
    const session: Session = {
      world,
      subscription,
      simulated: simulation !== undefined || world.rehearsal === true,
      dir,
      clock,
      startedAt,
      deadline,
      tools,
      lookups,
      credential,
      stop: soft.signal,
      emit,
      events,
      next: nextCommand(invocation),
      report(nodes, other, doing) {
        if (shown) return;
        shown = true;
        const mode = given.quiet === true ? "quiet" : given.verbose === true ? "verbose" : "auto";
        const screen = chooseReport({
          stderr: world.stderr,
          mode,
          clock,
          color: show.color,
          animate: show.animate,
          nodes,
          ...(doing === undefined ? {} : { doing }),
        });
        report = joined([...reports, ...(other === undefined ? [] : [other]), screen]);
        // what was noticed while there was no screen yet
        for (const event of events) if (event.kind === "note") screen.event(event);
      },
      endReport() {
        report.end();
      },
      say(text) {
        if (given.quiet !== true) prose(world.stderr, text.endsWith("\n") ? text : `${text}\n`);
      },
      async close() {
        stopListening();
        report.end();
        if (!looks) await simulation?.save();
      },
      overtime: async () => ({
        ...session,
        clock: plainClock,
        ...(await connect(invocation, { ...around, clock: plainClock, hard: late.signal })),
      }),
    };
    return session;
  } catch (error) {
    stopListening();
    throw error;
  }
}

/** gc and list work on no cluster that has a name here. */
const interrupted = (invocation: Invocation): ClusterError =>
  new ClusterError("Interrupted", "interrupted", {
    exit: EXIT.interrupted,
    advice:
      invocation.args[0] === undefined
        ? "What was done stays. Run the same command again to continue."
        : `What was made stays. Run the same command again to continue, or \`${nextCommand(invocation)(`destroy ${invocation.args[0]}`)}\` to remove it.`,
  });
