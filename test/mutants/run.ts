/**
 * `npm run mutants -- [--seed 7] [--number 150] [--only src/core,src/engine/retry.ts] [--tests test/core]
 * [--budget 30] [--folder KEPT] [--jobs 1]`: puts small faults into the
 * sources, one at a time, and says which of them no test notices. One run of the tests with probes tells which tests meet which
 * fault; each fault is then run against those alone. What the compiler sees is not counted.
 * No well-kept tool does this here today: Stryker 10 stops at TypeScript 7, takes no seed and no number, and has no order of tests.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { createCompiler } from "./compiles.ts";
import { importersOf } from "./importers.ts";
import { type Mutant, mutantsOf } from "./mutations.ts";
import type { Job } from "./vitest.config.ts";
import type { Watched } from "./watch.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Tests that take minutes or need a built package: what only they notice counts as not noticed. */
const SLOW = [
  "test/bin.test.ts",
  "test/crash.test.ts",
  "test/readme.test.ts",
  "test/upgrade.test.ts",
  "test/together.test.ts",
  "test/together-pairs.test.ts",
  "test/library/library.test.ts",
  "test/prepare/ssh-login.test.ts",
  "test/nodes/lives.test.ts",
  "test/nodes/etcd-bootstrap.test.ts",
  "test/nodes/membership.test.ts",
];

/** A fault may send a program round for ever: the tests that meet it get four times what they took, and this beside it. */
const PATIENCE_MS = 60_000;

/** What it takes to load a file of tests and all that it imports. */
const LOADING_MS = 700;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    number: { type: "string", default: "150" },
    only: { type: "string", default: "src/core,src/engine,src/azure,src/operations,src/nodes" },
    tests: { type: "string", default: "test" },
    budget: { type: "string", default: "30" },
    folder: { type: "string" },
    jobs: { type: "string", default: "1" },
  },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "mutants-"));
if (values.folder === undefined) process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const [samplePath, metPath] = [join(folder, "sample.json"), join(folder, "met.jsonl")];
const begun = existsSync(samplePath);
// a copy: somebody may go on working meanwhile
if (!begun) copyOfAll();
process.chdir(join(folder, "copy"));

const sample = begun
  ? (JSON.parse(readFileSync(samplePath, "utf8")) as Mutant[])
  : choose(allMutants(), Number(values.number), Number(values.seed));
const watched = begun ? watchedIn(metPath) : await watch(sample);
writeFileSync(samplePath, JSON.stringify(sample));
console.log(`${sample.length} faults; seed ${values.seed}`);
const survivors: string[] = [];
let done = 0;
const queue = sample.map((mutant, id) => ({ mutant, id }));
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { mutant, id } = next;
      const tests = testsThatMeet(mutant, id);
      const began = Date.now();
      const noticed =
        tests.length > 0 && (await run({ fault: mutant, ...jobOf(tests) }, id, PATIENCE_MS + 4 * msOf(tests))) !== 0;
      const word = noticed ? "noticed" : tests.length === 0 ? "NOT MET" : "SURVIVED";
      console.log(`${++done} ${word} ${Math.round((Date.now() - began) / 1000)} s  ${said(mutant)}`);
      if (!noticed) survivors.push(`${word} ${said(mutant)}`);
    }
  }),
);
const share = Math.round((1000 * (sample.length - survivors.length)) / sample.length) / 10;
console.log(`\n${survivors.sort().join("\n")}`);
console.log(
  `\nseed ${values.seed}: ${sample.length - survivors.length} of ${sample.length} faults that compile are noticed, ${share} %`,
);

// --- internal ---

function copyOfAll(): void {
  cpSync(ROOT, join(folder, "copy"), {
    recursive: true,
    filter: (path) => !/^(node_modules|\.git)$/.test(relative(ROOT, path)),
  });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "copy", "node_modules"));
}

function allMutants(): Mutant[] {
  return globSync("src/**/*.ts")
    .filter((file) => isIn(file, values.only))
    .sort()
    .flatMap((file) => mutantsOf(file, readFileSync(file, "utf8")));
}

/** Whether a file is one of those named, or below one. */
function isIn(file: string, places: string): boolean {
  return places.split(",").some((one) => file === one || file.startsWith(`${one.replace(/\/$/, "")}/`));
}

