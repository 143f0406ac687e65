/** The process as a value. The only module that reads process globals, the clock or randomness; tests pass their own. */
import { userInfo } from "node:os";
import { setFlagsFromString } from "node:v8";
import { startedByNohup } from "./nohup.ts";
import { realClock } from "../operations/real-clock.ts";
import type { Surroundings } from "../operations/run.ts";

export interface Output {
  /** Bytes are what a node has written, and stay as they are. */
  write(text: string | Uint8Array): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** What a CI system is told beside what people read: ci.ts. */
export interface Ci {
  /** Takes the place of the world's: nothing that is written to it is a command. */
  readonly stderr: Output;
  group(title: string): void;
  endGroup(): void;
  annotate(level: "error" | "warning", title: string, message: string): void;
  /** Values for later steps, and a page in Markdown. */
  hand(outputs: Readonly<Record<string, string>>, page: string): Promise<void>;
}

export interface World extends Surroundings {
  readonly argv: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  /** On a terminal: a line that is gone with the next thing that is printed; without a text the one of before, if there was one. */
  readonly waiting?: (text?: string) => void;
  /** In a CI system that reads a log: what else it is told. */
  readonly ci?: Ci;
  /** Who gets the terminal instead of a program, and gives its exit code, until the signal ends it; only tests set it. */
  readonly spawn?: (program: string, args: readonly string[], signal: AbortSignal) => Promise<number>;
  /** From now on less memory is worth more time: a little, or twice as much. */
  readonly saveMemory?: (worth: "a little" | "twice as much") => void;
  /** True when a person can answer a question. */
  readonly interactive: boolean;
  /** The answer; undefined when there was none but Ctrl-C or a signal, null when the input ended: Ctrl-D. */
  ask(question: string): Promise<string | undefined | null>;
  /** The same, and nobody who looks at the screen reads it. */
  askSecretly(question: string): Promise<string | undefined | null>;
  /** Calls back when nobody reads stdout any more (`| head`); returns the way to stop listening. */
  readonly onUnread?: (callback: () => void) => () => void;
  /** Calls back at Ctrl-C, SIGTERM, or when the terminal is closed; returns the way to stop listening. */
  onInterrupt(callback: () => void): () => void;
}

/** The code of the error that ends what nobody reads any more, and what the process ends with: as one that SIGPIPE ends. */
export const UNREAD = "OutputUnread";
export const UNREAD_EXIT = 141;

/** The same output, written to in another way. It is asked for its size each time: windows change theirs. */
export const through = (output: Output, write: Output["write"]): Output => ({
  write,
  get isTTY() {
    return output.isTTY;
  },
  get columns() {
    return output.columns;
  },
  get rows() {
    return output.rows;
  },
});

/** A process that has nothing more to say, and may have something that hangs. */
export interface RealWorld extends World {
  endSoon(): void;
}

/** A question is read from stdin and stands on stderr: both must be a terminal. Node leaves `isTTY` out where they are none. */
export const isInteractive = ({ stdin, stderr }: Readonly<Record<"stdin" | "stderr", { isTTY?: boolean }>>): boolean =>
  stdin.isTTY === true && stderr.isTTY === true;

/** A terminal that was told no size says 0. */
export const sizeTold = (size: number | undefined): number | undefined => (size === 0 ? undefined : size);

/** systemd gives a service no HOME, and some containers have none: the system knows the folder, and so does every program that is asked along. */
export function withHome(env: NodeJS.ProcessEnv, system: () => string = () => userInfo().homedir): NodeJS.ProcessEnv {
  if (env["HOME"] || env["USERPROFILE"]) return env;
  try {
    return { ...env, HOME: system() };
  } catch {
    // a user without an entry
    return env;
  }
}

const LINGER_MS = 100;

export function realWorld(): RealWorld {
  const output = (stream: NodeJS.WriteStream): Output => ({
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return sizeTold(stream.columns) ?? 80;
    },
    get rows() {
      return sizeTold(stream.rows) ?? 24;
    },
  });
  outliveStreams();
  const hearsHangup = !startedByNohup(process.env, process.ppid);
  // Node takes back that it was told to ignore it
  if (!hearsHangup) process.on("SIGHUP", () => undefined);
  return {
    argv: process.argv.slice(2),
    env: withHome(process.env),
    cwd: process.cwd(),
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    interactive: isInteractive(process),
    clock: realClock,
    startedAt: Math.round(performance.timeOrigin),
    saveMemory,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    loadRest: async () => (await import("./rest.ts")).loadRest(),
    ask: (question) => ask(question, true),
    askSecretly: (question) => ask(question, false),
    endSoon: () => {
      const timer = setInterval(() => {
        const read = process.stdout.errored === null;
        if ((!read || process.stdout.writableLength === 0) && process.stderr.writableLength === 0) process.exit();
      }, LINGER_MS);
      timer.unref();
    },
    onInterrupt: (callback) => onInterrupt(callback, hearsHangup),
    onUnread,
  };
}

