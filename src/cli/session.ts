/**
 * A run as a terminal sees it: its interrupts are Ctrl-C, what it tells goes to the reports that the flags ask for, and it knows
 * what to type next. Screens stand here; what the run is and how it is opened stands in operations.
 */
import type { Documents } from "../core/documents.ts";
import { ClusterError } from "../core/errors.ts";
import type { Event } from "../engine/event.ts";
import { type OpenOptions, openRun } from "../operations/open.ts";
import { refuseFilesInTheWay } from "../operations/files/given-files.ts";
import { openToAppend } from "../operations/files/open-pipe.ts";
import { ownPath } from "../operations/files/own-path.ts";
import type { Run } from "../operations/run.ts";
import type { Head } from "../report/frame-line.ts";
import { jsonLines } from "../report/json-lines.ts";
import { abilities } from "../report/paint.ts";
import { type Report, chooseReport, joined } from "../report/report.ts";
import { short } from "../report/short.ts";
import { prose } from "../report/wrap.ts";
import { type HeadLine, headLine } from "./head-line.ts";
import type { Invocation } from "./invocation.ts";
import { interrupted, runsAgain, stopping, unread } from "./interrupted.ts";
import { learnFrom, learningLookups } from "./learnt.ts";
import { nextCommand, withTypedFlags } from "./next-command.ts";
import { printDocument } from "./print-document.ts";
import { wordCache } from "./word-cache.ts";
import type { World } from "./world.ts";

export interface Session extends Run {
  readonly world: World;
  /** Starts the reports; until then events are only kept. @param nodes that are worked on */
  report(nodes: number, how?: HowToReport): void;
  /** Ends the progress, so that what is said next stands below it. */
  endReport(): void;
  /** What the command ends with: the one thing on stdout with `--json`, and what completion learns names from. */
  hand(document: Documents[keyof Documents], how?: HowToHand): void;
  /** Says why a file was not written: what was made is there, and its result is still to come. */
  sayUnwritten(why: ClusterError): void;
  /** What stands above everything else, an error too. */
  readonly head: HeadLine["begin"];
  /** What to type next: `next("destroy mycluster")`, with the flags that lead to the same Azure. */
  next(words: string): string;
  close(): Promise<void>;
}

export interface HowToReport {
  /** A report beside the screen's. */
  readonly other?: Report | undefined;
  /** What is said of what is in work; "being made" when left out. */
  readonly doing?: string;
  /** What stands above the progress. */
  readonly head?: Head;
}

export interface HowToHand {
  readonly indented?: boolean;
  /** Of a list: it has all clusters of the subscription. */
  readonly whole?: boolean;
}

/** Commands that end before anybody could replace the program under them; all others are made whole. */
const LOOK = new Set(["plan", "status", "list", "export"]);

/** They do nothing of ours that is to be ended: with those that look, they end when nobody reads them. */
const SHOW = new Set(["run", "ssh", "logs"]);

