/**
 * Crash-only create: stop it at any request, before or after Azure acted, and the same command, from anywhere, finishes the
 * same cluster. At every write in this process (a state of Azure is saved as the request leaves and as it is answered; whoever
 * starts from it meets exactly what a killed run leaves), and with SIGKILL on real processes for a sample. `CRASH=all` takes
 * every request and both sides of every write for the processes too.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CloudState } from "../src/sim/cloud.ts";
import { createVirtualClock } from "../src/sim/clock.ts";
import { parseFault } from "../src/sim/fault-script.ts";
import { serve } from "../src/sim/server.ts";
import { createSimulation, timeOf } from "../src/sim/simulation.ts";
import { realClock } from "../src/operations/real-clock.ts";
import { type TestAzure, testAzure } from "./cli/world.ts";
import { flawsOf, shapeOf } from "./cluster-state.ts";
import { long } from "./long.ts";

const ALL = process.env["CRASH"] === "all";
/** As it is installed: `npm test` builds it first, and it starts in a third of the time that the sources take. */
const PROGRAM = new URL("../bin/azure-coreos-cluster.js", import.meta.url).pathname;

/** What is left when a run is killed at a moment. */
interface Moment {
  readonly label: string;
  readonly write: boolean;
  readonly state: CloudState;
}

interface Recorded {
  readonly moments: readonly Moment[];
  readonly end: CloudState;
  /** The files as they were at the first write: no other is made before the end. */
  readonly files: string;
}

/** Each command is run once. */
const recordings = new Map<string, Promise<Recorded>>();
function recordingOf(argv: string): Promise<Recorded> {
  const recording = recordings.get(argv) ?? record(argv);
  recordings.set(argv, recording);
  return recording;
}
afterAll(async () => {
  for (const { files } of await Promise.all(recordings.values())) rmSync(files, { recursive: true, force: true });
});

/** Runs it undisturbed, and keeps what every kill would have left. */
async function record(argv: string): Promise<Recorded> {
  const azure = testAzure();
  const { simulation } = azure;
  const moments: Moment[] = [];
  const files = mkdtempSync(join(tmpdir(), "acc-files-"));
  const created = await azure.run(argv, {
    azure: async (request) => {
      const write = ["PUT", "PATCH", "DELETE"].includes(request.method);
      const label = `${moments.length} ${request.method} ${new URL(request.url).pathname.split("/").slice(-2).join("/")}`;
      if (write && !moments.some((one) => one.write)) cpSync(azure.dir, files, { recursive: true });
      moments.push({ label: `before ${label}`, write, state: simulation.save() });
      const answer = await simulation.handle(request);
      if (write) moments.push({ label: `after ${label}`, write, state: simulation.save() });
      return answer;
    },
  });
  expect(created.exit, created.stderr).toBe(0);
  azure.close();
  return { moments, end: simulation.save(), files };
}

/**
 * Of each kind of write one side of the first, and the other one of the last where there are several: what is there differs most between
 * those. The other plan has the other sides.
 */
function sample(moments: readonly Moment[], [first, last]: readonly [string, string]): Set<Moment> {
  const kinds = Object.groupBy(
    moments.filter(({ write }) => write),
    ({ label }) => label.split(" ")[3]?.split("/")[0] ?? "",
  );
  const chosen = Object.values(kinds).flatMap((all = []) => [
    all.find(({ label }) => label.startsWith(first)),
    all.length > 2 ? all.findLast(({ label }) => label.startsWith(last)) : undefined,
  ]);
  return new Set(chosen.filter((moment) => moment !== undefined));
}

/** Azure as it was left, with nobody in it; time goes on from there. */
const azureLeft = (state: CloudState, seed: number): TestAzure =>
  testAzure({ state: structuredClone(state), seed, clock: createVirtualClock((timeOf(state) ?? 0) + 500) });

const TLS = "mycluster --wait-for machines";
const RUNS = [
  { name: "etcd with TLS", argv: TLS, tls: true },
  {
    name: "plain, every extra",
    argv: "mycluster --deis --data-disk --pip --affinity-group near --wait-for machines",
    tls: false,
  },
  ...(ALL ? [{ name: "private", argv: "mycluster --private --wait-for machines", tls: true }] : []),
];

