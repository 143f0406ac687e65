/** Ctrl-C and SIGTERM as they arrive at the process itself. */
import { expect, onTestFinished, test, vi } from "vitest";
import { realWorld } from "../../src/cli/world.ts";

test("a stop that comes twice at once is one, as timeout and CI send it; a second one is a second", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let stops = 0;
  const others = new Set(["SIGINT", "SIGTERM"].flatMap((signal) => process.listeners(signal as "SIGINT")));
  const off = realWorld().onInterrupt(() => (stops += 1));
  const arrive = (signal: "SIGINT" | "SIGTERM"): void => {
    for (const heard of process.listeners(signal)) if (!others.has(heard)) heard(signal);
  };
  arrive("SIGTERM");
  arrive("SIGTERM");
  expect(stops).toBe(1);
  vi.advanceTimersByTime(300);
  arrive("SIGINT");
  expect(stops).toBe(2);
  off();
  arrive("SIGINT");
  expect(stops).toBe(2);
});