/** Work in a session that is closed after it, however it ends. */
export async function inSession<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
  options: Parameters<typeof openSession>[1] = {},
): Promise<T> {
  const session = await openSession(invocation, options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** To be closed by whoever opens it. */
export async function openSession(invocation: Invocation, { looks = false }: Pick<OpenOptions, "looks"> = {}): Promise<Session> {
  const { world, given } = invocation;
  const onlyLooks = given.dryRun === true || LOOK.has(invocation.command);
  // what create has in a file or in the environment is not written by a plan
  const written = onlyLooks ? { ...given, output: undefined, timings: undefined } : given;
  refuseFilesInTheWay(world, written, { dir: ownPath(world, given.dir ?? "."), name: invocation.args[0] ?? "" });
  const telling = createTelling(invocation);
  // what a rehearsal makes up is no name of anything
  const words = wordCache(given.simulate === true ? {} : world.env);
  const head = headLine(telling.say, world);
  const interrupts = hearInterrupts(invocation);
  try {
    const { run, interrupt, close } = await openRun(world, given, {
      looks,
      lasts: given.watch === true || !onlyLooks,
      runsAgain: runsAgain(invocation),
      listeners: { event: telling.event, say: telling.say },
    });
    interrupts.opened(run, interrupt);
    const stopReading = whenUnread(invocation, interrupt);
    return {
      ...run,
      lookups: learningLookups(run.lookups, words),
      world,
      hand(document, { indented = false, whole = false } = {}) {
        learnFrom(words, run.subscription, document, { whole });
        if (given.json === true) printDocument(world, document, indented);
      },
      head: head.begin,
      next: nextCommand(invocation),
      report: (nodes, how = {}) => telling.show(run, nodes, how),
      endReport: telling.end,
      sayUnwritten: telling.unwritten,
      async close() {
        stopReading?.();
        interrupts.closing();
        try {
          await head.end();
          telling.end();
          await Promise.all([words.save(), close()]);
        } finally {
          // a signal whose default came back before that would end the process, and lose what a rehearsal has made
          interrupts.stop();
        }
      },
    };
  } catch (error) {
    interrupts.stop();
    throw error;
  }
}

// --- internal ---

/** What Ctrl-C does: before the run is open it is remembered, then it ends the run, and at the close it ends the waiting for what is kept. */
function hearInterrupts(invocation: Invocation) {
  const { world } = invocation;
  // what no signal reaches (a pipe that is read, a program that signs in, a full disk) is not waited for
  const soonGivenUp = (untouched: boolean): void =>
    void world.clock.sleep(GRACE_MS).then(() => invocation.giveUp?.(interrupted(invocation, untouched)));
  let before = 0;
  let heard = (): void => {
    if (before++ === 0) soonGivenUp(true);
  };
  return {
    stop: world.onInterrupt(() => heard()),
    opened(run: Run, interrupt: Awaited<ReturnType<typeof openRun>>["interrupt"]): void {
      heard = () => {
        const how = interrupt((untouched) => interrupted(invocation, untouched));
        if (how === "untouched") soonGivenUp(true);
        if (how === "at once") return;
        run.emit({ kind: "note", id: INTERRUPT, label: "interrupted", message: stopping(invocation, how === "untouched") });
      };
      for (; before > 0; before--) heard();
    },
    closing(): void {
      heard = () => soonGivenUp(false);
    },
  };
}

/** What only looks or shows ends when nobody reads it any more, as at a second Ctrl-C. */
function whenUnread(invocation: Invocation, interrupt: (reason: typeof unread) => unknown): (() => void) | undefined {
  if (!LOOK.has(invocation.command) && !SHOW.has(invocation.command)) return undefined;
  return invocation.world.onUnread?.(() => {
    invocation.giveUp?.(unread());
    for (let times = 2; times > 0; times--) interrupt(unread);
  });
}

/** What was ended says so itself, within that. */
const GRACE_MS = 1000;

const INTERRUPT = "interrupt";
const isInterrupt = ({ kind, id }: Event): boolean => kind === "note" && id === INTERRUPT;

/** What a run tells, on its way to the reports that the flags ask for: to the file at once, to the screen from `show` on. */
function createTelling(invocation: Invocation) {
  const { world, given } = invocation;
  const complete = withTypedFlags(invocation);
  const reports: Report[] = given.events === undefined ? [] : [jsonLines(ownPath(world, given.events), openToAppend)];
  const { color, animate } = abilities(world.env, world.stderr);
  let report: Report = joined(reports);
  let shown = false;
  const unwritten = ({ message, advice = "" }: ClusterError): void => {
    prose(world.stderr, `${message} ${advice}\n`);
    world.ci?.annotate("error", "azure-coreos-cluster", `${message} ${advice}`);
    invocation.unwritten?.();
  };
  /** Who notices something does not know how the command was typed. */
  const completed = (event: Event): Event =>
    event.kind === "note" && event.message !== undefined ? { ...event, message: complete(event.message) } : event;
  return {
    event(event: Event): void {
      report.event(completed(event));
      // who stops before anything was begun is answered at once
      if (!shown && isInterrupt(event) && given.quiet !== true) prose(world.stderr, `${event.message ?? ""}\n`);
      // before the progress is shown, a wait must not look like a hang
      if (!shown && event.kind === "retrying" && given.quiet !== true)
        prose(
          world.stderr,
          `Azure: ${short(event.message ?? event.code ?? "busy")}; asking again in ${Math.ceil((event.delayMs ?? 0) / 1000)} s\n`,
        );
    },
    say(text: string): void {
      if (given.quiet !== true) prose(world.stderr, complete(text.endsWith("\n") ? text : `${text}\n`));
    },
    show(run: Run, nodes: number, { other, doing, head }: HowToReport): void {
      if (shown) return;
      shown = true;
      if (given.quiet !== true) world.ci?.group(`azure-coreos-cluster: ${doing ?? "being made"}, step by step`);
      const mode = given.quiet === true ? "quiet" : given.verbose === true ? "verbose" : "auto";
      const { clock, events } = run;
      const screen = chooseReport({ stderr: world.stderr, mode, clock, color, animate, nodes, head, ...(doing && { doing }) });
      report = joined([...reports, ...(other === undefined ? [] : [other]), screen]);
      // what was noticed while there was no screen yet
      const notes = events.filter((event) => event.kind === "note" && !isInterrupt(event));
      // a plan that was agreed to is made twice, and notices the same
      for (const event of new Map(notes.map((event) => [`${event.id} ${event.message}`, event])).values())
        screen.event(completed(event));
    },
    unwritten,
    end(): void {
      try {
        report.end();
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        unwritten(error);
      }
      world.ci?.endGroup();
    },
  };
}
