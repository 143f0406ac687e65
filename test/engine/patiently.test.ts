/** Single requests: what is tried again and what is final, for a read, a delete and a change of tags. */
import { expect, test } from "vitest";
import { deletePatiently, getPatiently, patiently, powerPatiently } from "../../src/engine/patiently.ts";
import { retag } from "../../src/engine/retag.ts";
import { type Tools, toTheEnd } from "../../src/engine/tools.ts";
import { type Turn, azureError, machine, memory, network } from "./memory.ts";

const busy = azureError("TooManyRequests", { status: 429, retryAfterMs: 7000 });
const lost = azureError("ECONNRESET");
const absent = azureError("ResourceGroupNotFound", { status: 404 });
const forbidden = azureError("AuthorizationFailed", { status: 403 });

const GROUP = { id: "g", state: "succeeded", tags: {}, location: "westus", model: {} } as const;
const TARGET = { kind: "resourceGroup", id: "/subscriptions/s/resourceGroups/g" } as const;

/** Work with these answers before it goes well, and how long it took. */
async function read(...turns: Turn[]) {
  const cloud = memory({ get: turns });
  const result = await patiently(cloud.tools, (signal) => cloud.tools.provider.get(network(), signal)).then(
    () => "well",
    (error: unknown) => error,
  );
  return { result, cloud, ms: cloud.clock.now() };
}

test("a read goes on after a 429, when the time is over that Azure asked for", async () => {
  const { result, cloud, ms } = await read(busy);
  expect(result).toBe("well");
  expect(cloud.verbs()).toEqual(["get", "get"]);
  expect(ms).toBeGreaterThanOrEqual(7000);
  expect(ms).toBeLessThan(10_000);
  expect(cloud.events).toMatchObject([
    { kind: "retrying", id: "azure/read", label: "Azure", code: "TooManyRequests", message: "TooManyRequests." },
    { kind: "done", id: "azure/read", label: "Azure" },
  ]);
  expect(cloud.events[0]?.delayMs).toBeGreaterThanOrEqual(7000);
});

test("a read goes on after a lost answer, and says after how long", async () => {
  const { result, cloud, ms } = await read(lost, lost);
  expect(result).toBe("well");
  expect(cloud.verbs()).toEqual(["get", "get", "get"]);
  const delays = cloud.events.slice(0, -1).map((event) => event.delayMs ?? 0);
  expect(delays.every((delay) => delay > 0 && Number.isInteger(delay))).toBe(true);
  expect(ms).toBeGreaterThanOrEqual(delays.reduce((sum, one) => sum + one, 0));
});

test.each([
  ["what is absent is absent: nobody waits for it", absent],
  ["a refusal is final", forbidden],
])("a read: %s", async (_, error) => {
  const { result, cloud, ms } = await read(error);
  expect(result).toBe(error);
  expect(cloud.verbs()).toEqual(["get"]);
  expect(cloud.events).toEqual([]);
  expect(ms).toBeLessThan(100);
});

test("an interrupt ends a read that fails, and its own reason is what is thrown", async () => {
  const cloud = memory({ get: [lost] });
  const reason = new Error("interrupted");
  const work = patiently(cloud.tools, async (signal) => {
    cloud.stop.abort(reason);
    return cloud.tools.provider.get(network(), signal);
  });
  await expect(work).rejects.toBe(reason);
  expect(cloud.verbs()).toEqual(["get"]);
});

test("a 429 of a delete makes deletes wait, and reads go on", async () => {
  const cloud = memory({ delete: [busy] });
  await deletePatiently({ ...TARGET, label: "resource group g" }, cloud.tools);
  expect(cloud.verbs().slice(0, 2)).toEqual(["delete", "delete"]);
  expect(cloud.calls[1]).toBe("delete 7 s");
  expect(cloud.events).toMatchObject([{ kind: "retrying", id: TARGET.id, label: "resource group g" }]);
  const before = cloud.clock.now();
  await cloud.tools.throttle.through({ kind: "read" }, cloud.stop.signal, () => Promise.resolve());
  expect(cloud.clock.now()).toBe(before);
});

test("a delete without a name of its own is told as Azure's", async () => {
  const cloud = memory({ delete: [lost] });
  await deletePatiently(TARGET, cloud.tools);
  expect(cloud.events).toMatchObject(["retrying", "done"].map((kind) => ({ kind, id: "azure/delete", label: "Azure" })));
});

test("a delete is over when its operation has ended", async () => {
  const cloud = memory();
  await deletePatiently(TARGET, cloud.tools, "groupDelete");
  expect(cloud.verbs()).toContain("poll");
  expect(cloud.clock.now()).toBeGreaterThanOrEqual(4000);
});

test.each([
  ["an operation that fails", azureError("QuotaExceeded", { operation: true })],
  ["a refusal", forbidden],
])("a delete: %s is final", async (_, error) => {
  const cloud = memory(error === forbidden ? { delete: [error] } : { poll: [error] });
  await expect(deletePatiently(TARGET, cloud.tools)).rejects.toBe(error);
  expect(cloud.verbs().filter((verb) => verb === "delete")).toHaveLength(1);
});

