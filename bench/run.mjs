// Measures the command as a user meets it: whole processes of the packed command line, rehearsals included, medians of several
// runs that take turns, so that a busy moment of the machine hits all of them. `npm run bench`, or `npm run bench -- 15` for
// 15 runs each. README.md beside this file has figures. Nothing here leaves the machine.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstSigns } from "./first-signs.mjs";
import { resourcesOf } from "./plan.ts";

if (process.argv[2] === "azure") {
  const { azure } = await import("./azure.ts");
  process.exit(await azure(process.argv.slice(3)));
}

const root = fileURLToPath(new URL("..", import.meta.url));
const command = join(root, "bin/azure-coreos-cluster.js");
const runs = Number(process.argv[2] ?? 7);
if (!(runs >= 1)) throw new Error("usage: npm run bench -- [RUNS | azure ...]");
if (!existsSync(join(root, "dist/main.js"))) execFileSync(process.execPath, [join(root, ".ci/bundle.mjs")], { stdio: "inherit" });

console.log(`Node ${process.versions.node}, ${cpus().length} cores, ${runs} runs each\n`);
row("milliseconds of wall time", "median", "least", "most");
for (const [name, times] of processes()) row(name, ...spread(times).map((ms) => ms.toFixed(0)));
for (const [name, times] of await signs()) row(name, ...spread(times).map((ms) => ms.toFixed(0)));
row("planning 1000 nodes, in process", ...spread(planning(1000)).map((ms) => ms.toFixed(1)));

const paths = Array.from({ length: runs }, criticalPath);
console.log();
row("seconds of simulated time, first write to last machine, 3 nodes", "median", "least", "most");
row("as the command did it", ...spread(paths.map(({ took }) => took)).map((s) => s.toFixed(1)));
row("the longest chain of steps that need each other", ...spread(paths.map(({ chain }) => chain)).map((s) => s.toFixed(1)));
row(
  "the difference: ends noticed late, waits without need",
  ...spread(paths.map(({ took, chain }) => took - chain)).map((s) => s.toFixed(1)),
);

// --- what is measured ---

/** Wall times of whole processes, by what they do. */
function processes() {
  const rehearsal =
    (...words) =>
    (dir) => [command, ...words, "--simulate", "--quiet", "--dir", dir];
  const what = [
    ["node -e 0", () => ["-e", "0"]],
    ["--help", () => [command, "--help"]],
    ["--version", () => [command, "--version"]],
    ["plan, 3 nodes, --simulate", rehearsal("plan", "mycluster")],
    ["create, 3 nodes, --simulate", rehearsal("mycluster", "--num-nodes", "3")],
    ["create, 50 nodes, --simulate", rehearsal("mycluster", "--num-nodes", "50")],
    ["create, 200 nodes, --simulate", rehearsal("mycluster", "--num-nodes", "200")],
  ];
  const times = new Map(what.map(([name]) => [name, []]));
  for (let run = 0; run <= runs; run++)
    for (const [name, argv] of what) {
      const took = inFolder((dir) => timed(argv(dir)));
      // the first of each fills Node's compile cache and the disk's
      if (run > 0) times.get(name).push(took);
    }
  return times;
}

/** From the start of a create to what is seen of it. */
async function signs() {
  const seen = [];
  const dir = mkdtempSync(join(tmpdir(), "bench-"));
  for (let run = 0; run <= runs; run++) seen.push(await firstSigns(command, join(dir, String(run))));
  rmSync(dir, { recursive: true, force: true });
  const rows = [
    ["the first line on a terminal", seen.slice(1).map(({ line }) => line)],
    ["the first request", seen.slice(1).map(({ request }) => request)],
  ];
  return rows.filter(([, times]) => times.every((one) => one !== undefined));
}

/** Milliseconds that the pure plan takes: 2000 bodies and what they depend on. */
function planning(nodes) {
  resourcesOf(nodes);
  return Array.from({ length: runs }, () => {
    const before = performance.now();
    const { length } = resourcesOf(nodes);
    const took = performance.now() - before;
    if (length < 2 * nodes) throw new Error(`${length} resources are too few for ${nodes} nodes`);
    return took;
  });
}

/**
 * One rehearsal: how long it took, and how long its longest chain of dependent steps takes when every end is noticed at once. A
 * step is the request's way and the operation that it starts; the saved simulation knows when each operation ended.
 */
function criticalPath() {
  return inFolder((dir) => {
    const file = join(dir, "events.jsonl");
    timed([command, "mycluster", "--num-nodes", "3", "--simulate", "--quiet", "--dir", dir, "--events", file]);
    const { operations } = JSON.parse(readFileSync(join(dir, ".simulated-azure.json"), "utf8"));
    const ends = new Map(operations.map((operation) => [operation.target, operation.ends]));
    const steps = new Map();
    for (const line of readFileSync(file, "utf8").trim().split("\n")) {
      const { kind, id, label, at } = JSON.parse(line);
      // what nodes need after their machines is no part of the plan
      if (!id.startsWith("/subscriptions/")) continue;
      if (kind === "started") steps.set(label, { id, from: Date.parse(at) });
      if (kind === "done") steps.get(label).to = Date.parse(at);
    }
    const finished = new Map();
    for (const { id, label, dependsOn } of resourcesOf(3)) {
      // ids differ by a random word; labels are the same
      const step = steps.get(label);
      const end = Math.min(step.to, ends.get(step.id.toLowerCase()) ?? step.to);
      finished.set(id, Math.max(0, ...dependsOn.map((other) => finished.get(other))) + end - step.from);
    }
    const all = [...steps.values()];
    const took = Math.max(...all.map(({ to }) => to)) - Math.min(...all.map(({ from }) => from));
    return { took: took / 1000, chain: Math.max(...finished.values()) / 1000 };
  });
}

// --- internal ---

/** Milliseconds from the start of a process to its end, which must be a good one. */
function timed(argv) {
  const before = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const took = performance.now() - before;
  if (status !== 0) throw new Error(`exit code ${status} of ${argv.join(" ")}\n${stderr}`);
  return took;
}

function inFolder(work) {
  const dir = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Median, least and most. */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return [median, sorted[0], sorted.at(-1)];
}

function row(name, ...cells) {
  console.log(name.padEnd(66) + cells.map((cell) => cell.padStart(9)).join(""));
}