describe.each(RUNS.filter(({ tls }) => tls || long))("killed at any request: $name", ({ argv, tls }) => {
  let recorded: Recorded;
  beforeAll(async () => {
    recorded = await recordingOf(argv);
  }, 120_000);

  test("undisturbed, it has no flaw", () => {
    expect(flawsOf(recorded.end, 3)).toEqual([]);
  });

  test("the same command finishes the same cluster, and then finds nothing to do", async () => {
    const wanted = shapeOf(recorded.end);
    const writes = sample(recorded.moments, tls ? ["before", "after"] : ["after", "before"]);
    // of the reads, which differ by time alone, some
    const chosen = recorded.moments.filter((moment, index) => ALL || writes.has(moment) || index % 64 === 0);
    expect(chosen.length).toBeGreaterThan(10);
    // one of five: here and elsewhere, looked at again and not
    for (const [index, { label, state }] of [...chosen.entries()].filter(([nth]) => long || ALL || nth % 5 === 0)) {
      const azure = azureLeft(state, 100 + index);
      // in turn: the same folder; another folder, where of the cluster's files only etcd's authority was brought along
      const elsewhere = index % 2 === 1;
      if (!elsewhere) cpSync(recorded.files, azure.dir, { recursive: true });
      else if (tls) {
        mkdirSync(join(azure.dir, "mycluster"));
        for (const file of ["etcd-ca.pem", "etcd-ca.key"])
          cpSync(join(recorded.files, "mycluster", file), join(azure.dir, "mycluster", file));
      }
      const again = await azure.run(argv);
      expect(again.exit, `${label}\n${again.stderr}`).toBe(0);
      expect(flawsOf(azure.simulation.save(), 3), label).toEqual([]);
      expect(shapeOf(azure.simulation.save()), label).toEqual(wanted);
      if (index % 3 !== 0 && !ALL) {
        azure.close();
        continue;
      }
      const before = azure.exchanges.length;
      const third = await azure.run(argv);
      expect(third.exit, `${label}\n${third.stderr}`).toBe(0);
      expect(
        azure.exchanges
          .slice(before)
          .filter((one) => one.method !== "GET")
          .map((one) => `${one.method} ${one.url}`),
        label,
      ).toEqual([]);
      azure.close();
    }
  }, 600_000);
});

const member = (azure: TestAzure, name: string): Record<string, unknown> =>
  azure.simulation.save().entries.find((entry) => entry.name === name && entry.type.endsWith("virtualMachines"))
    ?.resource as never;
const writesOf = (azure: TestAzure, from: number): string[] =>
  azure.exchanges
    .slice(from)
    .filter((one) => one.method !== "GET")
    .map((one) => `${one.method} ${new URL(one.url).pathname.split("/").at(-1)}`);

describe("what the next run meets", () => {
  test("machines that Azure is still making are waited for: nothing is written", async () => {
    const { moments } = await recordingOf(TLS);
    const azure = azureLeft(moments.findLast((moment) => moment.write)?.state as CloudState, 5);
    const again = await azure.run(TLS);
    expect(again.exit, again.stderr).toBe(0);
    expect(again.stderr).toContain("at work on it already");
    expect(writesOf(azure, 0)).toEqual([]);
    expect(flawsOf(azure.simulation.save(), 3)).toEqual([]);
    azure.close();
  });

  test("a machine that failed, and its interface that Azure reserves for it, are deleted and made again; the others stay", async () => {
    const broken = testAzure({ faults: [parseFault("machine-1:AllocationFailed")] });
    const first = await broken.run(TLS);
    expect(first.exit, first.stderr).toBe(3);
    expect(member(broken, "mycluster-coreos-1")["properties"]).toMatchObject({ provisioningState: "Failed" });
    const azure = azureLeft(broken.simulation.save(), 6);
    cpSync(broken.dir, azure.dir, { recursive: true });
    const again = await azure.run(TLS);
    expect(again.exit, again.stderr).toBe(0);
    expect(writesOf(azure, 0)).toEqual(["DELETE mycluster-coreos-1", "PUT mycluster-coreos-1-nic", "PUT mycluster-coreos-1"]);
    expect(flawsOf(azure.simulation.save(), 3)).toEqual([]);
    for (const one of [broken, azure]) one.close();
  });

  test("without etcd's authority at hand the cluster is finished elsewhere all the same, and what its members then lack is named", async () => {
    const { moments } = await recordingOf(TLS);
    const after = (text: string): CloudState =>
      moments.find((moment) => moment.label.startsWith("after") && moment.label.includes(text))?.state as CloudState;
    // no machine yet: another authority takes the place of the one that is elsewhere
    const early = azureLeft(after("mycluster-coreos-0-nic"), 8);
    const taken = await early.run(TLS);
    expect(taken.exit, taken.stderr).toBe(0);
    expect(flawsOf(early.simulation.save(), 3)).toEqual([]);
    expect(taken.stderr).not.toContain("etcd-ca.key");
    // a member is there: the others wait for its authority
    const late = azureLeft(after("virtualMachines/"), 9);
    const finished = await late.run(TLS);
    expect(finished.exit, finished.stderr).toBe(0);
    expect(flawsOf(late.simulation.save(), 3)).toEqual([]);
    expect(finished.stderr).toContain("etcd-ca.key");
    for (const one of [early, late]) one.close();
  });
});

