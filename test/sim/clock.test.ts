import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";

test("sleepers wake in order of their time, however long, and in order of lying down at one time", async () => {
  const clock = createVirtualClock(1000);
  const woken: string[] = [];
  const sleep = async (ms: number, name: string): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  await Promise.all([sleep(86_400_000, "day"), sleep(10, "a"), sleep(5, "b"), sleep(10, "c")]);
  expect(woken).toEqual(["b@1005", "a@1010", "c@1010", "day@86401000"]);
});

test("time stands still for a chain of promises between two sleeps", async () => {
  const clock = createVirtualClock(0);
  const timeout = clock.sleep(100).then(() => "timeout");
  const work = (async () => {
    await clock.sleep(99);
    for (let step = 0; step < 1000; step++) await Promise.resolve();
    return "work";
  })();
  expect(await Promise.race([timeout, work])).toBe("work");
});

test("an abort wakes at once with its reason, without moving time", async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const slept = clock.sleep(1000, stop.signal);
  stop.abort(new Error("stop"));
  await expect(slept).rejects.toThrow("stop");
  await expect(clock.sleep(5, stop.signal)).rejects.toThrow("stop");
  expect(clock.now()).toBe(0);
});

test("an aborted sleeper does not hold up the others", async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const gone = clock.sleep(10, stop.signal).catch(() => clock.now());
  const stays = clock.sleep(20).then(() => clock.now());
  stop.abort(new Error("stop"));
  expect(await Promise.all([gone, stays])).toEqual([0, 20]);
});

test("real work that is held is not overtaken by a timeout", async () => {
  const clock = createVirtualClock(0);
  const work = clock.hold(new Promise<string>((resolve) => setTimeout(() => resolve("work"), 20)));
  expect(await Promise.race([clock.sleep(60_000).then(() => "timeout"), work])).toBe("work");
});

test("it moves on after held work that failed", async () => {
  const clock = createVirtualClock(0);
  await expect(clock.hold(Promise.reject(new Error("no")))).rejects.toThrow("no");
  await clock.sleep(5);
  expect(clock.now()).toBe(5);
});

test("thousands of sleepers come out sorted", async () => {
  const clock = createVirtualClock(0);
  const times: number[] = [];
  await Promise.all(Array.from({ length: 3000 }, (_, i) => clock.sleep((i * 7919) % 3001).then(() => times.push(clock.now()))));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times).toHaveLength(3000);
});

test("time stands still while a file is worked on", async () => {
  const clock = createVirtualClock(0);
  const read = readFile(new URL(import.meta.url)).then(() => clock.now());
  await clock.sleep(1000);
  expect(await read).toBe(0);
});
