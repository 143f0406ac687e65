/** Machines that are waited for together: one list for all, and nobody who depends on it. */
import { expect, test } from "vitest";
import { drive } from "../../src/engine/drive.ts";
import type { Live, Operation, Target } from "../../src/engine/provider.ts";
import { createSiblings } from "../../src/engine/siblings.ts";
import { azureError, memory } from "./memory.ts";

type Listed = ReadonlyMap<string, Live["state"]> | undefined;

const target = (index: number): Target => ({ id: `/g/Machines/M${index}`, kind: "machine" });

/**
 * So many machines, each with the time at which it ends, and what it ends with.
 * @param list what the list says, if not the truth; it takes `takes` ms
 */
async function together(
  ends: readonly number[],
  {
    list,
    takes = 100,
    failed = -1,
  }: { list?: (truth: Map<string, Live["state"]>) => Listed; takes?: number; failed?: number } = {},
) {
  const on = memory();
  const { clock } = on;
  const lists: number[] = [];
  const polls: number[] = [];
  const truth = (): Map<string, Live["state"]> =>
    new Map(
      ends.map((at, index) => [
        target(index).id.toLowerCase(),
        clock.now() < at ? "working" : index === failed ? "failed" : "succeeded",
      ]),
    );
  const provider = {
    ...on.tools.provider,
    siblings: async (): Promise<Listed> => {
      lists.push(clock.now());
      const told = truth();
      await clock.sleep(takes);
      return list === undefined ? told : list(told);
    },
  };
  const tools = { ...on.tools, provider };
  const shared = { ...tools, siblings: createSiblings(tools) };
  const operation = (index: number): Operation => ({
    done: false,
    poll: () => {
      polls.push(clock.now());
      if (clock.now() < (ends[index] ?? 0)) return Promise.resolve(false);
      return index === failed
        ? Promise.reject(azureError("AllocationFailed", { operation: true, details: ["why"] }))
        : Promise.resolve(true);
    },
  });
  const seen = ends.map(async (at, index) => {
    await drive(operation(index), "machine", shared, { made: target(index) });
    return clock.now() - at;
  });
  return { ...on, lists, polls, seen: Promise.allSettled(seen) };
}

const lateness = (results: PromiseSettledResult<number>[]): number =>
  Math.max(...results.map((one) => (one.status === "fulfilled" ? one.value : Infinity)));

test("two hundred machines are seen to end in time by lists", async () => {
  const { lists, polls, seen } = await together(Array.from({ length: 200 }, (_, index) => 30_000 + index * 50));
  // a tenth of the time, half of it again for a list that just left, and the list's own
  expect(lateness(await seen)).toBeLessThan(6500);
  // one every ten seconds all the same, and the last two, when nobody else waits
  expect(polls.length).toBeLessThanOrEqual(8);
  expect(lists.length).toBeLessThan(60);
});

test.each([
  ["never answers", { takes: 3_600_000 }],
  [
    "is refused every time",
    {
      list: () => {
        throw azureError("TooManyRequests", { status: 429 });
      },
    },
  ],
])("a list that %s holds nobody up: each asks for himself", async (_, how) => {
  const { lists, polls, seen } = await together([20_000, 20_000, 20_000, 20_000], how);
  expect(lateness(await seen)).toBeLessThan(13_000);
  expect(lists.length).toBeLessThanOrEqual(2);
  expect(polls.length).toBeGreaterThanOrEqual(4);
});

test("lists leave one after another, and longer ones seldomer", async () => {
  const { lists } = await together(
    Array.from({ length: 50 }, (_, index) => 20_000 + index * 100),
    { takes: 2000 },
  ).then(async (on) => {
    await on.seen;
    return on;
  });
  for (const [index, at] of lists.slice(1).entries()) expect(at - (lists[index] ?? 0)).toBeGreaterThanOrEqual(5900);
});

test("one that failed is told with what its operation says, and the others go on", async () => {
  const { polls, seen } = await together([9000, 9000, 9000, 9000], { failed: 2 });
  const results = await seen;
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(results[2]).toMatchObject({ reason: { code: "AllocationFailed", details: ["why"] } });
  expect(polls).toHaveLength(1);
});

test.each<[string, (truth: Map<string, Live["state"]>) => Listed]>([
  ["does not exist", () => undefined],
  [
    "is refused",
    () => {
      throw azureError("AuthorizationFailed", { status: 403 });
    },
  ],
  ["does not show them", () => new Map()],
  ["calls failed what is not", (truth) => new Map([...truth].map(([id]) => [id, "failed"]))],
])("a list that %s costs nothing: each is asked for by itself", async (_, list) => {
  const { seen } = await together([10_000, 10_000, 10_000, 10_000], { list });
  expect(lateness(await seen)).toBeLessThan(2000);
});

test("a list that stays old is found out by those who ask for themselves in turn, and not believed again", async () => {
  const on = await together(
    Array.from({ length: 100 }, () => 15_000),
    { list: (truth) => new Map([...truth].map(([id]) => [id, "working"])) },
  );
  expect(lateness(await on.seen)).toBeLessThan(12_000);
  // none more once it was known
  expect(on.lists.length).toBeLessThan(40);
});

test("a list that is a moment late is late by that, and no worse", async () => {
  let [before, at] = [new Map<string, Live["state"]>(), 0];
  const on = await together([10_000, 10_000, 10_000, 10_000], {
    list: (truth) => {
      const told = before;
      if (at++ % 2 === 0) before = truth;
      return told.size === 0 ? truth : told;
    },
  });
  expect(lateness(await on.seen)).toBeLessThan(4000);
});

test("one or two are asked for by themselves", async () => {
  const { lists, seen } = await together([10_000, 10_000]);
  expect(lateness(await seen)).toBeLessThan(1500);
  expect(lists).toEqual([]);
});

test("an abort ends the wait for a list at once", async () => {
  const on = memory();
  const provider = { ...on.tools.provider, siblings: () => new Promise<never>(() => undefined) };
  const tools = { ...on.tools, provider };
  const siblings = createSiblings(tools);
  const all = [0, 1, 2].map((index) => siblings.join(target(index)));
  const abort = new AbortController();
  const waiting = all.map(({ state }) => state(0, abort.signal));
  abort.abort(new Error("enough"));
  for (const one of await Promise.allSettled(waiting))
    expect(one).toMatchObject({ status: "rejected", reason: { message: "enough" } });
  expect(on.clock.now()).toBe(0);
});