/** As many as asked for that the compiler lets pass. */
function choose(all: readonly Mutant[], number: number, seed: number): Mutant[] {
  const compiling = createCompiler(process.cwd());
  const chosen: Mutant[] = [];
  const left = shuffled(all, seed);
  let seen = 0;
  while (chosen.length < number && left.length > 0) {
    const next = left.splice(0, Math.ceil((number - chosen.length) * 1.1));
    const passed = compiling(next);
    // in the order of chance, so that the same seed and number choose the same
    const taken = next.filter((mutant) => passed.includes(mutant)).slice(0, number - chosen.length);
    seen += chosen.length + taken.length < number ? next.length : next.indexOf(taken.at(-1) as Mutant) + 1;
    chosen.push(...taken);
  }
  console.log(`${all.length} faults can be put in; of ${seen} tried, ${seen - chosen.length} do not type-check`);
  return chosen.sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start);
}

function shuffled<T>(from: readonly T[], seed: number): T[] {
  const out = [...from];
  let state = seed * 2_654_435_761 + 1;
  for (let at = out.length - 1; at > 0; at--) {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const other = ((mixed ^ (mixed >>> 14)) >>> 0) % (at + 1);
    [out[at], out[other]] = [out[other] as T, out[at] as T];
  }
  return out;
}

async function watch(mutants: readonly Mutant[]): Promise<Watched[]> {
  writeFileSync(metPath, "");
  const files = globSync("test/**/*.test.ts").filter((file) => isIn(file, values.tests) && !SLOW.includes(file));
  const exit = await run({ probes: mutants.map((mutant, id) => ({ ...mutant, id })), files, met: metPath }, "probes");
  if (exit !== 0) console.log("Tests that do not pass as they are, or not with the probes in, are left out; see above.");
  return watchedIn(metPath);
}

function watchedIn(path: string): Watched[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Watched);
}

/** A test that meets a fault, and what it took. */
interface Meeting {
  readonly file: string;
  readonly test: string;
  readonly ms: number;
}

/** Those of its own folder first, then the quickest, as many as the budget has room for: a fault that nobody notices takes all of it. */
function testsThatMeet({ file: source, atLoading }: Mutant, id: number): Meeting[] {
  const room = source.replace(/^src\/([^/]+)\/.*/, "test/$1/");
  const importers = atLoading || watched.some(({ met }) => met[""]?.includes(id)) ? importersOf(source) : new Set<string>();
  const all = watched.flatMap(({ file, met, ms }) =>
    Object.keys(ms)
      .filter((test) => importers.has(file) || met[test]?.includes(id))
      .map((test) => ({ file, test, ms: ms[test] ?? 0 })),
  );
  const loaded = new Set<string>();
  let left = Number(values.budget) * 1000;
  return all
    .sort((a, b) => Number(b.file.startsWith(room)) - Number(a.file.startsWith(room)) || a.ms - b.ms)
    .filter(({ file, ms }) => {
      const costs = ms + (loaded.has(file) ? 0 : LOADING_MS);
      if (loaded.size > 0 && costs > left) return false;
      left -= costs;
      loaded.add(file);
      return true;
    });
}

function msOf(meetings: readonly Meeting[]): number {
  return meetings.reduce((sum, { ms }) => sum + ms, 0);
}

/** Files in the order in which their tests were chosen. */
function jobOf(meetings: readonly Meeting[]): Pick<Job, "files" | "tests"> {
  return { files: [...new Set(meetings.map(({ file }) => file))], tests: meetings.map(({ test }) => test) };
}

/** The exit code of the tests; those that have to be ended count as failed. */
function run(job: Job, id: number | string, patienceMs = 1_200_000): Promise<number> {
  const path = join(folder, `job-${id}.json`);
  writeFileSync(path, JSON.stringify(job));
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", "--config", "test/mutants/vitest.config.ts", "--reporter=dot"],
      { env: { ...process.env, MUTANTS: path }, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const patience = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), patienceMs);
    child.on("close", (code) => {
      clearTimeout(patience);
      if (code !== 0 && job.fault === undefined) console.error(said.slice(-6000));
      if (process.env["MUTANTS_LOG"] !== undefined) writeFileSync(join(process.env["MUTANTS_LOG"], `${id}.log`), said);
      resolve(code ?? 1);
    });
  });
}

function said({ file, what, start, end, text }: Mutant): string {
  const source = readFileSync(file, "utf8");
  const line = source.slice(0, start).split("\n").length;
  const short = (part: string): string => (part.length > 70 ? `${part.slice(0, 67)}...` : part).replaceAll(/\s+/g, " ");
  return `${file}:${line} ${what}: ${short(source.slice(start, end))}  ->  ${short(text)}`;
}
