/**
 * Rehearsals of one folder work one after the other: each reads the simulation's state when it begins and writes it when it ends, and of two
 * at once the last writer would undo the other's cluster. Who waits says so. A lock whose process is gone is nobody's: its number alone is
 * not believed, for another process may have it by now (in a container it is always the same few).
 */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { kill, pid } from "node:process";
import type { Clock } from "../../core/clock.ts";
import { ClusterError, EXIT } from "../../core/errors.ts";
import { shellWord } from "../../core/quoting.ts";

export interface LockOptions {
  readonly clock: Clock;
  /** What holds it: an emulator lasts until somebody ends it, and is not waited for. */
  readonly what?: "rehearsal" | "emulate";
  readonly say?: (text: string) => void;
}

/**
 * @param state the file that is the lock's holder's alone
 * @returns what gives it back
 * @throws ClusterError RehearsalAtWork (exit 7)
 */
export async function lockRehearsal(state: string, { clock, what = "rehearsal", say }: LockOptions): Promise<() => void> {
  const file = `${state}.lock`;
  if (queues.get(state)?.what === "emulate") throw atWork(file, { pid, what: "emulate" });
  const leave = await enter(state, what);
  try {
    const text = `${pid} ${startOf(pid) ?? "?"} ${what} ${randomBytes(6).toString("hex")}\n`;
    for (let tries = 0; !taken(file, text); tries++) {
      const holder = holderOf(file);
      // who took it away may have been slower than we
      if (holder === undefined && tries < TRIES) continue;
      if (holder === undefined) throw notOurs(file);
      if (holder.what === "emulate" || tries === TRIES) throw atWork(file, holder);
      if (tries === 0) say?.(`Another rehearsal (process ${holder.pid}) is at work in this folder: it is waited for.`);
      await clock.sleep(LOOK_MS);
    }
    return () => {
      if (textOf(file) === text) rmSync(file, { force: true });
      leave();
    };
  } catch (error) {
    leave();
    throw error;
  }
}

// --- internal ---

const LOOK_MS = 50;
/** Half a minute: in virtual time a large cluster takes a few seconds. */
const TRIES = 600;

interface Holder {
  readonly pid: number;
  readonly what: string;
}

/** Those of this process wait for each other without a look at the disk. */
const queues = new Map<string, { readonly what: string; readonly done: Promise<void> }>();

async function enter(state: string, what: string): Promise<() => void> {
  const before = queues.get(state)?.done;
  const { promise, resolve } = Promise.withResolvers<void>();
  const mine = { what, done: (before ?? Promise.resolve()).then(() => promise) };
  queues.set(state, mine);
  await before;
  return () => {
    if (queues.get(state) === mine) queues.delete(state);
    resolve();
  };
}

/** Whole from birth: nobody reads a lock that has no text yet. Where a folder takes no links, it is written in one go. */
function taken(file: string, text: string): boolean {
  const own = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(own, text, { mode: 0o600, flag: "wx" });
    try {
      linkSync(own, file);
    } catch (error) {
      if (isThere(error)) return false;
      writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    }
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw notKept(file, error);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who holds it; undefined where nobody does, or nobody any more: then it is free. */
function holderOf(file: string): Holder | undefined {
  const text = lockText(file);
  if (text === undefined) return undefined;
  const [number = "", start = "", what = ""] = text.split(" ");
  const holder = { pid: Number(number), what };
  const lives = holder.pid > 0 && isAlive(holder.pid) && (startOf(holder.pid) ?? "?") === start;
  if (lives) return holder;
  discard(file, text);
  return undefined;
}

/** Two may find the same stale lock: the second must not throw away what the first has put in its place. */
function discard(file: string, text: string): void {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(file, aside);
    if (textOf(aside) !== text) linkSync(aside, file);
  } catch {
    // somebody else was first
  }
  rmSync(aside, { force: true });
}

function isAlive(process: number): boolean {
  try {
    return kill(process, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began, in the kernel's ticks: field 22 of proc_pid_stat(5), after a name that may hold anything. Undefined where there is no /proc. */
const startOf = (process: number): string | undefined => textOf(`/proc/${process}/stat`)?.split(") ").at(-1)?.split(" ")[19];

/** @throws ClusterError SimulationNotKept where there is one that says nothing to us */
function lockText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw notOurs(file, error);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const isThere = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EEXIST";

const notKept = (file: string, cause: unknown): ClusterError =>
  new ClusterError("SimulationNotKept", `the state of the simulation cannot be kept beside ${file}`, {
    exit: EXIT.failed,
    advice: "Give --dir a folder that can be written and has room.",
    cause,
  });

const notOurs = (file: string, cause?: unknown): ClusterError =>
  new ClusterError("SimulationNotKept", `${file} is in the way: it can be neither read nor taken away`, {
    exit: EXIT.failed,
    advice: `Whose rehearsal left it? If none is at work, delete it: rm -r ${shellWord(file)} (with sudo, where it is another user's). Or rehearse in another folder with --dir.`,
    cause,
  });

const atWork = (file: string, { pid: other, what }: Holder): ClusterError =>
  new ClusterError(
    "RehearsalAtWork",
    what === "emulate"
      ? `\`emulate\` (process ${other}) has the simulation of this folder`
      : `another rehearsal (process ${other}) is still at work in this folder`,
    {
      exit: EXIT.conflict,
      advice:
        what === "emulate"
          ? "`create` and all others ask it with --arm-endpoint and the address that it has printed. Or end it (Ctrl-C), or rehearse in another folder with --dir."
          : `Run it again when that one is done, or rehearse in another folder with --dir. Is process ${other} something else? Delete ${file}.`,
    },
  );
