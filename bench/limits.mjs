// Creates clusters against the simulation with ARM's documented limits on, in this process and in virtual time, and counts: requests,
// refusals (429), the most in flight, seconds until all is made. `node bench/limits.mjs [NODES...]`, 3 30 200 1000 when left out.
// `ORDINARY=1` switches the limits off. The first key is made before anything is counted. Nothing here leaves the machine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../src/cli/main.ts";
import { createVirtualClock } from "../src/sim/clock.ts";
import { createSimulation } from "../src/sim/simulation.ts";

const sizes = process.argv.slice(2).map(Number);
const wide = [1e9, 1e9];
const limits =
  process.env.ORDINARY === "1" ? { writes: wide, reads: wide, deletes: wide, serviceChanges: wide, networkChanges: wide } : {};

console.log("nodes   exit   virtual s   last VM PUT s   requests   reads   writes   429   in flight   own s   MB");
for (const nodes of sizes.length > 0 ? sizes : [3, 30, 200, 1000]) await measure(nodes);

async function measure(nodes) {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12));
  const count = { all: 0, GET: 0, PUT: 0, refused: 0, open: 0, most: 0, machine: 0 };
  const start = clock.now();
  const simulation = createSimulation({
    seed: 7,
    clock,
    limits: { cores: 1e6, familyCores: 1e6, ...limits },
    onExchange: ({ at, method, url, answer, ms }) => {
      if (process.env.LOG === "1") console.error(at - start, ms, answer?.status, method, url.replace(/\?.*/, ""));
      count.all += 1;
      count[method] = (count[method] ?? 0) + 1;
      if (answer?.status === 429) count.refused += 1;
      if (method === "PUT" && url.includes("/virtualMachines/")) count.machine = Math.max(count.machine, at - start);
    },
  });
  const dir = mkdtempSync(join(tmpdir(), "limits-"));
  let [seed, said] = [1, ""];
  const began = performance.now();
  const stream = { write: (text) => void (said += text), isTTY: false, columns: 100, rows: 40 };
  const exit = await main({
    argv: ["mycluster", "--num-nodes", String(nodes), "--dir", dir, ...(process.env.FLAGS ?? "").split(" ").filter(Boolean)],
    env: {},
    cwd: dir,
    stdout: stream,
    stderr: stream,
    interactive: false,
    clock,
    random: (bytes) => Uint8Array.from({ length: bytes }, () => (seed = (seed * 16_807) % 2_147_483_647) % 256),
    ask: async () => undefined,
    onInterrupt: () => () => undefined,
    rehearsal: true,
    azure: async (request) => {
      count.most = Math.max(count.most, (count.open += 1));
      try {
        return await simulation.handle(request);
      } finally {
        count.open -= 1;
      }
    },
  });
  rmSync(dir, { recursive: true, force: true });
  if (exit !== 0 || process.env.SAY === "1") console.log(said);
  console.log(
    [
      String(nodes).padStart(5),
      String(exit).padStart(4),
      ((clock.now() - start) / 1000).toFixed(1).padStart(9),
      (count.machine / 1000).toFixed(1).padStart(13),
      String(count.all).padStart(8),
      String(count.GET).padStart(5),
      String(count.PUT).padStart(6),
      String(count.refused).padStart(3),
      String(count.most).padStart(9),
      ((performance.now() - began) / 1000).toFixed(1).padStart(5),
      String(Math.round(process.resourceUsage().maxRSS / 1024)).padStart(4),
    ].join("   "),
  );
}
