/**
 * The package is replaced under a running command (npm i -g in another window): the program's files go away at the first write, and what
 * was begun ends well all the same, with its errors explained and its rollback made. The bundle, as a process of its own.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { realClock } from "../src/operations/real-clock.ts";
import { parseFault } from "../src/sim/fault-script.ts";
import { serve } from "../src/sim/server.ts";
import { type Simulation, createSimulation } from "../src/sim/simulation.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The package as it is installed. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), "acc-installed-"));
  folders.push(folder);
  for (const part of ["bin", "dist", "templates", "package.json"])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  return folder;
}

/** Runs it, and takes the program's files away as the first request arrives that is a write, or is of this method. */
async function underUpgrade(
  simulation: Simulation,
  argv: string,
  at = /^(?!GET|HEAD)/,
): Promise<{ code: number; stdout: string; stderr: string; gone: boolean }> {
  const program = installed();
  const dir = mkdtempSync(join(tmpdir(), "acc-upgrade-"));
  folders.push(dir);
  let gone = false;
  const served = await serve(
    {
      ...simulation,
      handle: (request) => {
        if (at.test(request.method) && !gone) {
          gone = true;
          for (const part of ["bin", "dist", "templates"]) rmSync(join(program, part), { recursive: true });
        }
        return simulation.handle(request);
      },
    },
    { port: 0 },
  );
  const args = [join(program, "bin/azure-coreos-cluster.js"), ...argv.split(" "), "--arm-endpoint", served.url, "--yes"];
  try {
    const env = { PATH: process.env["PATH"], HOME: dir };
    const ended = await promisify(execFile)(process.execPath, args, { cwd: dir, env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    return { ...ended, gone };
  } finally {
    await served.close();
  }
}

const azure = (fault?: string): Simulation =>
  createSimulation({
    clock: realClock,
    pace: 0.005,
    latencyMs: [1, 2],
    publicAddress: "127.0.0.1",
    ...(fault === undefined ? {} : { faults: [parseFault(fault)] }),
  });

const UPGRADED = [
  [
    "nodes that do not answer are explained",
    undefined,
    "mycluster --num-nodes 1 --ssh 47 --timeout 15s --wait-for ssh",
    6,
    "refuses connections",
  ],
  [
    "what fails is rolled back",
    "machine-0:OverconstrainedAllocationRequest",
    "mycluster --num-nodes 1 --rollback --wait-for machines",
    1,
    "OverconstrainedAllocationRequest",
  ],
  [
    "machines are made, with --json and --timings",
    undefined,
    "mycluster --num-nodes 2 --wait-for machines --json --timings t.html --events e",
    0,
    "is at 127.0.0.1",
  ],
] as const;

// `npm test` builds the bundle first; the first one is slow
test.skipIf(!existsSync(join(ROOT, "dist/main.js"))).concurrent.each(UPGRADED)("%s", async (_, fault, argv, exit, said) => {
  const { code, stderr, gone } = await underUpgrade(azure(fault), argv);
  expect(stderr).not.toMatch(/ERR_MODULE_NOT_FOUND|Cannot find module|fault of azure-coreos-cluster/);
  expect({ code, gone }, stderr).toEqual({ code: exit, gone: true });
  expect(stderr).toContain(said);
});

test
  .skipIf(!existsSync(join(ROOT, "dist/main.js")))
  .concurrent("one that only looks says that its files have changed, and shows no stack", async () => {
    const { code, stderr } = await underUpgrade(azure(), "status mycluster", /GET/);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/files have changed since it was started[^\n]*\n$/)]);
    expect(stderr).not.toContain("ERR_MODULE_NOT_FOUND");
  });
