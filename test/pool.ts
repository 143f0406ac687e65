/**
 * Vitest's processes, in three kinds. Files that compute have as many as there are cores but one, for each further one warms up the same code
 * once more (six seconds of a core). Files that start real programs (sshd, openssl, Azurite) have one beside them, and those that hardly do
 * more than wait for such programs and for clocks have two, so that there is always something that has work; both stand
 * back a little where they want a core. Vitest's own pool knows one number for all: either the cores wait for the programs, or they warm
 * up. Here each file has a worker of its own at once, which takes its turn at a place of its kind (places.ts), and at the process in it.
 */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { onlyWaits } from "./order.ts";
import { type Kind, type Place, createPlaces } from "./places.ts";
import { ForksPoolWorker, type PoolOptions, type PoolWorker, type WorkerRequest } from "vitest/node";

export const threeKinds = {
  name: "three-kinds",
  createPoolWorker: (options: PoolOptions): PoolWorker => new FileWorker(options),
};

// --- internal ---

type Start = Extract<WorkerRequest, { type: "start" }>;
type Run = Extract<WorkerRequest, { type: "run" | "collect" }>;

/** One process for as long as it lives, in which files run one after the other. */
interface ProcessPlace extends Place {
  process?: ForksPoolWorker;
  /** Which one hears the process now. */
  file?: FileWorker;
}

const alike = (count: number, ...kinds: Place["kinds"]): ProcessPlace[] => Array.from({ length: count }, () => ({ kinds }));

const PLACES = createPlaces([
  ...alike(Math.max(1, availableParallelism() - 1), "computing", "starting", "waiting"),
  ...alike(1, "starting", "computing", "waiting"),
  ...alike(2, "waiting", "starting"),
]);

/** To the next of the line. Where there is none, its process ends. */
async function leave(place: ProcessPlace): Promise<void> {
  if (!PLACES.passOn(place)) await endProcess(place);
}

async function endProcess(place: ProcessPlace): Promise<void> {
  const { process } = place;
  delete place.process;
  await process?.stop();
}

/** What computes is one long line; what waits has the core whenever that does not, and its own. */
const STANDS_BACK = `data:text/javascript,import{getPriority,setPriority}from"node:os";setPriority(getPriority()+5)`;

const kindOf = (path: string): Kind => (onlyWaits(path) ? "waiting" : startsPrograms(path) ? "starting" : "computing");

const startsPrograms = (path: string): boolean =>
  path.includes("/test/nodes/") ||
  /from ".*(?:node:child_process|\/real-clock\.ts|\/azurite\.ts|\/folder\.ts)"/.test(readFileSync(path, "utf8"));

/** What Vitest takes for the process of one file. */
class FileWorker implements PoolWorker {
  readonly name = threeKinds.name;
  readonly cacheFs = true;
  readonly events = new EventEmitter();
  readonly #options: PoolOptions;
  #start: Start | undefined;
  #place: ProcessPlace | undefined;
  #state: "waits" | "runs" | "finished" | "stopped" = "waits";
  /** Else a file that was lost in a line would end the suite early, and as if all had passed. */
  readonly #alive = setInterval(() => undefined, 60_000);

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
    if (!("__vitest_worker_request__" in message)) return this.#place?.process?.send(message); // answers what a test asks of Vitest
    if (message.type === "run" || message.type === "collect")
      return void this.#run(message).catch((error: unknown) => this.events.emit("error", error));
    if (message.type === "start") this.#start = message;
    this.events.emit("message", { __vitest_worker_response__: true, type: message.type === "start" ? "started" : "stopped" });
  }

  async stop(): Promise<void> {
    clearInterval(this.#alive);
    const finished = this.#state === "finished";
    this.#state = "stopped";
    const place = this.#place;
    if (place === undefined) return;
    if (!finished) await endProcess(place);
    await leave(place);
  }

  async #run(message: Run): Promise<void> {
    const place = await PLACES.turnOf(kindOf(message.context.files[0]?.filepath ?? ""));
    place.file = this;
    const process = (place.process ??= await this.#fork(place).catch((error: unknown) => {
      void leave(place);
      throw error;
    }));
    // meanwhile somebody pressed Ctrl-C
    if (this.#state === "stopped") return leave(place);
    this.#state = "runs";
    this.#place = place;
    process.send(message);
  }

  async #fork(place: ProcessPlace): Promise<ForksPoolWorker> {
    const more = place.kinds[0] !== "computing" ? ["--import", STANDS_BACK] : [];
    const process = new ForksPoolWorker({ ...this.#options, execArgv: [...this.#options.execArgv, ...more] });
    await process.start();
    const started = new Promise<void>((resolve, reject) => {
      process.on("exit", () => reject(new Error("A process of the suite ended before it had begun.")));
      process.on("message", (message: { type?: string }) => {
        if (message.type === "started") resolve();
        else place.file?.hear(message);
      });
    });
    process.on("exit", () => {
      if (place.process === process) delete place.process;
    });
    for (const event of ["error", "exit"]) process.on(event, (...values: unknown[]) => place.file?.events.emit(event, ...values));
    // who is gone already hears nothing, and has said why
    started.catch(() => undefined);
    process.send(this.#start as Start);
    await started;
    return process;
  }

  hear(message: { type?: string }): void {
    if (message.type === "testfileFinished" && this.#state === "runs") this.#state = "finished";
    this.events.emit("message", message);
  }
}
