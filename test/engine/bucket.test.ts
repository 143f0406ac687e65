/** A limit that is met: found out, kept to, and used up. */
import { expect, test } from "vitest";
import { createBucket } from "../../src/engine/bucket.ts";
import { createThrottle } from "../../src/engine/throttle.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const never = new AbortController().signal;

/** So many writes at once against a token bucket; how long they took, and how many were refused. */
async function against(writes: number, capacity: number, refill: number, asks: boolean, latency = 20) {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  let [tokens, at, refusals] = [capacity, 0, 0];
  const wait = { kind: "write" } as const;
  async function write(): Promise<void> {
    for (;;) {
      const refusedFor = await throttle.through(wait, never, async () => {
        await clock.sleep(latency);
        tokens = Math.min(capacity, tokens + ((clock.now() - at) / 1000) * refill);
        at = clock.now();
        const taken = tokens >= 1;
        if (taken) tokens -= 1;
        const waitMs = asks ? Math.max(1, Math.ceil((1 - tokens) / refill)) * 1000 : 1000;
        await clock.sleep(latency);
        return taken ? undefined : waitMs;
      });
      if (refusedFor === undefined) return;
      refusals++;
      throttle.pause(wait, { waitMs: refusedFor, asked: asks });
    }
  }
  await Promise.all(Array.from({ length: writes }, write));
  return { seconds: clock.now() / 1000, floor: (writes - capacity) / refill, refusals };
}

test.each([
  ["ARM's, as it is documented", 400, 200, 10, true, 20, 55],
  ["no time named", 400, 200, 10, false, 20, 55],
  ["slow answers", 400, 200, 10, true, 500, 60],
  ["half of it", 200, 20, 5, true, 20, 85],
  ["a twentieth", 40, 10, 0.5, true, 20, 75],
  ["a hundredth", 20, 10, 0.1, true, 20, 45],
  ["others take most of it", 60, 5, 1, false, 100, 80],
] as const)(
  "%s: the limit is used to nine tenths, and run into so often at most",
  async (_, writes, capacity, refill, asks, latency, most) => {
    const { seconds, floor, refusals } = await against(writes, capacity, refill, asks, latency);
    expect(seconds).toBeLessThan(floor * 1.1 + 3);
    // the first rush is of forty at the most
    expect(refusals).toBeLessThanOrEqual(most);
  },
);

test.each([
  ["a wait that was asked for is kept, each time", true, [1000, 1000, 1000, 1000]],
  ["without one, pauses double while nothing is accepted", false, [1000, 2000, 4000, 8000]],
])("%s", (_, asked, pauses) => {
  const bucket = createBucket(10);
  let now = 0;
  for (const pause of pauses) {
    bucket.take(now);
    expect(bucket.refuse(now, 1000, asked)).toBe(pause);
    expect(bucket.delay(now)).toBe(pause);
    now += pause;
    expect(bucket.delay(now)).toBe(0);
  }
});

test("refusals without end are met with a request a minute", () => {
  const bucket = createBucket(10);
  let now = 0;
  for (let i = 0; i < 20; i++) now += bucket.refuse(now, 1000, false);
  expect(bucket.refuse(now, 1000, false)).toBe(60_000);
});

test("a rate that nobody needs does not grow, and so one refusal is enough to find it again", () => {
  const bucket = createBucket(10);
  let now = bucket.refuse(0, 1000, true);
  // five a second for ten minutes
  for (const end = now + 600_000; now < end; now += 200) if (bucket.delay(now) === 0) bucket.take(now);
  now += bucket.refuse(now, 1000, true);
  let at = now;
  for (let i = 0; i < 100; i++) {
    at += bucket.delay(at);
    bucket.take(at);
  }
  expect(at - now).toBeGreaterThan(5000);
});

test("Retry-After: 0 is no leave to knock as fast as one can", () => {
  const bucket = createBucket(10);
  let now = 0;
  for (let i = 0; i < 100; i++) {
    now += bucket.refuse(now, 0, true);
    now += bucket.delay(now);
    bucket.take(now);
  }
  expect(now).toBeGreaterThan(5000);
});

test("what was accepted ends the doubling", () => {
  const bucket = createBucket(10);
  let now = bucket.refuse(0, 1000, false);
  now += bucket.refuse(now, 1000, false);
  bucket.take(now);
  bucket.take(now);
  now += bucket.refuse(now + 1, 1000, false) + 1;
  bucket.delay(now);
  expect(bucket.refuse(now, 1000, false)).toBeLessThanOrEqual(2000);
});