const KILLED = "mycluster --num-nodes 3 --deis --wait-for machines";

/** Kills a real process at its write number `nth`, and lets another one finish, elsewhere for every second of them. */
async function killedAt(
  nth: number,
  side: "before" | "after",
  keys: string,
): Promise<{ killed: boolean; exit: number | null; stderr: string; state: CloudState }> {
  const simulation = createSimulation({ clock: realClock, seed: nth, pace: 0.001, latencyMs: [1, 4] });
  let writes = 0;
  let kill: (() => Promise<void>) | undefined;
  const served = await serve(
    {
      async handle(request) {
        const mine = request.method === "PUT" && kill !== undefined && ++writes === nth;
        if (mine && side === "before") await kill?.();
        // sent after its death, or cut off by it: it never arrived
        if (request.signal?.aborted === true) throw request.signal.reason;
        const answer = await simulation.handle(request);
        if (mine && side === "after") await kill?.();
        return answer;
      },
    },
    { port: 0 },
  );
  const dirs = [mkdtempSync(join(tmpdir(), "acc-kill-")), mkdtempSync(join(tmpdir(), "acc-kill-"))];
  // made before, for they take longest
  for (const file of ["ssh-cert.key", "ssh-cert.pem", "ssh-cert.cer", "ssh-cert.pub"])
    cpSync(join(keys, file), join(dirs[0] as string, file));
  const run = (dir: string) => {
    const argv = [...KILLED.split(" "), "--arm-endpoint", served.url];
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      cwd: dir,
      env: { PATH: process.env["PATH"], HOME: dir },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += String(text)));
    const ended = new Promise<{ exit: number | null; signal: string | null; stderr: string }>((resolve) =>
      child.on("close", (exit, signal) => resolve({ exit, signal, stderr })),
    );
    return { child, ended };
  };
  try {
    const first = run(dirs[0] as string);
    kill = async () => {
      kill = undefined;
      first.child.kill("SIGKILL");
      await first.ended;
    };
    const { signal } = await first.ended;
    const second = await run(dirs[nth % 2] as string).ended;
    return { killed: signal === "SIGKILL", exit: second.exit, stderr: second.stderr, state: simulation.save() };
  } finally {
    await served.close();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  }
}

test.runIf(long)(
  "a process killed at a write is followed by one that finishes the same cluster",
  async () => {
    const azure = testAzure();
    const undisturbed = await azure.run(KILLED);
    expect(undisturbed.exit, undisturbed.stderr).toBe(0);
    const wanted = shapeOf(azure.simulation.save());
    const writes = azure.exchanges.filter(({ method }) => method === "PUT").length;
    const every = Array.from({ length: writes }, (_, i) => i + 1).flatMap((nth) => [
      { nth, side: "before" as const },
      { nth, side: "after" as const },
    ]);
    // the group, and machines: that each write may be the last is tried above, here that a process may die
    const kills = ALL ? every : every.filter((_, i) => [1, 25].includes(i));
    const workers = Array.from({ length: 2 }, async () => {
      for (let next = kills.shift(); next !== undefined; next = kills.shift()) {
        const { nth, side } = next;
        const { killed, exit, stderr, state } = await killedAt(nth, side, azure.dir);
        const label = `${side} write ${nth}\n${stderr}`;
        expect(killed, label).toBe(true);
        expect(exit, label).toBe(0);
        expect(flawsOf(state, 3), label).toEqual([]);
        expect(shapeOf(state), label).toEqual(wanted);
      }
    });
    await Promise.all(workers);
    azure.close();
  },
  600_000,
);
