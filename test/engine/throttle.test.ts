/** The common pause after a 429: nobody knocks before it is over, and then one after another, in order. */
import { expect, test } from "vitest";
import { createThrottle } from "../../src/engine/throttle.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const never = new AbortController().signal;

function throttled() {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  const left: [number, number][] = [];
  const ask = (count: number, kind: "read" | "write" | "delete" = "write"): Promise<unknown> =>
    Promise.all(
      Array.from({ length: count }, (_, index) => throttle.take(kind, never).then(() => left.push([index, clock.now()]))),
    );
  return { clock, throttle, left, ask };
}

test("until Azure says 429 nothing is held back", async () => {
  const { clock, left, ask } = throttled();
  await ask(1000);
  expect([left.length, clock.now()]).toEqual([1000, 0]);
});

test("after a 429 nobody sends before its time, and then at the refill rate in the order asked", async () => {
  const { throttle, left, ask } = throttled();
  throttle.pause("write", 17_000);
  await ask(20);
  expect(left.map(([index]) => index)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  const times = left.map(([, at]) => at);
  expect(times[0]).toBe(17_000);
  for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThan(100);
});

test("a second 429 holds those who wait already", async () => {
  const { clock, throttle, left, ask } = throttled();
  throttle.pause("write", 5000);
  const asked = ask(3);
  await clock.sleep(1000);
  throttle.pause("write", 30_000);
  await asked;
  expect(Math.min(...left.map(([, at]) => at))).toBeGreaterThanOrEqual(31_000);
});

test("a shorter wait never shortens a longer one", async () => {
  const { throttle, left, ask } = throttled();
  throttle.pause("write", 20_000);
  throttle.pause("write", 1000);
  await ask(1);
  expect(left[0]?.[1]).toBe(20_000);
});

test("reads, writes and deletes wait for themselves alone", async () => {
  const { clock, throttle, ask } = throttled();
  throttle.pause("write", 20_000);
  await ask(5, "read");
  await ask(5, "delete");
  expect(clock.now()).toBe(0);
});

test("an abort ends a wait at once", async () => {
  const { clock, throttle } = throttled();
  throttle.pause("read", 60_000);
  const abort = new AbortController();
  const waiting = throttle.take("read", abort.signal);
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(clock.now()).toBe(0);
});
