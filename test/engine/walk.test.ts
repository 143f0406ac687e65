/** The walk over random graphs: order, failures, stopping. */
import { array, assert, asyncProperty, boolean, integer, nat, record } from "fast-check";
import { expect, test } from "vitest";
import { type Step, walk } from "../../src/engine/walk.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

/** Nodes that depend on earlier ones only: what a checked plan is. Each takes some time, and some fail. */
const graph = array(record({ needs: array(nat(30), { maxLength: 4 }), ms: integer({ min: 0, max: 50 }), fails: boolean() }), {
  minLength: 1,
  maxLength: 25,
}).map((rows) =>
  rows.map(({ needs, ms, fails }, index) => ({
    id: `n${index}`,
    dependsOn: index === 0 ? [] : [...new Set(needs.map((need) => `n${need % index}`))],
    ms,
    fails: fails && ms % 3 === 0,
  })),
);

type Row = Step & { readonly ms: number; readonly fails: boolean };

/** What each node stands on, directly or not; going down, what stands on it. */
function before(rows: readonly Row[], direction: "up" | "down"): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>(rows.map(({ id }) => [id, new Set()]));
  const order = direction === "up" ? rows : rows.toReversed();
  for (const { id } of order)
    for (const other of rows) {
      const direct =
        direction === "up" ? rows.find((row) => row.id === id)?.dependsOn.includes(other.id) : other.dependsOn.includes(id);
      if (direct === true) for (const one of [other.id, ...(all.get(other.id) ?? [])]) all.get(id)?.add(one);
    }
  return all;
}

async function walked(rows: readonly Row[], direction: "up" | "down", stopAfter = Infinity) {
  const clock = createVirtualClock(0);
  const started = new Map<string, number>();
  const ended = new Map<string, number>();
  const skipped: [string, string | undefined][] = [];
  const stop = new AbortController();
  let turn = 0;
  const results = await walk(
    rows,
    async ({ id, ms, fails }) => {
      started.set(id, turn++);
      if (started.size >= stopAfter) stop.abort();
      await clock.sleep(ms);
      ended.set(id, turn++);
      if (fails) throw new Error(id);
      return id;
    },
    { direction, stop: stop.signal, onSkip: (id, because) => skipped.push([id, because]) },
  );
  return { results, started, ended, skipped };
}

test.each(["up", "down"] as const)(
  "going %s nothing starts before all it waits for is done, and a failure skips exactly what stands on it",
  async (direction) => {
    await assert(
      asyncProperty(graph, async (rows) => {
        const { results, started, ended, skipped } = await walked(rows, direction);
        const stands = before(rows, direction);
        expect(results.size).toBe(rows.length);
        for (const { id, fails } of rows) {
          const waits = [...(stands.get(id) ?? [])];
          const blocked = waits.some((one) => results.get(one)?.state === "failed");
          expect(results.get(id)?.state).toBe(blocked ? "skipped" : fails ? "failed" : "done");
          if (!blocked) for (const one of waits) expect(ended.get(one), `${id} after ${one}`).toBeLessThan(started.get(id) ?? -1);
        }
        // each skip names a failure that it stems from
        for (const [id, because] of skipped) expect([...(stands.get(id) ?? [])]).toContain(because);
        for (const [, because] of skipped) expect(results.get(because ?? "")?.state).toBe("failed");
      }),
      { numRuns: 150, seed: 7 },
    );
  },
);

test("what can run at once does", async () => {
  const rows = Array.from({ length: 20 }, (_, index) => ({
    id: `n${index}`,
    dependsOn: index === 0 ? [] : ["n0"],
    ms: 10,
    fails: false,
  }));
  const { started, ended } = await walked(rows, "up");
  expect(Math.max(...rows.slice(1).map(({ id }) => started.get(id) ?? 0))).toBeLessThan(
    Math.min(...rows.slice(1).map(({ id }) => ended.get(id) ?? 0)),
  );
});

test("stopped, it starts nothing more, lets finish what runs, and skips the rest without blaming anybody", async () => {
  await assert(
    asyncProperty(graph, integer({ min: 1, max: 5 }), async (rows, stopAfter) => {
      const { results, started, ended, skipped } = await walked(
        rows.map((row) => ({ ...row, fails: false })),
        "up",
        stopAfter,
      );
      expect([...ended.keys()].length).toBe(started.size);
      expect([...results.values()].filter((result) => result.state === "done").length).toBe(started.size);
      expect(skipped.length).toBe(rows.length - started.size);
      expect(skipped.filter(([, because]) => because !== undefined)).toEqual([]);
    }),
    { numRuns: 100, seed: 7 },
  );
});

test("what is not in the list counts as there; an empty list is done", async () => {
  const results = await walk([{ id: "a", dependsOn: ["elsewhere"] }], () => Promise.resolve(1));
  expect(results.get("a")).toEqual({ state: "done", value: 1 });
  expect((await walk([], () => Promise.resolve(1))).size).toBe(0);
});

test.each([
  ["a node that waits for itself", { a: ["a"] }, "a -> a"],
  ["two", { a: ["b"], b: ["a"], c: [] }, "a -> b -> a"],
  ["three, behind others", { x: ["a"], a: ["b"], b: ["c"], c: ["a"], y: [] }, "a -> b -> c -> a"],
])("a circle is named before anything is visited: %s", async (_, plan, circle) => {
  const visited: string[] = [];
  const nodes = Object.entries(plan).map(([id, dependsOn]) => ({ id, dependsOn }));
  const walking = walk(nodes, async ({ id }) => void visited.push(id));
  await expect(walking).rejects.toMatchObject({ code: "PlanCircle", source: "bug", message: expect.stringContaining(circle) });
  expect(visited).toEqual([]);
});
