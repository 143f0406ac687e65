/**
 * Whatever comes back in place of an answer: the command ends, in words, with an exit code of the documented ones, and is never taken
 * for a fault of the program. A seeded sample by default; HOSTILE=all tries every row on every request, HOSTILE=1000 so many,
 * HOSTILE_SEED=7 others.
 */
import { cpSync } from "node:fs";
import { expect, test } from "vitest";
import type { PlainRequest, PlainResponse } from "../../src/azure/pipeline.ts";
import { HOSTILE, type Hostile, anywhere } from "./hostile-answers.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { type Result, START, type TestAzure, testAzure } from "./world.ts";

const COMMANDS = [
  "abc --num-nodes 2 --wait-for machines",
  "abc --num-nodes 3 --wait-for machines --must-grow",
  "plan abc",
  "status abc",
  "list",
  "remove abc 1 --yes",
  "destroy abc --yes",
  "gc --yes",
  "export abc --format arm",
].map((argv) => ({
  argv: argv.replace(" --must-grow", ""),
  fresh: argv.startsWith("abc --num-nodes 2") || argv.startsWith("plan"),
}));

const DOCUMENTED = [0, 1, 3, 4, 5, 6, 7];
/** A command that asks so often will not end. */
const MOST_REQUESTS = 20_000;

const SEED = Number(process.env["HOSTILE_SEED"] ?? 20_261_128);
const SOME = 60;

/** A cluster whose time is over, so that gc has something to do; made once. */
const made = await (async () => {
  const azure = testAzure();
  const { exit, stderr } = await azure.run("abc --num-nodes 2 --wait-for machines --ttl 1h");
  expect(exit, stderr).toBe(0);
  return { azure, state: azure.simulation.save() };
})();

function azureFor({ argv, fresh }: Pick<Attempt, "argv" | "fresh">): TestAzure {
  const clock = createVirtualClock(START + (argv.startsWith("gc") ? 3 * 3_600_000 : 60_000));
  const azure = testAzure({ clock, ...(fresh ? {} : { state: made.state }) });
  if (!fresh) cpSync(made.azure.dir, azure.dir, { recursive: true });
  return azure;
}

/** What is asked, without the names: "GET .../virtualMachines/*". */
function kindOf({ method, url }: { method: string; url: string }): string {
  const segments = new URL(url).pathname.toLowerCase().split("/").slice(3);
  return `${method} ${segments.map((part, index) => (index % 2 === 1 && !part.startsWith("microsoft.") ? "*" : part)).join("/")}`;
}

interface Attempt {
  readonly argv: string;
  readonly fresh: boolean;
  readonly request: string;
  readonly hostile: Hostile;
  /** The first answer of the kind alone, or every one. */
  readonly always: boolean;
}

async function attempted({
  argv,
  fresh,
  request,
  hostile,
  always,
}: Attempt): Promise<Result & { spoilt: number; azure: TestAzure; asked: string[] }> {
  const azure = azureFor({ argv, fresh });
  let [spoilt, requests] = [0, 0];
  const asked: string[] = [];
  const handle = async (sent: PlainRequest): Promise<PlainResponse> => {
    if (++requests > MOST_REQUESTS) throw new Error("asked without an end");
    asked.push(sent.url);
    const answer = await azure.simulation.handle(sent);
    if (kindOf(sent) !== request || (!always && spoilt > 0)) return answer;
    const other = hostile.spoil(answer, sent);
    if (other !== undefined) spoilt++;
    return other ?? answer;
  };
  const result = await azure.run(`${argv} --timeout 20m`.replace(/^(export .*) --timeout 20m$/, "$1"), { azure: handle });
  return { ...result, spoilt, azure, asked };
}

/** Every request that a command makes in peace, by kind. */
async function requestsOf({ argv, fresh }: { argv: string; fresh: boolean }): Promise<string[]> {
  const azure = azureFor({ argv, fresh });
  await azure.run(argv);
  azure.close();
  return [...new Set(azure.exchanges.map(kindOf))];
}

const ways = (await Promise.all(COMMANDS.map(async (command) => ({ command, requests: await requestsOf(command) })))).flatMap(
  ({ command, requests }) => requests.map((request) => ({ ...command, request })),
);

function* attempts(): Generator<Attempt> {
  const chosen = process.env["HOSTILE"] ?? `${SOME}`;
  if (chosen === "all") {
    for (const way of ways) for (const hostile of HOSTILE) for (const always of [true, false]) yield { ...way, hostile, always };
    return;
  }
  const next = numbers(SEED);
  for (let count = Number(chosen); count > 0; count--) {
    const way = ways[next() % ways.length];
    const hostile = next() % 3 === 0 ? anywhere(next(), next()) : HOSTILE[next() % HOSTILE.length];
    if (way !== undefined && hostile !== undefined) yield { ...way, hostile, always: next() % 2 === 0 };
  }
}

/** Numbers as good as random, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) >>> 8;
}

test("every hostile answer ends a command in words, or does not matter to it", { timeout: 10_800_000 }, async () => {
  const bad: string[] = [];
  let [tried, mattered] = [0, 0];
  for (const attempt of attempts()) {
    const { exit, stdout, stderr, spoilt, azure, asked } = await attempted(attempt);
    azure.close();
    if (spoilt === 0) continue;
    tried++;
    if (exit !== 0) mattered++;
    const problem = problemOf(exit, stdout, stderr) ?? strayRequest(asked) ?? untrue(attempt, exit, azure);
    if (problem !== undefined)
      bad.push(
        `${attempt.argv} | ${attempt.request} | ${attempt.hostile.what} | ${attempt.always ? "always" : "once"}: ${problem}`,
      );
  }
  console.log(`hostile answers: ${tried} tried, ${mattered} ended a command, ${bad.length} badly (seed ${SEED})`);
  expect(bad).toEqual([]);
  expect(tried).toBeGreaterThan(0);
});

function problemOf(exit: number, stdout: string, stderr: string): string | undefined {
  const said = stdout + stderr;
  if (!DOCUMENTED.includes(exit)) return `exit ${exit}`;
  if (/This is a fault of|^\s+at .*:\d+:\d+\)?$/m.test(said)) return `a fault of the program:\n${stderr.slice(-1500)}`;
  if (/TypeError|Cannot read prop|is not a function|\[object Object\]|\bundefined\b/.test(said))
    return `raw words:\n${stderr.slice(-1500)}`;
  if (exit !== 0 && stderr.trim() === "") return `exit ${exit} without a word`;
  return said.length > 100_000 ? `${said.length} characters` : undefined;
}

const strayRequest = (asked: readonly string[]): string | undefined =>
  asked.find((url) => new URL(url).origin !== "https://management.azure.com");

/** What is said to be done is done. */
function untrue({ argv }: Attempt, exit: number, azure: TestAzure): string | undefined {
  if (exit !== 0) return undefined;
  const entries = azure.simulation.save().entries;
  const machines = entries.filter(({ type }) => /virtualMachines$/i.test(type));
  if (argv.startsWith("abc ")) {
    const wanted = Number(/--num-nodes (\d)/.exec(argv)?.[1]);
    const states = machines.map(({ resource }) => (resource["properties"] as { provisioningState?: string }).provisioningState);
    return states.length === wanted && states.every((state) => state === "Succeeded")
      ? undefined
      : `exit 0 with ${states.join(", ")}`;
  }
  return /^(destroy|gc)/.test(argv) && machines.length > 0 ? `exit 0 with ${machines.length} machines left` : undefined;
}

process.on("exit", () => made.azure.close());
