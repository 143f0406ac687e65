/** A process whose reader goes away or whose disk is full: what a create has begun it ends, and what is lost is said. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/** As it is installed: `npm test` builds it first. */
const PROGRAM = new URL("../../bin/azure-coreos-cluster.js", import.meta.url).pathname;
const built = existsSync(new URL("../../dist/main.js", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "acc-streams-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const shell = (line: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync("bash", ["-c", line], {
    cwd: dir,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: dir, COMMAND: `${process.execPath} ${PROGRAM}` },
  });

test.skipIf(!built)("a reader of the story that goes away does not stop a create", () => {
  shell("$COMMAND mycluster --num-nodes 2 --simulate 2>&1 >ssh-config | head -1");
  expect(shell("$COMMAND list --simulate").stdout).toMatch(/^mycluster +mycluster +westus +2 .*complete$/m);
});

test.skipIf(!built || !existsSync("/dev/full"))("a full disk under stdout is one clear line and a failure", () => {
  const { status, stderr } = shell("$COMMAND list --simulate --json > /dev/full");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Subscription .*\nError: the output could not be written: ENOSPC.*\n$/);
});
