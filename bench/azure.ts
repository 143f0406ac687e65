/**
 * How far a create is from what Azure allows: `npm run bench -- azure [--nodes 3,30] [--profile quick,slow] [--fast N] [--write]`. The compiled
 * command and the plain way with the SDK, each against `emulate`; the floor and the script of 2015 beside them. `--write` puts the table
 * into docs/speed.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { floorMs, sequentialMs } from "./floor.ts";
import { BIN, measured, type Measured } from "./measure.ts";
import { NAME, resourcesOf } from "./plan.ts";
import { profileOf } from "./profile.ts";

const PAGE = new URL("../docs/speed.md", import.meta.url);
const SDK_WAY = fileURLToPath(new URL("sdk-way.ts", import.meta.url));
const HEAD = ["machines", "nodes", "", "seconds", "of the floor", "reads", "writes", "429", "most in flight", "peak MB"];
/** From here on ARM's limits decide, and are on. */
const LIMITED_FROM = 1000;

/** @returns the exit code: 1 when the command failed */
export async function azure(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      nodes: { type: "string", default: "3,30,200,1000" },
      profile: { type: "string", default: "quick,slow" },
      fast: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
    },
  });
  const fast = Number(values.fast);
  const about = `Node ${process.versions.node}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)} at the start${fast === 1 ? "" : `; Azure ${fast} times as fast`}.`;
  const rows = [HEAD, HEAD.map((_, column) => (column < 3 ? "---" : "---:"))];
  for (const line of [about, "", ...rows.map(tableRow)]) console.log(line);
  let failed = 0;
  for (const profile of values.profile.split(","))
    for (const nodes of values.nodes.split(",").map(Number))
      for await (const { row, exit } of compared(profile, nodes, fast)) {
        rows.push(row);
        console.log(tableRow(row));
        failed ||= exit;
        // each time, for it takes long, and may be ended before its end
        if (values.write) write([about, "", ...rows.map(tableRow)].join("\n"));
      }
  return failed === 0 ? 0 : 1;
}

// --- internal ---

interface Compared {
  readonly row: string[];
  /** Of the command; what the SDK's way comes to is a finding. */
  readonly exit: number;
}

async function* compared(name: string, nodes: number, fast: number): AsyncGenerator<Compared> {
  const profile = profileOf(name, { fast, limited: nodes >= LIMITED_FROM });
  const resources = resourcesOf(nodes);
  const floor = floorMs(resources, profile);
  const cells = (what: string, ms: number, more: readonly string[]): string[] => [
    name,
    String(nodes),
    what,
    (ms / 1000).toFixed(1),
    (ms / floor).toFixed(2),
    ...more,
  ];
  const computed = ["", String(resources.length), "", "", ""];
  yield { row: cells("floor", floor, computed), exit: 0 };
  const wait = ["--wait-for", "machines", "--quiet"];
  const create = (url: string, dir: string): string[] => [
    BIN,
    NAME,
    "--num-nodes",
    String(nodes),
    "--arm-endpoint",
    url,
    "--dir",
    dir,
  ];
  const command = await measured(profile, (url, dir) => [...create(url, dir), ...wait]);
  if (command.exit !== 0) console.error(command.said);
  yield { row: cells(told("this command", command), command.ms, counts(command)), exit: command.exit };
  const sdk = await measured(profile, (url) => [SDK_WAY, url, String(nodes)]);
  const plain = cells(told("the SDK's plain way", sdk), sdk.ms, counts(sdk));
  // how soon it gave up is no ratio
  yield { row: sdk.exit === 0 ? plain : plain.with(4, ""), exit: 0 };
  yield { row: cells("one after the other, as in 2015", sequentialMs(resources, profile), computed), exit: 0 };
}

const told = (what: string, { exit }: Measured): string => (exit === 0 ? what : `${what}: failed`);

const counts = ({ reads, writes, refused, mostInFlight, peakMB }: Measured): string[] =>
  [reads, writes, refused, mostInFlight, Math.round(peakMB)].map(String);

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function write(table: string): void {
  const [start, end] = ["<!-- bench -->", "<!-- /bench -->"];
  const text = readFileSync(PAGE, "utf8");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE.pathname}: ${start} and ${end} are not there`);
  writeFileSync(PAGE, `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`);
}
