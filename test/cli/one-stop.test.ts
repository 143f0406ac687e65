/** Ctrl-C, SIGTERM and SIGHUP as they arrive at the process itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startedByNohup } from "../../src/cli/nohup.ts";
import { realWorld } from "../../src/cli/world.ts";
import { ownAzure } from "./world.ts";

test("a stop that comes twice at once is one, as timeout and CI send it; a second one is a second", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let stops = 0;
  const others = new Set(["SIGINT", "SIGTERM", "SIGHUP"].flatMap((signal) => process.listeners(signal as "SIGINT")));
  vi.stubEnv("_", "/usr/bin/node");
  onTestFinished(() => void vi.unstubAllEnvs());
  const off = realWorld().onInterrupt(() => (stops += 1));
  const arrive = (signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void => {
    for (const heard of process.listeners(signal)) if (!others.has(heard)) heard(signal);
  };
  arrive("SIGTERM");
  arrive("SIGTERM");
  expect(stops).toBe(1);
  vi.advanceTimersByTime(300);
  arrive("SIGINT");
  expect(stops).toBe(2);
  vi.advanceTimersByTime(300);
  arrive("SIGHUP");
  expect(stops).toBe(3);
  // the shell's and the system's, of one terminal
  vi.advanceTimersByTime(300);
  arrive("SIGHUP");
  expect(stops).toBe(3);
  off();
  arrive("SIGINT");
  expect(stops).toBe(3);
});

test("it is heard until a rehearsal has kept what it made: a process that a signal ends before that loses it", async () => {
  const azure = ownAzure();
  const kept: boolean[] = [];
  let interrupt = (): void => undefined;
  const state = join(azure.dir, ".simulated-azure.json");
  const { exit } = await azure.run("web --simulate --num-nodes 1", {
    onInterrupt: (callback) => (interrupt = callback),
    onDeaf: () => {
      kept.push(existsSync(state), existsSync(`${state}.lock`));
      interrupt();
    },
  });
  expect([exit, kept]).toEqual([0, [true, false]]);
});

test("a closed terminal leaves running what nohup has started", () => {
  const [read, write] = (["r", "w"] as const).map((mode) => openSync("/dev/null", mode));
  onTestFinished(() => [read, write].forEach((one) => closeSync(one!)));
  expect(startedByNohup({ _: "/usr/bin/nohup" }, -1, read)).toBe(true);
  expect(startedByNohup({ _: "/usr/bin/node" }, -1, write)).toBe(true);
  expect(startedByNohup({ _: "/usr/bin/node" }, -1, read)).toBe(false);
  expect(startedByNohup({}, -1, -1)).toBe(false);
});

test.skipIf(process.platform !== "linux").each([
  ["trap '' HUP", true],
  ["trap '' INT TERM", false],
])("and what a script has started after %s: %j", async (trap, leaves) => {
  const script = spawn("sh", ["-c", `${trap}; echo ready; read end`], { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void script.stdin.end());
  await once(script.stdout, "data");
  expect(startedByNohup({}, script.pid ?? -1, -1)).toBe(leaves);
});