/**
 * V8 would rather take 48 MB more than tidy up what is young. Without that a run takes a tenth more of the processor's time; with all
 * that V8 does for size, twice as much.
 */
function saveMemory(worth: "a little" | "twice as much"): void {
  if (worth === "twice as much") setFlagsFromString("--optimize-for-size");
  // newer ones may have none of this name, and would say so
  else if (Number.parseInt(process.versions.node) <= 24) setFlagsFromString("--semi-space-growth-factor=1");
}

async function ask(question: string, shown: boolean): Promise<string | undefined | null> {
  // loaded when somebody is asked: it would cost every start a tenth of its time
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline/promises"), import("node:stream")]);
  const nowhere = new Writable({ write: (_chunk, _encoding, written) => written() });
  if (!shown) process.stderr.write(question);
  const lines = createInterface({
    input: process.stdin,
    output: shown ? process.stderr : nowhere,
    terminal: process.stdin.isTTY,
  });
  let unanswered: undefined | null = null;
  const closed = new Promise<undefined | null>((resolve) => void lines.once("close", () => resolve(unanswered)));
  const interrupt = (): void => {
    unanswered = undefined;
    lines.close();
  };
  // Ctrl-C reaches readline as a key, a signal from elsewhere does not
  lines.once("SIGINT", interrupt);
  // after Ctrl-Z and `fg` readline's input stands still until it is told to go on: nothing would be left to wait for
  lines.on("SIGCONT", () => void lines.resume());
  const stopListening = onInterrupt(interrupt, true);
  try {
    // versions of Node differ in whether the question of a closed interface is rejected or never settles
    const given = await Promise.race([lines.question(shown ? question : "").catch(() => closed), closed]);
    if (typeof given !== "string" || !shown) process.stderr.write("\n");
    return given;
  } finally {
    stopListening();
    lines.close();
  }
}

/**
 * A reader that goes away (`| head`) is no failure of ours, and nobody may stop a create by closing the window of its story; what only reads
 * or shows ends itself (onUnread).
 * What did not get into a file (a full disk) is one: it is said, once, and the exit code is that of a failure.
 */
function outliveStreams(): void {
  let said = false;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (said || error.code === "EPIPE") return;
    said = true;
    process.stderr.write(`Error: the output could not be written: ${error.message}\n`);
    process.once("exit", (code) => {
      if (code === 0) process.exitCode = 1;
    });
  });
}

function onUnread(callback: () => void): () => void {
  const listen = ({ code }: NodeJS.ErrnoException): void => {
    if (code === "EPIPE") callback();
  };
  process.stdout.on("error", listen);
  return () => void process.stdout.off("error", listen);
}

/**
 * One stop may come twice: `timeout` and CI send it to the process and to its group, a terminal to this process and to
 * the older Node that started it, which passes it on. Nobody presses Ctrl-C a second time within this time.
 */
const SAME_STOP_MS = 100;

function onInterrupt(callback: () => void, hearsHangup: boolean): () => void {
  let last = -Infinity;
  let hungUp = false;
  const stop = (): void => {
    const now = performance.now();
    if (now - last >= SAME_STOP_MS) callback();
    last = now;
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // of a terminal that is closed one may hear twice, from the shell and from the system: nobody is impatient
  const hangUp = (): void => {
    if (!hungUp) stop();
    hungUp = true;
  };
  if (hearsHangup) process.on("SIGHUP", hangUp);
  return () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.off("SIGHUP", hangUp);
  };
}
