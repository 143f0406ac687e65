/** Another run was quicker: what was read is read again, the decision made again; so often, and no more. */
import { expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import { converge } from "../../src/engine/converge.ts";
import { stamped } from "../../src/engine/decide.ts";
import { deletePatiently, powerPatiently } from "../../src/engine/patiently.ts";
import { retag } from "../../src/engine/retag.ts";
import type { Live, Provider } from "../../src/engine/provider.ts";
import type { Tools } from "../../src/engine/tools.ts";
import { azureError, machine, made, memory, network } from "./memory.ts";

const refused = azureError("PreconditionFailedEtagMismatch", { status: 412 });
const other = (prefix: string): AnyResource => network(prefix);

/** A network whose etag is its version; `meddle` is called before each write, and may change it. */
function shared(
  meddle: (times: number, live: Live) => Live | undefined,
  resource = network("10.1.0.0/16"),
  before = made(network("10.0.0.0/16"), "succeeded"),
) {
  const on = memory();
  let live: Live = { ...before, etag: "1" };
  const seen: (string | undefined)[] = [];
  const check = (ifMatch: string | undefined): void => {
    seen.push(ifMatch);
    live = meddle(seen.length, live) ?? live;
    if (ifMatch !== live.etag) throw refused;
  };
  const provider: Provider = {
    ...on.tools.provider,
    get: () => Promise.resolve(live),
    put: async ({ body }, { ifMatch }) => {
      await Promise.resolve();
      check(ifMatch);
      live = { ...live, etag: `${live.etag}+`, model: body, tags: (body as { tags: Record<string, string> }).tags };
      return { done: true, poll: () => Promise.resolve(true) };
    },
    tag: async (_target, tags, _signal, ifMatch) => {
      await Promise.resolve();
      check(ifMatch);
      live = { ...live, etag: `${live.etag}+`, tags };
    },
    delete: async (target, abort, ifMatch) => {
      await Promise.resolve();
      check(ifMatch);
      return on.tools.provider.delete(target, abort);
    },
  };
  return { on, resource, tools: { ...on.tools, provider }, seen, live: () => live };
}

test("a change says what it was read as", async () => {
  const { resource, tools, seen } = shared(() => undefined);
  expect(await converge(resource, tools, { cluster: "c" })).toBe("updated");
  expect(seen).toEqual(["1"]);
});

test("overtaken, it is decided again from what is there by then", async () => {
  const { resource, tools, seen, live } = shared((times, now) =>
    times === 1 ? { ...now, etag: "2", tags: { ...now.tags, theirs: "new" } } : undefined,
  );
  const asked: string[] = [];
  const adapt = (now: Live): AnyResource => {
    asked.push(now.etag ?? "");
    return other(now.etag === "2" ? "10.2.0.0/16" : "10.1.0.0/16");
  };
  expect(await converge(resource, tools, { cluster: "c", adapt })).toBe("updated");
  expect([seen, asked]).toEqual([
    ["1", "2"],
    ["1", "2"],
  ]);
  expect(live().model).toMatchObject({ addressSpace: { addressPrefixes: ["10.2.0.0/16", "10.0.0.0/16"] } });
  expect(live().tags["theirs"]).toBe("new");
});

test("overtaken by somebody who wrote the same, there is nothing to do", async () => {
  const { tags = {} } = stamped(network("10.1.0.0/16")).body as { tags?: Record<string, string> };
  const { resource, tools, seen, live } = shared((_, now) => ({ ...now, etag: "2", tags }));
  expect(await converge(resource, tools, { cluster: "c" })).toBe("unchanged");
  expect([seen, live().etag]).toEqual([["1"], "2"]);
});

test("overtaken each time, it ends as a conflict, within half a minute, and has written nothing", async () => {
  const { on, resource, tools, seen, live } = shared((times, now) => ({ ...now, etag: `theirs ${times}` }));
  const error = await converge(resource, tools, { cluster: "c" }).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ClusterError);
  expect(error).toMatchObject({ code: "ChangedMeanwhile", exit: 7, source: "azure" });
  expect(seen.length).toBeLessThan(20);
  expect(on.clock.now()).toBeLessThan(60_000);
  expect(live().model).toMatchObject({ addressSpace: { addressPrefixes: ["10.0.0.0/16"] } });
});

