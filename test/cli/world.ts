/**
 * A process for tests: the command line runs in this process, over the simulation at the HTTP seam, on virtual time, in a
 * folder of its own. Nothing is mocked: the SDK's clients make every request.
 */
import type { ClusterDocument } from "../../src/core/documents.ts";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import type { World } from "../../src/cli/world.ts";
import type { Clock } from "../../src/core/clock.ts";
import { prepareSshKey } from "../../src/prepare/ssh-keys.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import type { Exchange } from "../../src/sim/message.ts";
import { type Simulation, type SimulationOptions, createSimulation } from "../../src/sim/simulation.ts";
import { checkPrinted } from "../schemas.ts";
import { contentsOf, isWorthIt, keep, recall } from "./replay.ts";
import { tied } from "./tied.ts";

export interface Result {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestAzure {
  readonly simulation: Simulation;
  readonly dir: string;
  /** Every request and its answer so far. */
  readonly exchanges: Exchange[];
  /** Runs a command line. */
  run(argv: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs it with --json, and parses what came. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what document it asked for
  json<T = ClusterDocument>(argv: string, options?: RunOptions): Promise<{ exit: number; document: T; stderr: string }>;
  /** PUT bodies by the last two parts of their path: "virtualMachines/mycluster-coreos-0". */
  puts(): Map<string, Body>;
  /** Nothing happens for so long. */
  pass(ms: number): Promise<void>;
  close(): void;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly dir?: string;
  /** What is answered to questions; undefined is Ctrl-C at one, null Ctrl-D. */
  readonly answers?: readonly (string | undefined | null)[];
  /** Both streams are a terminal of this size. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly azure?: NonNullable<World["azure"]>;
  /** Who answers for Azure's price list; the simulation's own prices are a rehearsal's. */
  readonly prices?: NonNullable<World["prices"]>;
  readonly resolve?: NonNullable<World["resolve"]>;
  readonly spawn?: NonNullable<World["spawn"]>;
  /** Its own way to time, over the clock of this Azure. */
  readonly clock?: Clock;
  readonly onInterrupt?: (interrupt: () => void) => void;
  /** Is called when nobody listens for one any more. */
  readonly onDeaf?: () => void;
  /** Is handed what happens when nobody reads stdout any more. */
  readonly onUnread?: (unread: () => void) => void;
  /** For commands that go on after they have printed. */
  readonly onStdout?: (text: string, raw: string | Uint8Array) => void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are looked into at any depth
export type Body = any;

/** One SSH key for the whole suite: making one takes longer than the rest of a run. The tests of prepare/ make theirs. */
const KEYS = await keysIn("ssh-key");

/** @returns the folder, in the suite's, with a key that whichever process came first has made */
async function keysIn(name: string): Promise<string> {
  const dir = join(tmpdir(), name);
  mkdirSync(dir, { recursive: true });
  await prepareSshKey({ dir, now: Date.UTC(2026, 10, 22) });
  return dir;
}

/** A folder with the files of one of these. */
function folderWith(keys: string): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-"));
  // another process may be at work there: its unfinished files begin with a point
  const files = readdirSync(keys).filter((file) => !file.startsWith("."));
  for (const file of files) copyFileSync(join(keys, file), join(dir, file));
  return dir;
}

/** The folder of somebody else, with a key of their own. */
export const folderOfAnother = async (): Promise<string> => folderWith(await keysIn("ssh-key-of-another"));

export const START = Date.UTC(2026, 10, 22, 12);

/**
 * Azure works twenty times as fast: while it is at work a command asks for its operations and how its machines do, and that was more than half of
 * all requests. A test that is about what happens meanwhile has a `pace` of its own.
 */
const PACE = 0.05;

const wordsOf = (argv: string | readonly string[]): readonly string[] =>
  typeof argv === "string" ? argv.split(" ").filter(Boolean) : argv;

/** Nothing in it that lives but virtual time, and no faults, which count. */
const isPlain = ({ clock, state, faults = [], onExchange, serialLog }: Partial<SimulationOptions>): boolean =>
  [state, onExchange, serialLog].every((one) => one === undefined) &&
  faults.length === 0 &&
  (clock === undefined || "hold" in clock);

/** Nothing but the environment is given to it: what else there is lives. */
const isAlone = (how: RunOptions = {}): boolean => Object.keys(how).every((one) => one === "env");

/** A subscription of its own in a simulated Azure for one test, or for each (in `beforeEach`): closed when the test is over. */
export function ownAzure(...options: Parameters<typeof testAzure>): TestAzure {
  const azure = testAzure(...options);
  onTestFinished(() => azure.close());
  return azure;
}

/** The same for a file of tests or a room; to be closed by whoever opens it. */
export function testAzure(options: Partial<SimulationOptions> & { rehearsal?: boolean } = {}): TestAzure {
  const clock = options.clock ?? createVirtualClock(START);
  const exchanges: Exchange[] = [];
  const untied: string[] = [];
  const open = (more: Partial<SimulationOptions> = {}): Simulation =>
    tied(
      createSimulation({
        seed: 7,
        pace: PACE,
        ...options,
        ...more,
        clock,
        onExchange: (exchange) => exchanges.push(exchange),
      }),
      (what) => untied.push(what),
    );
  let inside = open();
  /** Requests by hand, runs and waits so far; and what they were, as far as each came to its end before the next began. */
  let begun = 0;
  const history: string[] = [];
  let ran = false;
  const recorded = (before: number, ...what: unknown[]): void => {
    if (begun === before && history.length === before - 1) history.push(JSON.stringify(what));
  };
  const simulation: Simulation = {
    async handle(request) {
      const nth = (begun += 1);
      const answer = await inside.handle(request);
      recorded(nth, request.method, request.url, request.body);
      return answer;
    },
    save: () => inside.save(),
    unmet: () => inside.unmet(),
  };
  const dir = folderWith(KEYS);
  let seed = options.seed ?? 1;
  let lies = contentsOf(dir);
  const run = async (argv: string | readonly string[], how?: RunOptions): Promise<Result> => {
    const nth = (begun += 1);
    const repeatable = history.length === nth - 1 && isAlone(how) && isPlain(options) && contentsOf(dir) === lies;
    if (!repeatable) return perform(argv, how);
    // whoever begins another one at the same moment means both to run
    await new Promise(setImmediate);
    if (begun !== nth) return perform(argv, how);
    const key = JSON.stringify([{ ...options, clock: undefined }, history, clock.now(), wordsOf(argv), how]);
    const left = recall(key, dir);
    const since = exchanges.length;
    const result = left?.result ?? (await perform(argv, { ...how, azure: (request) => inside.handle(request) }));
    if (left !== undefined) {
      await clock.sleep(left.now - clock.now());
      inside = open({ state: left.state });
      exchanges.push(...left.exchanges);
      seed = left.seed;
    } else if (begun === nth && isWorthIt(key, ran))
      keep(key, dir, { result, state: inside.save(), exchanges: exchanges.slice(since), now: clock.now(), seed });
    recorded(nth, wordsOf(argv), how);
    lies = contentsOf(dir);
    ran = true;
    return result;
  };
  const perform = async (argv: string | readonly string[], how: RunOptions = {}): Promise<Result> => {
    let stdout = "";
    let stderr = "";
    const asked = [...(how.answers ?? [])];
    const output = (write: (text: string, raw: string | Uint8Array) => void) => ({
      write: (raw: string | Uint8Array) => write(typeof raw === "string" ? raw : Buffer.from(raw).toString(), raw),
      ...(how.terminal === undefined ? { isTTY: false, columns: 100, rows: 40 } : { isTTY: true, ...how.terminal }),
    });
    const words = wordsOf(argv);
    const exit = await main({
      argv: words,
      env: how.env ?? {},
      cwd: how.dir ?? dir,
      stdout: output((text, raw) => {
        stdout += text;
        how.onStdout?.(text, raw);
      }),
      stderr: output((text) => (stderr += text)),
      interactive: how.answers !== undefined,
      clock: how.clock ?? clock,
      random: (bytes) => Uint8Array.from({ length: bytes }, () => (seed = (seed * 16_807) % 2_147_483_647) % 256),
      ask: (question) => {
        stderr += question;
        return Promise.resolve(asked.shift());
      },
      askSecretly: (question) => {
        stderr += question;
        return Promise.resolve(asked.shift());
      },
      onInterrupt: (callback) => {
        how.onInterrupt?.(callback);
        return () => how.onDeaf?.();
      },
      onUnread: (callback) => {
        how.onUnread?.(callback);
        return () => undefined;
      },
      ...(how.spawn === undefined ? {} : { spawn: how.spawn }),
      ...(how.resolve === undefined ? {} : { resolve: how.resolve }),
      ...(how.prices === undefined ? {} : { prices: how.prices }),
      rehearsal: options.rehearsal ?? true,
      azure: how.azure ?? ((request) => simulation.handle(request)),
    });
    if (untied.length > 0) throw new Error(untied.join("\n"));
    checkPrinted(words, stdout);
    return { exit, stdout, stderr };
  };
  return {
    simulation,
    dir,
    exchanges,
    run,
    async json(argv, how) {
      const { exit, stdout, stderr } = await run(`${argv} --json`, how);
      return { exit, document: JSON.parse(stdout), stderr };
    },
    puts: () =>
      new Map(
        exchanges
          .filter((one) => one.method === "PUT")
          .map((one) => [new URL(one.url).pathname.split("/").slice(-2).join("/"), JSON.parse(one.body ?? "{}")]),
      ),
    async pass(ms) {
      const nth = (begun += 1);
      await clock.sleep(ms);
      recorded(nth, ms);
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