test("a restart whose operation is gone is not sent again: nothing shows whether it was done", async () => {
  const cloud = memory({ poll: [azureError("ResourceNotFound", { status: 404 })] });
  cloud.tools.provider.powerState = () => Promise.resolve("running");
  await expect(powerPatiently({ id: machine().id, label: "machine m" }, "restart", cloud.tools)).rejects.toMatchObject({
    code: "OutcomeUnseen",
  });
  expect(cloud.verbs()).toEqual(["put", "poll"]);
});

test("an interrupt ends a delete and a change of tags with its own reason", async () => {
  const reason = new Error("interrupted");
  for (const work of [
    (cloud: ReturnType<typeof memory>) => deletePatiently(TARGET, cloud.tools),
    (cloud: ReturnType<typeof memory>) => retag(TARGET, (tags) => ({ ...tags, a: "b" }), cloud.tools),
  ]) {
    const cloud = memory();
    cloud.there.set(TARGET.id, GROUP);
    const fail = (): Promise<never> => {
      cloud.stop.abort(reason);
      return Promise.reject(lost);
    };
    cloud.tools.provider.delete = fail;
    cloud.tools.provider.tag = fail;
    await expect(work(cloud)).rejects.toBe(reason);
    expect(cloud.events).toEqual([]);
  }
});

test("tags are put again after a lost answer and a lagging read of the group, and a refusal is thrown", async () => {
  const cloud = memory();
  cloud.there.set(TARGET.id, GROUP);
  const turns: unknown[] = [lost, absent, busy];
  const sent: unknown[] = [];
  cloud.tools.provider.tag = (target, tags) => {
    sent.push([target, tags]);
    const turn = turns.shift();
    if (turn !== undefined) return Promise.reject(turn);
    cloud.there.set(TARGET.id, { ...GROUP, tags });
    return Promise.resolve(undefined);
  };
  await retag(TARGET, () => ({ a: "b" }), cloud.tools);
  expect(sent).toEqual(Array.from({ length: 4 }, () => [TARGET, { a: "b" }]));
  expect(cloud.events.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    ...Array.from({ length: 3 }, () => "azure/write retrying"),
    "azure/write done",
  ]);
  turns.push(forbidden);
  await expect(retag(TARGET, () => ({}), cloud.tools)).rejects.toBe(forbidden);
});

/** Of a delete, a restart and a change of tags: each answered so when the first Ctrl-C has come. */
const works: [string, (tools: Tools) => Promise<void>][] = [
  ["delete", (tools) => deletePatiently(TARGET, tools)],
  ["power", (tools) => powerPatiently({ id: machine().id, label: "machine m" }, "deallocate", tools)],
  ["tag", (tools) => retag(TARGET, () => ({ a: "b" }), tools)],
];

/** What answers the first request when Ctrl-C comes, and whether it has acted. */
function stopped(verb: string, answer: unknown, acts: boolean) {
  const cloud = memory();
  cloud.there.set(TARGET.id, GROUP);
  const reason = new Error("interrupted");
  let sent = 0;
  const fail = (): Promise<never> => {
    sent += 1;
    cloud.soft.abort(reason);
    if (acts) cloud.there.delete(TARGET.id);
    return Promise.reject(answer);
  };
  Object.assign(cloud.tools.provider, {
    [verb]: fail,
    ...(acts ? { powerState: () => Promise.resolve("deallocated") } : {}),
  });
  return { cloud, reason, sent: () => sent };
}

test.each(works)(
  "after the first Ctrl-C nothing is sent again that was refused, nor what had not left: %s",
  async (verb, work) => {
    for (const answer of [busy, azureError("AnotherOperationInProgress", { status: 409 })]) {
      const { cloud, reason, sent } = stopped(verb, answer, false);
      await expect(work(cloud.tools)).rejects.toBe(reason);
      await expect(work(cloud.tools)).rejects.toBe(reason);
      expect([sent(), cloud.events]).toEqual([1, []]);
      // what takes back is not ended by it
      cloud.tools.provider.delete = memory().tools.provider.delete;
      cloud.tools.provider.power = memory().tools.provider.power;
      cloud.tools.provider.tag = () => Promise.resolve(cloud.there.set(TARGET.id, { ...GROUP, tags: { a: "b" } })).then();
      await work(toTheEnd(cloud.tools));
    }
  },
);

test.each(works.slice(0, 2))("of what went unanswered it is looked what became of it, once: %s", async (verb, work) => {
  const lostForGood = stopped(verb, lost, false);
  await expect(work(lostForGood.cloud.tools)).rejects.toBe(lost);
  const acted = stopped(verb, lost, true);
  await work(acted.cloud.tools);
  expect([lostForGood.sent(), acted.sent()]).toEqual([1, 1]);
});

test("what waits out a refusal when Ctrl-C comes does not leave, and a read is not repeated", async () => {
  const reason = new Error("interrupted");
  for (const work of [
    ({ tools }: ReturnType<typeof memory>) => deletePatiently(TARGET, tools),
    ({ tools }: ReturnType<typeof memory>) => getPatiently(TARGET, tools),
  ]) {
    const cloud = memory({ delete: [busy, busy], get: [busy, busy] });
    void cloud.clock.sleep(3000).then(() => cloud.soft.abort(reason));
    await expect(work(cloud)).rejects.toBe(reason);
    expect([cloud.calls.length, cloud.clock.now()]).toEqual([1, 3000]);
  }
});