test("what is to be changed and is gone is not made", async () => {
  const on = memory();
  const gone = new ClusterError("BeingDestroyed", "gone");
  await expect(converge(network(), on.tools, { cluster: "c", mustExist: () => gone })).rejects.toBe(gone);
  expect(on.verbs()).toEqual(["get"]);
});

const ADDRESS = {
  kind: "publicAddress",
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/a",
} as const;

test("tags are changed in those that are there when they are written", async () => {
  const { tools, live } = shared((times, now) =>
    times === 1 ? { ...now, etag: "2", tags: { ...now.tags, theirs: "x" } } : undefined,
  );
  await retag(ADDRESS, (tags) => ({ ...tags, "aoc-destroying": "now" }), tools);
  expect(live().tags).toMatchObject({ theirs: "x", "aoc-destroying": "now" });
});

test("a machine's tags alone are changed, as what was read and beside what others wrote meanwhile", async () => {
  const wish = {
    ...machine(),
    body: { ...machine().body, tags: { ...made(machine(), "succeeded").tags, "aoc-tags": "a", a: "b" } },
  };
  const { resource, tools, seen, live } = shared(
    (times, now) => (times === 1 ? { ...now, etag: "2", tags: { ...now.tags, theirs: "x" } } : undefined),
    wish as AnyResource,
    made(machine(), "succeeded"),
  );
  expect(await converge(resource, tools, { cluster: "c" })).toBe("updated");
  expect([seen, live().tags]).toMatchObject([["1", "2"], { theirs: "x", a: "b", "aoc-id": "first" }]);
});

test("a machine that failed is deleted as what was read: one that another run has made since stays", async () => {
  const { resource, tools, seen, live } = shared(
    (times, now) => (times === 1 ? { ...now, etag: "2", state: "succeeded" } : undefined),
    machine(),
    made(machine(), "failed"),
  );
  expect(await converge(resource, tools, { cluster: "c" })).toBe("unchanged");
  expect([seen, live().etag]).toEqual([["1"], "2"]);
});

test("who deletes what has changed is told so, and asks no second time", async () => {
  const { tools, seen } = shared((_, now) => ({ ...now, etag: "2" }));
  await expect(deletePatiently({ ...network(), etag: "1" }, tools)).rejects.toBe(refused);
  expect(seen).toEqual(["1"]);
});

test.each([
  ["deletes", "delete", (tools: Tools) => deletePatiently(network(), tools)],
  ["restarts", "put", (tools: Tools) => powerPatiently({ id: machine().id, label: "machine m" }, "restart", tools)],
] as const)("who %s without a condition, and is overtaken within Azure, asks again, and not for ever", async (_, verb, work) => {
  const on = memory({ [verb]: [refused, refused] });
  await work(on.tools);
  expect(on.verbs().filter((one) => one === verb)).toHaveLength(3);
  const always = memory({ [verb]: Array.from({ length: 40 }, () => refused) });
  await expect(work(always.tools)).rejects.toMatchObject({ code: "ChangedMeanwhile", exit: 7 });
  expect(always.clock.now()).toBeLessThan(60_000);
});

test("a group says nothing of what it was read as: it is looked at until the change is there", async () => {
  const on = memory();
  let tags: Record<string, string> = { a: "1" };
  let writes = 0;
  const provider: Provider = {
    ...on.tools.provider,
    get: ({ id }) => Promise.resolve({ id, state: "succeeded", tags, location: "westus", model: {} }),
    tag: (_target, wanted) => {
      writes += 1;
      // somebody who read before us writes after us, once
      tags = writes === 1 ? { a: "1", theirs: "x" } : wanted;
      return Promise.resolve(undefined);
    },
  };
  await retag({ kind: "resourceGroup", id: "/subscriptions/s/resourceGroups/g" }, (now) => ({ ...now, mark: "m" }), {
    ...on.tools,
    provider,
  });
  expect([tags, writes]).toEqual([{ a: "1", theirs: "x", mark: "m" }, 2]);
});
