// Measures the command as a user meets it: whole processes of the packed command line, rehearsals included, medians of several
// runs that take turns, so that a busy moment of the machine hits all of them. `npm run bench`, or `npm run bench -- 15` for
// 15 runs each; with `--write` the tables are put into README.md beside this file. Nothing here leaves the machine. OLD_NODE=/usr/bin/node
// measures a start through a Node that is too old as well.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
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
const wanted = process.argv.slice(2).filter((word) => word !== "--write");
const runs = Number(wanted[0] ?? 7);
if (!(runs >= 1)) throw new Error("usage: npm run bench -- [RUNS] [--write] | azure ...");
if (!existsSync(join(root, "dist/main.js"))) execFileSync(process.execPath, [join(root, ".ci/bundle.mjs")], { stdio: "inherit" });
const older = process.env.OLD_NODE;
const said = [];

say(
  `Node ${process.versions.node}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the start, ${runs} runs each, ${new Date().toISOString().slice(0, 10)}.`,
  "",
);
head("milliseconds", "median", "least", "most", "of a processor");
for (const [name, took] of processes()) row(name, ...spread(took.map(({ wall }) => wall)), spread(took.map(({ cpu }) => cpu))[0]);
for (const [name, times] of await signs()) row(name, ...spread(times), undefined);
row("planning 1000 nodes, in process", ...spread(planning(1000)), undefined);

const paths = Array.from({ length: runs }, criticalPath);
say("");
head("seconds of simulated time, first write to last machine, 3 nodes", "median", "least", "most");
row("as the command did it", ...spread(paths.map(({ took }) => took)));
row("the longest chain of steps that need each other", ...spread(paths.map(({ chain }) => chain)));
row("the difference: ends noticed late, waits without need", ...spread(paths.map(({ took, chain }) => took - chain)));
if (process.argv.includes("--write")) write();

// --- what is measured ---

/** What whole processes take, by what they do. */
function processes() {
  const rehearsal =
    (...words) =>
    (dir) => [command, ...words, "--simulate", "--quiet", "--dir", dir];
  const what = [
    ["`node -e 0`", () => ["-e", "0"]],
    ["`--help`", () => [command, "--help"]],
    ["`--version`", () => [command, "--version"]],
    ...(older === undefined
      ? []
      : [
          ["`node -e 0` of the older Node", () => ["-e", "0"], older],
          ["`--version`, through the older Node", () => [command, "--version"], older],
        ]),
    ["`plan`, 3 nodes, `--simulate`", rehearsal("plan", "mycluster")],
    ["create, 3 nodes, `--simulate`", rehearsal("mycluster", "--num-nodes", "3")],
    ["create, 50 nodes, `--simulate`", rehearsal("mycluster", "--num-nodes", "50")],
    ["create, 200 nodes, `--simulate`", rehearsal("mycluster", "--num-nodes", "200")],
  ];
  const times = new Map(what.map(([name]) => [name, []]));
  for (let run = 0; run <= runs; run++)
    for (const [name, argv, node] of what) {
      const took = inFolder((dir) => timed(argv(dir), node));
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

/** Milliseconds from the start of a process to its end, which must be a good one, and those of a processor in it: a shell knows them. */
function timed(argv, node = process.execPath) {
  const before = performance.now();
  const shell = ["-c", '"$@" >/dev/null && times', "sh", node, ...argv];
  const { status, stdout, stderr } = spawnSync("sh", shell, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const wall = performance.now() - before;
  if (status !== 0) throw new Error(`exit code ${status} of ${argv.join(" ")}\n${stderr}`);
  const children = stdout.trim().split("\n").at(-1);
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + minutes * 60_000 + seconds * 1000,
    0,
  );
  return { wall, cpu };
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

function say(...lines) {
  for (const line of lines) console.log(line);
  said.push(...lines);
}

function head(...cells) {
  say(`| ${cells.join(" | ")} |`, `|${cells.map((_, column) => (column === 0 ? " --- " : " ---: ")).join("|")}|`);
}

/** Small numbers with a place behind the point. */
function row(name, ...cells) {
  const shown = cells.map((cell) => (cell === undefined ? "" : cell.toFixed(cell < 100 && !Number.isInteger(cell) ? 1 : 0)));
  say(`| ${[name, ...shown].join(" | ")} |`);
}

function write() {
  const page = new URL("README.md", import.meta.url);
  const [start, end] = ["<!-- bench -->", "<!-- /bench -->"];
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page.pathname}: ${start} and ${end} are not there`);
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${said.join("\n")}\n\n${text.slice(to)}`);
}
