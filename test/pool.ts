/**
 * Vitest's processes, in two kinds. Files that compute have as many as there are cores, for each further one warms up the same code once
 * more (six seconds of a core). Files that start real programs (etcd, sshd) wait for them most of their time, and have more. Vitest's own pool
 * knows one number for both: either the cores wait for the programs, or they warm up. Here each file has a worker of its own at once,
 * which takes its turn at a process of its kind.
 */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ForksPoolWorker, type PoolOptions, type PoolWorker, type WorkerRequest } from "vitest/node";

export const twoKinds = {
  name: "two-kinds",
  createPoolWorker: (options: PoolOptions): PoolWorker => new FileWorker(options),
};

// --- internal ---

type Start = Extract<WorkerRequest, { type: "start" }>;
type Run = Extract<WorkerRequest, { type: "run" | "collect" }>;

/** Runs the files of its kind, one after the other. */
interface Process {
  readonly forked: ForksPoolWorker;
  /** Which one hears it now. */
  file: FileWorker;
  ended?: true;
}

/** The processes of one kind, and the files that wait for one, in their order. */
class Kind {
  #places: number;
  readonly #line: ((process: Process | undefined) => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** @returns one that is free, or nothing where one is to be started */
  async turn(): Promise<Process | undefined> {
    if (this.#places === 0) return new Promise((resolve) => this.#line.push(resolve));
    this.#places--;
    return undefined;
  }

  /** Gives it to the next, or its place where it cannot go on. */
  async leave(process: Process, goesOn: boolean): Promise<void> {
    const next = this.#line.shift();
    if (next === undefined) this.#places++;
    else next(goesOn ? process : undefined);
    if ((next === undefined || !goesOn) && process.ended === undefined) await process.forked.stop();
  }
}

const KINDS = { computing: new Kind(availableParallelism()), waiting: new Kind(6) };

/** For programs that it starts, or by the clock on the wall. */
const waits = (path: string): boolean =>
  path.includes("/test/nodes/") || /from ".*(?:node:child_process|\/real-clock\.ts)"/.test(readFileSync(path, "utf8"));

/** What Vitest takes for the process of one file. */
class FileWorker implements PoolWorker {
  readonly name = twoKinds.name;
  readonly cacheFs = true;
  readonly events = new EventEmitter();
  readonly #options: PoolOptions;
  #start: Start | undefined;
  #kind = KINDS.computing;
  #process: Process | undefined;
  #state: "waits" | "runs" | "finished" | "stopped" = "waits";

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  on = (event: string, listener: (...values: unknown[]) => void): void => void this.events.on(event, listener);
  off = (event: string, listener: (...values: unknown[]) => void): void => void this.events.off(event, listener);
  deserialize = (data: unknown): unknown => data;
  /** The next file has a worker of its own. */
  canReuse = (): boolean => false;
  start = (): Promise<void> => Promise.resolve();

  send(message: WorkerRequest): void {
    if (!("__vitest_worker_request__" in message)) return this.#process?.forked.send(message); // answers what a test asks of Vitest
    if (message.type === "run" || message.type === "collect")
      return void this.#run(message).catch((error: unknown) => this.events.emit("error", error));
    if (message.type === "start") this.#start = message;
    this.events.emit("message", { __vitest_worker_response__: true, type: message.type === "start" ? "started" : "stopped" });
  }

  async stop(): Promise<void> {
    const finished = this.#state === "finished";
    this.#state = "stopped";
    if (this.#process !== undefined) await this.#kind.leave(this.#process, finished);
  }

  async #run(message: Run): Promise<void> {
    this.#kind = waits(message.context.files[0]?.filepath ?? "") ? KINDS.waiting : KINDS.computing;
    const process = (await this.#kind.turn()) ?? (await this.#fork());
    // meanwhile somebody pressed Ctrl-C
    if (this.#state === "stopped") return this.#kind.leave(process, true);
    this.#state = "runs";
    this.#process = process;
    process.file = this;
    process.forked.send(message);
  }

  async #fork(): Promise<Process> {
    const process: Process = { forked: new ForksPoolWorker(this.#options), file: this };
    const { forked } = process;
    await forked.start();
    forked.on("exit", () => (process.ended = true));
    const started = new Promise<void>((resolve) => {
      forked.on("message", (message: { type?: string }) => {
        if (message.type === "started") resolve();
        else process.file.#hear(message);
      });
    });
    for (const event of ["error", "exit"]) forked.on(event, (...values: unknown[]) => process.file.events.emit(event, ...values));
    forked.send(this.#start as Start);
    await started;
    return process;
  }

  #hear(message: { type?: string }): void {
    if (message.type === "testfileFinished" && this.#state === "runs") this.#state = "finished";
    this.events.emit("message", message);
  }
}
