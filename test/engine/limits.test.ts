/** Limits that the other side tells of: kept to before it refuses, by one process or several, and used up. */
import { expect, test } from "vitest";
import { countWithin } from "../../src/engine/allowance.ts";
import { createThrottle } from "../../src/engine/throttle.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const never = new AbortController().signal;
const machine = (index: number): string =>
  `/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m-${index}`;
const nic = (index: number): string =>
  `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/m-${index}-nic`;

/** Processes that write at once to a subscription with a token bucket that tells what is left. */
async function beside(processes: number, writes: number, [capacity, refill]: readonly [number, number]) {
  const clock = createVirtualClock(0);
  let [tokens, at, refusals, open, most, seed] = [capacity, 0, 0, 0, 0, 1];
  const latency = (): number => 30 + ((seed = (seed * 16_807) % 2_147_483_647) % 90);
  const serve = async (): Promise<{ refused: boolean; left: number }> => {
    most = Math.max(most, (open += 1));
    await clock.sleep(latency());
    tokens = Math.min(capacity, tokens + ((clock.now() - at) / 1000) * refill);
    at = clock.now();
    const refused = tokens < 1;
    if (refused) refusals++;
    else tokens -= 1;
    const left = Math.floor(tokens);
    await clock.sleep(latency());
    open -= 1;
    return { refused, left };
  };
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const throttle = createThrottle(clock);
      const write = async (): Promise<void> => {
        const ask = { kind: "write" } as const;
        const { refused } = await throttle.through(ask, never, async () => {
          const answer = await serve();
          throttle.hear(ask, new Map([["subscription-writes", answer.left]]));
          return answer;
        });
        if (!refused) return;
        throttle.pause(ask, { waitMs: 1000, asked: true });
        await write();
      };
      // as a create begins: one write, and then all
      await write();
      await Promise.all(Array.from({ length: writes - 1 }, write));
    }),
  );
  return { seconds: clock.now() / 1000, floor: Math.max(0, processes * writes - capacity) / refill, refusals, most };
}

test.each([
  ["fewer writes than there are tokens", 1, 150, [200, 10]],
  ["ARM's, as they are documented", 1, 1000, [200, 10]],
  ["two processes at one bucket", 2, 300, [200, 10]],
  ["three processes at one bucket", 3, 200, [200, 10]],
  ["a smaller one than documented", 1, 100, [40, 2]],
  ["a larger one", 1, 1500, [1200, 10]],
] as const)("%s: no refusal, few in flight, and the limit is used", async (_, processes, writes, bucket) => {
  const { seconds, floor, refusals, most } = await beside(processes, writes, bucket);
  expect(most).toBeLessThanOrEqual(40 * processes);
  // what others have in flight nobody sees: the first rush of three may touch the ground
  expect(refusals).toBeLessThanOrEqual(processes > 2 ? 3 : 0);
  expect(seconds).toBeLessThan(floor * 1.15 + 6);
});

test("a count within minutes is kept to, and opens again when the first of it are that old", () => {
  const limit = countWithin(3, 1000, "3 a second");
  for (const now of [0, 10, 20]) {
    expect(limit.delay(now)).toBe(0);
    limit.take(now);
  }
  // nothing is answered yet: nobody knows when the other side counted it
  expect(limit.delay(30)).toBe(Infinity);
  limit.settle(50);
  expect([limit.delay(60), limit.delay(1049), limit.delay(1050)]).toEqual([990, 1, 0]);
});

test("what must wait for the limit of one service does not hold up another one, and who can be finished goes first", async () => {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  const left: string[] = [];
  const write = (what: string, id: string, rank: number): Promise<unknown> =>
    throttle.through({ kind: "write", id, rank }, never, async () => {
      left.push(what);
      await clock.sleep(100);
    });
  throttle.hear({ kind: "write", id: machine(0) }, new Map([["subscription-writes", 5000]]));
  throttle.pause({ kind: "write", id: nic(0) }, { waitMs: 10_000, asked: true });
  await Promise.all([write("interface", nic(1), 2), write("machine", machine(1), 1)]);
  expect(left).toEqual(["machine", "interface"]);
  expect(clock.now()).toBeGreaterThanOrEqual(10_000);
});

test("who holds the places waits for a write without a place, and so it needs none", async () => {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  let repair: Promise<string> | undefined;
  const machines = Array.from({ length: 100 }, (_, index) =>
    throttle.through({ kind: "write", id: machine(index) }, never, async () => {
      repair ??= throttle.atOnce.through({ kind: "write", id: nic(0) }, never, async () => "repaired");
      return repair;
    }),
  );
  expect(new Set(await Promise.all(machines))).toEqual(new Set(["repaired"]));
});

test("a side that tells nothing is met with more and more at once, forty at the most; after a 429 with half as many", async () => {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  let [open, most, refusals] = [0, 0, 0];
  const write = async (index: number): Promise<void> => {
    const refused = await throttle.through({ kind: "write", id: machine(index) }, never, async () => {
      most = Math.max(most, (open += 1));
      await clock.sleep(100);
      const over = open > 30;
      open -= 1;
      return over;
    });
    if (!refused) return;
    refusals += 1;
    throttle.pause({ kind: "write", id: machine(index) }, { waitMs: 1000, asked: true });
    await write(index);
  };
  await Promise.all(Array.from({ length: 400 }, (_, index) => write(index)));
  expect(most).toBeLessThanOrEqual(40);
  expect(refusals).toBeLessThanOrEqual(60);
});

test("a side that has more than is documented is not held to what is documented of its services", async () => {
  const clock = createVirtualClock(0);
  const throttle = createThrottle(clock);
  throttle.hear({ kind: "write", id: machine(0) }, new Map([["subscription-writes", 5000]]));
  const write = (index: number): Promise<void> =>
    throttle.through({ kind: "write", id: machine(index) }, never, () => clock.sleep(100));
  await Promise.all(Array.from({ length: 600 }, (_, index) => write(index)));
  expect(clock.now()).toBeLessThan(3000);
});
