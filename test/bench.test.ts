/** The bench against an Azure: its floor, what it counts, and all of it once, with an Azure that is two hundred times as quick. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { floorMs, sequentialMs } from "../bench/floor.ts";
import { resourcesOf } from "../bench/plan.ts";
import { profileOf } from "../bench/profile.ts";
import { requestsIn } from "../bench/requests.ts";
import { parseProfile } from "../src/sim/profile.ts";

const unlimited = profileOf("quick", { fast: 1, limited: false });
const limited = profileOf("quick", { fast: 1, limited: true });

test.each([
  // group, security group, balancer, interface, machine: five requests of 0.15 s, 4 s and 36 s
  ["3 nodes: the longest chain", 3, unlimited, 40_750],
  ["limits that are not reached cost nothing", 30, limited, 40_750],
  // a NAT gateway and its address come before the network
  ["200 nodes", 200, unlimited, 48_900],
])("the floor of %s", (_, nodes, profile, ms) => expect(floorMs(resourcesOf(nodes), profile)).toBeCloseTo(ms, 0));

test("limits raise the floor: a thousand interfaces do not fit into Network's first five minutes", () => {
  const floor = floorMs(resourcesOf(1000), limited);
  expect(floor).toBeGreaterThan(300_000 + 36_000);
  expect(floor).toBeLessThan(345_000);
});

test("one after the other, each node costs a machine's whole time, to the next look", () => {
  const one = (nodes: number): number => sequentialMs(resourcesOf(nodes), unlimited);
  expect(one(4) - one(3)).toBeCloseTo(150 + 150 + 7 * 5150, 0);
});

test("the log of requests is counted", () => {
  const line = (at: string, ms: number, method: string, status: number): string =>
    JSON.stringify({ at: `2026-01-01T00:00:${at}Z`, ms, method, path: "/", status });
  const log = [line("00.000", 100, "GET", 200), line("00.050", 100, "PUT", 201), line("00.100", 10, "PUT", 429)].join("\n");
  expect(requestsIn(`${log}\n`)).toEqual({ reads: 1, writes: 2, refused: 1, mostInFlight: 2 });
});

test.each([
  ["[]", "it is no JSON object"],
  ["{", "it is no JSON object"],
  ['{"latency": [1, 2]}', "latency is not known"],
  ['{"latencyMs": [2, 1]}', "latencyMs cannot be [2,1]"],
  ['{"latencyMs": 2}', "latencyMs cannot be 2"],
  ['{"pace": 0}', "pace cannot be 0"],
  ['{"seconds": {"Microsoft.Compute/virtualMachines": 36}}', "seconds cannot be"],
  ['{"limits": {"write": [1, 1]}}', "limits cannot be"],
])("a profile that is none is refused: %s", (text, why) =>
  expect(() => parseProfile(text, "p.json")).toThrow(`p.json is no profile: ${why}`),
);

// `npm test` builds the bundle first
test.runIf(existsSync(new URL("../dist/main.js", import.meta.url)))("the whole bench, quickly", async () => {
  const bench = fileURLToPath(new URL("../bench/run.mjs", import.meta.url));
  const argv = [bench, "azure", "--nodes", "3", "--profile", "quick", "--fast", "200"];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  const cells = stdout.split("\n").flatMap((line) => (line.startsWith("| quick") ? [line.split(" | ")] : []));
  expect(cells.map(([, , what]) => what)).toEqual([
    "floor",
    "this command",
    "the SDK's plain way",
    "one after the other, as in 2015",
  ]);
  // both clients wrote the plan, and were refused nothing
  for (const row of [1, 2]) expect([cells[row]?.[6], cells[row]?.[7]]).toEqual([cells[0]?.[6], "0"]);
});
