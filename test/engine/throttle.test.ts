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
      Array.from({ length: count }, (_, index) => throttle.through({ kind }, never, async () => left.push([index, clock.now()]))),
    );
  return { clock, throttle, left, ask };
}

test("until Azure says 429 nothing is held back", async () => {
  const { clock, left, ask } = throttled();
  await ask(1000);
  expect([left.length, clock.now()]).toEqual([1000, 0]);
});

test("after a 429 nobody sends before its time, and then in the order asked: what came in meanwhile at once, the rest at the rate", async () => {
  const { throttle, left, ask } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 17_000, asked: true });
  await ask(40);
  expect(left.map(([index]) => index)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  const times = left.map(([, at]) => at);
  expect(times[0]).toBe(17_000);
  // two seconds' worth and no more, however long the pause was
  expect(times.filter((at) => at === 17_000).length).toBeLessThanOrEqual(20);
  expect(times.at(-1)).toBeGreaterThan(18_500);
});

test("a second 429 holds those who wait already", async () => {
  const { clock, throttle, left, ask } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 5000, asked: true });
  const asked = ask(3);
  await clock.sleep(1000);
  throttle.pause({ kind: "write" }, { waitMs: 30_000, asked: true });
  await asked;
  expect(Math.min(...left.map(([, at]) => at))).toBeGreaterThanOrEqual(31_000);
});

test("a shorter wait never shortens a longer one", async () => {
  const { throttle, left, ask } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 20_000, asked: true });
  throttle.pause({ kind: "write" }, { waitMs: 1000, asked: true });
  await ask(1);
  expect(left[0]?.[1]).toBe(20_000);
});

test("reads, writes and deletes wait for themselves alone", async () => {
  const { clock, throttle, ask } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 20_000, asked: true });
  await ask(5, "read");
  await ask(5, "delete");
  expect(clock.now()).toBe(0);
});

test("an abort ends a wait at once", async () => {
  const { clock, throttle } = throttled();
  throttle.pause({ kind: "read" }, { waitMs: 60_000, asked: true });
  const abort = new AbortController();
  const waiting = throttle.through({ kind: "read" }, abort.signal, async () => undefined);
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(clock.now()).toBe(0);
});

test("an abort in the queue lets those behind pass, in their order", async () => {
  const { clock, throttle } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 5000, asked: true });
  const aborts = Array.from({ length: 3 }, () => new AbortController());
  const left: number[] = [];
  const asked = aborts.map(({ signal }, index) => throttle.through({ kind: "write" }, signal, async () => left.push(index)));
  await clock.sleep(1000);
  aborts[1]?.abort(new Error("enough"));
  await expect(asked[1]).rejects.toThrow("enough");
  expect(clock.now()).toBe(1000);
  await Promise.all([asked[0], asked[2]]);
  expect(left).toEqual([0, 2]);
});

test("who waits for no place waits out a refusal all the same", async () => {
  const { clock, throttle } = throttled();
  throttle.pause({ kind: "write" }, { waitMs: 9000, asked: true });
  await throttle.atOnce.through({ kind: "write" }, never, async () => undefined);
  expect(clock.now()).toBe(9000);
  await throttle.atOnce.atOnce.through({ kind: "read" }, never, async () => undefined);
  expect(clock.now()).toBe(9000);
});

test("a 429 halves what is in flight, once for all that left together; each answer makes room for one more, and a failure gives its place back", async () => {
  const { clock, throttle } = throttled();
  const answers: PromiseWithResolvers<void>[] = [];
  const ask = (): Promise<unknown> =>
    throttle.through({ kind: "write" }, never, () => {
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      return answer.promise;
    });
  const asked = Array.from({ length: 60 }, () => ask().catch(() => undefined));
  await clock.sleep(1);
  expect(answers).toHaveLength(16);
  throttle.pause({ kind: "write" }, { waitMs: 1000, asked: true });
  throttle.pause({ kind: "write" }, { waitMs: 1000, asked: true });
  for (const { reject } of answers.splice(0)) reject(new Error("429"));
  await clock.sleep(60_000);
  expect(answers).toHaveLength(8);
  for (const { resolve } of answers.splice(0)) resolve();
  await clock.sleep(60_000);
  expect(answers).toHaveLength(16);
  while (answers.length > 0) {
    for (const { resolve } of answers.splice(0)) resolve();
    await clock.sleep(60_000);
  }
  await Promise.all(asked);
});
