/** Waiting for operations: on a schedule of its own, through passing faults, to an end that is told as it was. */
import { expect, test } from "vitest";
import type { Operation } from "../../src/engine/provider.ts";
import { drive } from "../../src/engine/drive.ts";
import { azureError, memory } from "./memory.ts";

/** An operation that ends at a time, and answers its polls in turn with these first. */
function operation(endsAt: number, first: (Error | boolean)[] = []) {
  const on = memory();
  const polls: number[] = [];
  const one: Operation = {
    done: false,
    poll: () => {
      polls.push(on.clock.now());
      const turn = first.shift();
      if (turn instanceof Error) return Promise.reject(turn);
      return Promise.resolve(turn ?? on.clock.now() >= endsAt);
    },
  };
  return { ...on, one, polls };
}

test("an operation whose first answer said that it is done is not asked", async () => {
  const { tools, polls, clock } = operation(0);
  await drive({ done: true, poll: () => Promise.reject(new Error("asked")) }, "network", tools);
  expect([polls, clock.now()]).toEqual([[], 0]);
});

test.each([
  ["network", 3000, 250, 13],
  ["loadBalancer", 60_000, 1000, 90],
  ["machine", 5000, 1500, 5],
  ["machine", 70_000, 1500, 50],
  ["groupDelete", 50_000, 2000, 55],
] as const)(
  "%s that takes %d ms is seen to be done within %d ms of its end, in %d polls at most",
  async (kind, endsAt, late, most) => {
    const { tools, one, clock, polls } = operation(endsAt);
    await drive(one, kind, tools);
    expect(clock.now() - endsAt).toBeLessThanOrEqual(late);
    expect(polls.length).toBeLessThanOrEqual(most);
  },
);

test("a machine's operation is asked no more than Azure allows: fifteen times a minute, with forty-five in hand", async () => {
  const { tools, one, polls } = operation(600_000);
  await drive(one, "machine", tools);
  let [tokens, at] = [45, 0];
  for (const now of polls) {
    tokens = Math.min(45, tokens + ((now - at) / 60_000) * 15) - 1;
    at = now;
    expect(tokens).toBeGreaterThanOrEqual(0);
  }
});

test("a result that is an error is not asked for again, whatever its code says of other requests", async () => {
  const { tools, one, polls } = operation(60_000, [azureError("InternalServerError", { status: 409 })]);
  await expect(drive(one, "groupDelete", tools)).rejects.toMatchObject({ code: "InternalServerError" });
  expect(polls).toHaveLength(1);
});

test.each([
  ["a reset", azureError("ECONNRESET")],
  ["no answer", azureError("ETIMEDOUT")],
  ["a 503", azureError("ServiceUnavailable", { status: 503 })],
  ["an empty answer", azureError("EmptyAnswer", { status: 502 })],
])("a poll's fault does not end it: %s", async (_, error) => {
  const { tools, one, polls } = operation(2000, [error, error, error]);
  await drive(one, "network", tools);
  expect(polls.length).toBeGreaterThan(3);
});

test("a 429 on a poll holds every read back for as long as Azure asks", async () => {
  const { tools, one, polls } = operation(1000, [azureError("TooManyRequests", { status: 429, retryAfterMs: 20_000 })]);
  await drive(one, "network", tools);
  expect((polls[1] ?? 0) - (polls[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
});

test("an operation that failed ends it, with what Azure said, and is not asked again", async () => {
  const failed = azureError("AllocationFailed", { operation: true });
  const { tools, one, polls } = operation(1000, [false, failed]);
  await expect(drive(one, "machine", tools)).rejects.toBe(failed);
  expect(polls).toHaveLength(2);
});

test("an operation that Azure has forgotten ends it: whoever waits looks at the resource", async () => {
  const gone = azureError("OperationNotFound", { status: 404 });
  const { tools, one } = operation(1000, [gone]);
  await expect(drive(one, "machine", tools)).rejects.toBe(gone);
});

const OUT_OF_SIGHT = [
  azureError("OperationNotFound", { status: 404 }),
  azureError("Gone", { status: 410 }),
  azureError("AuthorizationFailed", { status: 403 }),
];

test.each(OUT_OF_SIGHT)("the resource is asked where its operation cannot be: $status", async (error) => {
  const { tools, one, polls, clock } = operation(Infinity, [error]);
  await drive(one, "machine", tools, { label: "machine m", isDone: () => Promise.resolve(clock.now() > 40_000) });
  expect([polls.length, clock.now() < 50_000]).toEqual([1, true]);
});

test("a resource that never shows what was asked for, or shows nothing of it, has an end that was not seen", async () => {
  for (const leavesNoTrace of [false, true]) {
    const { tools, one, clock } = operation(Infinity, [OUT_OF_SIGHT[1]!]);
    const isDone = () => Promise.resolve(leavesNoTrace);
    await expect(drive(one, "machine", tools, { label: "machine m", isDone, leavesNoTrace })).rejects.toMatchObject({
      code: "OutcomeUnseen",
      operation: true,
      message: expect.stringContaining("machine m"),
    });
    expect(clock.now() > 60_000).toBe(!leavesNoTrace);
  }
});

test("faults have an end", async () => {
  const { tools, one, polls } = operation(
    0,
    Array.from({ length: 40 }, () => azureError("ECONNRESET")),
  );
  await expect(drive(one, "network", tools)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(polls).toHaveLength(13);
});

test("an abort ends it at once", async () => {
  const { tools, one, stop, clock } = operation(60_000);
  const driven = drive(one, "machine", tools);
  stop.abort(new Error("enough"));
  await expect(driven).rejects.toThrow("enough");
  expect(clock.now()).toBe(0);
});

test.each([400, 409, 412])(
  "a poll that is answered with %i is the operation's result, and not asked for again",
  async (status) => {
    const verdict = azureError("RetryableError", { status });
    const { tools, one, polls } = operation(60_000, [verdict]);
    await expect(drive(one, "network", tools)).rejects.toBe(verdict);
    expect(polls).toHaveLength(1);
  },
);

test("faults between which an answer came do not add up", async () => {
  const reset = azureError("ECONNRESET");
  const faults = [reset, reset, reset, reset, reset, reset, reset, reset];
  const { tools, one } = operation(0, [...faults, false, ...faults, false]);
  await drive(one, "network", tools);
});

test("a 429 to who waits holds all reads back, and not itself alone", async () => {
  const { tools, clock, one, polls } = operation(30_000, [azureError("TooManyRequests", { status: 429, retryAfterMs: 20_000 })]);
  const done = drive(one, "network", tools);
  while (polls.length === 0) await clock.sleep(100);
  const [refused = 0] = polls;
  const other = await tools.throttle.through({ kind: "read" }, tools.signal, () => Promise.resolve(clock.now()));
  expect(other - refused).toBeGreaterThanOrEqual(20_000);
  await done;
  expect((polls[1] ?? 0) - refused).toBeGreaterThanOrEqual(20_000);
});
