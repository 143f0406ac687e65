/** One resource brought to what the plan says, whatever is there and whatever happens on the way. */
import { expect, test } from "vitest";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import { converge } from "../../src/engine/converge.ts";
import type { ConvergeOptions } from "../../src/engine/convergence.ts";
import { stamped } from "../../src/engine/decide.ts";
import type { Live } from "../../src/engine/provider.ts";
import { type Memory, type Script, azureError, machine, made, memory, network } from "./memory.ts";

const reset = azureError("ECONNRESET");
const busy = azureError("AnotherOperationInProgress", { status: 409 });
const failed = azureError("AllocationFailed", { operation: true });

async function brought(
  resource: AnyResource,
  live: Live | undefined,
  script: Script = {},
  options: Partial<ConvergeOptions> = {},
): Promise<Memory & { outcome: unknown }> {
  const on = memory(script);
  if (live !== undefined) on.there.set(resource.id, live);
  const outcome = await converge(resource, on.tools, { cluster: "c", observed: live ?? null, ...options }).catch(
    (error: unknown) => error,
  );
  return { ...on, outcome };
}

const group = (tags: Record<string, string>): AnyResource => ({
  kind: "resourceGroup",
  id: "/subscriptions/s/resourceGroups/g",
  label: "resource group g",
  dependsOn: [],
  body: {
    location: "westus",
    tags: { "managed-by": "azure-coreos-cluster", "aoc-cluster": "c", "aoc-tags": Object.keys(tags).join(","), ...tags },
  },
});

const without = (verbs: readonly string[], verb: string): string[] => verbs.filter((one) => one !== verb);

/** However often it was looked at while Azure was at work. */
const short = (verbs: readonly string[]): string[] =>
  verbs.flatMap((verb, at) => (verb !== "get" || verbs[at - 1] !== "get" ? [verb] : verbs[at - 2] === "get" ? [] : ["get ..."]));

test.each<[string, AnyResource, Live | undefined, Script, string, string[]]>([
  ["absent: made", network(), undefined, {}, "created", ["put"]],
  ["as planned: nothing is sent", network(), made(stamped(network()), "succeeded"), {}, "unchanged", []],
  ["planned otherwise: changed", network(), made(network("10.9.0.0/16"), "succeeded"), {}, "updated", ["put"]],
  ["tagged otherwise: its tags are changed, and nothing else", network(), made(network(), "succeeded"), {}, "updated", ["tag"]],
  ["failed: put again", network(), made(network(), "failed"), {}, "updated", ["put"]],
  ["a reset before it acted: looked at, and made", network(), undefined, { put: [reset] }, "created", ["put", "get", "put"]],
  [
    "a reset after it acted: looked at, waited for, not sent again",
    network(),
    undefined,
    { put: [{ after: reset }] },
    "created",
    ["put", "get", "get ..."],
  ],
  [
    "a 500 after it acted",
    network(),
    undefined,
    { put: [{ after: azureError("InternalServerError", { status: 500 }) }] },
    "created",
    ["put", "get", "get ..."],
  ],
  ["contention: sent again, without a look", network(), undefined, { put: [busy, busy] }, "created", ["put", "put", "put"]],
  [
    "an unknown reference, for a moment",
    network(),
    undefined,
    { put: [azureError("InvalidResourceReference", { status: 400 })] },
    "created",
    ["put", "put"],
  ],
  [
    "its operation fails in passing: put again",
    network(),
    undefined,
    { ends: [azureError("InternalServerError", { operation: true })] },
    "created",
    ["put", "get", "put"],
  ],
  [
    "its operation is forgotten: the resource says what became of it",
    network(),
    undefined,
    { poll: [azureError("OperationNotFound", { status: 404 })] },
    "created",
    ["put", "get", "get ..."],
  ],
  [
    "its operation has expired: the same",
    network(),
    undefined,
    { poll: [azureError("Gone", { status: 410 })] },
    "created",
    ["put", "get", "get ..."],
  ],
  [
    "its operation may not be read: the same",
    network(),
    undefined,
    { poll: [azureError("AuthorizationFailed", { status: 403 })] },
    "created",
    ["put", "get", "get ..."],
  ],
  [
    "a machine that fails is deleted and made again, once",
    machine(),
    undefined,
    { ends: [failed] },
    "created",
    ["put", "get", "delete", "put"],
  ],
])("%s", async (_, resource, live, script, outcome, verbs) => {
  const on = await brought(resource, live, script);
  expect(on.outcome).toBe(outcome);
  expect(short(without(on.verbs(), "poll"))).toEqual(verbs);
  expect(on.there.get(resource.id)?.state ?? "succeeded").not.toBe("failed");
  expect(on.events.at(-1)).toMatchObject(outcome === "unchanged" ? { kind: "unchanged" } : { kind: "done", change: outcome });
});

test.each<[string, AnyResource, Live | undefined, Script, string]>([
  ["a refusal that is final", network(), undefined, { put: [azureError("QuotaExceeded", { status: 409 })] }, "QuotaExceeded"],
  ["a machine that fails twice", machine(), undefined, { ends: [failed, failed] }, "AllocationFailed"],
  [
    "an operation that fails for good",
    network(),
    undefined,
    { ends: [azureError("QuotaExceeded", { operation: true })] },
    "QuotaExceeded",
  ],
  ["somebody else's", network(), made(network(), "succeeded", { "aoc-cluster": "d" }), {}, "NotOurs"],
  ["another creation's machine", machine("first"), made(machine("second"), "succeeded"), {}, "ClusterConflict"],
  ["faults without end", network(), undefined, { put: Array.from({ length: 40 }, () => reset) }, "ECONNRESET"],
])("thrown as it came: %s", async (_, resource, live, script, code) => {
  expect((await brought(resource, live, script)).outcome).toMatchObject({ code });
});

test.each([
  ["a machine", machine()],
  ["anything else", network()],
])("%s that fails in passing is asked for as often as the budget says", async (_, resource) => {
  const passing = azureError("InternalServerError", { operation: true });
  const on = await brought(resource, undefined, { ends: Array.from({ length: 40 }, () => passing) });
  expect(on.outcome).toBe(passing);
  expect(on.verbs().filter((verb) => verb === "put")).toHaveLength(13);
});

test.each([
  ["another run's, whatever this one sent", {}, "unchanged", ["put", "get"]],
  [
    "our own, of a request that went unanswered before Azure showed it",
    { put: [reset], get: ["well" as const] },
    "created",
    ["put", "get", "put", "get"],
  ],
])("a machine that is there against expectation is taken as it is: %s", async (_, script, outcome, verbs) => {
  const on = memory(script);
  // it comes into sight with the refusal
  const get = on.tools.provider.get.bind(on.tools.provider);
  const put = on.tools.provider.put.bind(on.tools.provider);
  const seen: Memory["tools"]["provider"] = {
    ...on.tools.provider,
    get: async (target, signal) => {
      const live = await get(target, signal);
      return on.verbs().filter((verb) => verb === "put").length === verbs.filter((verb) => verb === "put").length
        ? live
        : undefined;
    },
    put,
  };
  on.there.set(machine().id, made(machine(), "succeeded"));
  expect(await converge(machine(), { ...on.tools, provider: seen }, { cluster: "c", observed: null })).toBe(outcome);
  expect(on.verbs()).toEqual(verbs);
});

test("what Azure is at work on is waited for, with looks and no write", async () => {
  const on = memory();
  on.there.set(machine().id, made(machine(), "working"));
  void on.clock.sleep(30_000).then(() => on.there.set(machine().id, made(machine(), "succeeded")));
  expect(await converge(machine(), on.tools, { cluster: "c", observed: made(machine(), "working") })).toBe("unchanged");
  expect(new Set(on.verbs())).toEqual(new Set(["get"]));
  expect(on.clock.now()).toBeGreaterThanOrEqual(30_000);
  expect(on.clock.now()).toBeLessThan(36_000);
});

test("a machine is not deleted on the word of an earlier look: another run may have made it again", async () => {
  const on = memory();
  on.there.set(machine().id, made(machine(), "succeeded"));
  expect(await converge(machine(), on.tools, { cluster: "c", observed: made(machine(), "failed") })).toBe("unchanged");
  expect(on.verbs()).toEqual(["get"]);
});

test("a machine that replacing left without its interface gets it before it is made", async () => {
  const steps: string[] = [];
  const on = memory();
  on.there.set(machine().id, made(machine(), "failed"));
  await converge(machine(), on.tools, {
    cluster: "c",
    observed: made(machine(), "failed"),
    restore: () => {
      steps.push(...on.verbs());
      return Promise.resolve();
    },
  });
  expect(without(steps, "poll")).toEqual(["get", "delete"]);
  expect(without(on.verbs(), "poll")).toEqual(["get", "delete", "put"]);
});

test("what a machine that failed holds is let go before it is deleted; where it must not go, nothing is deleted", async () => {
  const asked: [Live, string[]][] = [];
  const live = made(machine(), "failed");
  const on = memory();
  on.there.set(live.id, live);
  const letGo = (held: Live): Promise<void> => Promise.resolve(void asked.push([held, on.verbs()]));
  expect(await converge(machine(), on.tools, { cluster: "c", observed: live, letGo })).toBe("created");
  expect(asked).toEqual([[live, ["get"]]]);
  const no = new Error("it takes along what is somebody else's");
  const kept = await brought(machine(), live, {}, { letGo: () => Promise.reject(no) });
  expect([kept.outcome, kept.verbs()]).toEqual([no, ["get"]]);
});

test("what has no etag is changed on a look of this moment, and looked at again", async () => {
  const [wanted, before] = [group({ owner: "x" }), made(group({}), "succeeded")];
  const on = memory();
  // the earlier look did not see what is there by now
  on.there.set(before.id, { ...before, tags: { ...before.tags, theirs: "new" } });
  expect(await converge(wanted, on.tools, { cluster: "c", observed: before })).toBe("updated");
  expect(without(on.verbs(), "poll")).toEqual(["get", "tag", "get"]);
  expect(on.there.get(before.id)?.tags).toMatchObject({ theirs: "new", owner: "x" });
  // somebody who had read before us writes after us, once
  let [{ tags: now }, writes] = [before, 0];
  const raced: Memory["tools"]["provider"] = {
    ...on.tools.provider,
    get: () => Promise.resolve({ ...before, tags: now }),
    tag: (_target, tags) => {
      now = ++writes === 1 ? before.tags : tags;
      return Promise.resolve(tags);
    },
  };
  expect(await converge(wanted, { ...on.tools, provider: raced }, { cluster: "c" })).toBe("updated");
  expect([writes, now["owner"]]).toEqual([2, "x"]);
});

test("a tag that Azure answers to keep otherwise is told of, and not written again and again", async () => {
  const on = memory();
  const lost: unknown[] = [];
  const policy: Memory["tools"]["provider"] = {
    ...on.tools.provider,
    tag: (target, tags, ...rest) => on.tools.provider.tag(target, { ...tags, owner: "policy" }, ...rest),
  };
  const live = made(group({}), "succeeded");
  on.there.set(live.id, live);
  const onTagsLost = (one: unknown): void => void lost.push(one);
  const tools = { ...on.tools, provider: policy };
  expect(await converge(group({ owner: "x", free: "y" }), tools, { cluster: "c", onTagsLost })).toBe("updated");
  expect(on.verbs()).toEqual(["get", "tag"]);
  expect(lost).toEqual([[{ name: "owner", value: "x", is: "policy" }]]);
});

test("every write asks for leave first, repeated ones and deletes too; refused, it writes nothing", async () => {
  let asked = 0;
  const no = new Error("no leave");
  const on = await brought(
    network(),
    undefined,
    { put: [reset, busy] },
    {
      permit: () => {
        asked++;
        return Promise.resolve();
      },
    },
  );
  expect([on.outcome, asked, on.verbs().filter((verb) => verb === "put").length]).toEqual(["created", 3, 3]);
  for (const live of [undefined, made(network(), "failed")]) {
    const refused = await brought(network(), live, {}, { permit: () => Promise.reject(no) });
    expect([refused.outcome, refused.verbs()]).toEqual([no, []]);
  }
  const kept = await brought(machine(), made(machine(), "failed"), {}, { permit: () => Promise.reject(no) });
  expect([kept.outcome, kept.verbs()]).toEqual([no, ["get"]]);
});

test("a node that answers is waited for no more, and its operation is asked no more", async () => {
  const usable = Promise.withResolvers<void>();
  const on = memory();
  void on.clock.sleep(2500).then(() => usable.resolve());
  expect(await converge(machine(), on.tools, { cluster: "c", observed: null, usable: usable.promise })).toBe("created");
  expect(on.clock.now()).toBeLessThan(3000);
  const asked = on.calls.length;
  await on.clock.sleep(60_000);
  expect(on.calls.length).toBe(asked);
});

test("whoever waits for a node is told when Azure has accepted it, and what it is when somebody else made it", async () => {
  const told: (Live | undefined)[] = [];
  await brought(machine(), undefined, {}, { onAccepted: (live) => told.push(live) });
  const theirs = made(machine(), "succeeded", { "aoc-host-key": "theirs" });
  await brought(machine(), theirs, {}, { onAccepted: (live) => told.push(live) });
  expect(told).toEqual([undefined, theirs]);
});

test("an abort ends it at once, with its reason", async () => {
  const on = memory();
  const work = converge(machine(), on.tools, { cluster: "c", observed: null });
  void on.clock.sleep(1500).then(() => on.stop.abort(new Error("enough")));
  await expect(work).rejects.toThrow("enough");
  expect(on.clock.now()).toBeLessThan(1600);
});

test.each([
  ["an hour", 1, "created", true],
  ["a month", 720, "MachineFailed", false],
])("a machine in state Failed that was made %s ago", async (_, hours, said, verbs) => {
  const on = memory({});
  const model = { timeCreated: new Date(on.tools.clock.now() - hours * 3_600_000) };
  const live = { ...made(machine(), "failed"), model };
  const { outcome, verbs: sent } = await brought(machine(), live);
  expect((outcome as { code?: string }).code ?? outcome).toBe(said);
  const all = sent();
  for (const verb of ["delete", "put"]) expect(all.includes(verb), verb).toBe(verbs);
});

test.each([
  ["has worked counts as made, whenever that was", true, ["get"]],
  ["has not is made anew", false, ["get", "delete", "put"]],
])("a machine in state Failed that %s", async (_, worked, sent) => {
  const on = await brought(machine(), made(machine(), "failed"), {}, { hasWorked: () => Promise.resolve(worked) });
  expect(on.outcome).toBe(worked ? "unchanged" : "created");
  expect(without(on.verbs(), "poll")).toEqual(sent);
});

test("a machine that fails while it is made is made again, and nobody is asked whether it has worked", async () => {
  const hasWorked = (): Promise<boolean> => Promise.resolve(true);
  const on = await brought(machine(), undefined, { ends: [failed] }, { hasWorked });
  expect([on.outcome, on.verbs().filter((verb) => verb === "put").length]).toEqual(["created", 2]);
});

test.each([0, 2500])("a machine that is called made after %i ms is looked at, and waited for", async (early) => {
  const on = await brought(machine(), undefined, { early });
  expect(on.outcome).toBe("created");
  expect(on.there.get(machine().id)?.state).toBe("succeeded");
  expect(on.clock.now()).toBeGreaterThanOrEqual(4000);
  expect(short(without(on.verbs(), "poll"))).toEqual(["put", "get", "get ..."]);
  expect(on.events.filter(({ kind }) => kind === "done")).toMatchObject([{ change: "created" }]);
});

test("a machine that was asked for to the end is not looked at again, and no other kind is", async () => {
  expect(without((await brought(machine(), undefined)).verbs(), "poll")).toEqual(["put"]);
  expect((await brought(network(), undefined, { early: 0 })).verbs()).toEqual(["put"]);
});

test.each<[string, (on: Memory, live: Live) => unknown, string]>([
  ["Failed", (on, live) => on.there.set(live.id, { ...live, state: "failed" }), "is Failed"],
  ["not there", (on, live) => on.there.delete(live.id), "is not there"],
])("a machine that is called made and is %s is not made, and is not made again", async (_what, change, said) => {
  const on = memory({ early: 4500 });
  void on.clock.sleep(4200).then(() => change(on, made(machine(), "succeeded")));
  const outcome = converge(machine(), on.tools, { cluster: "c", observed: null });
  await expect(outcome).rejects.toMatchObject({ code: "MachineFailed", message: expect.stringContaining(said) });
  expect(on.verbs().filter((verb) => verb === "put").length).toBe(1);
});

test("a list's word of a machine that was made a moment ago is made sure of; of an old one it is enough", async () => {
  const seen = (age: number): Live => ({
    ...made(stamped(machine()), "succeeded"),
    model: { timeCreated: new Date(-age) },
  });
  expect((await brought(machine(), seen(5000))).verbs()).toEqual(["get"]);
  expect((await brought(machine(), seen(11 * 60_000))).verbs()).toEqual([]);
});

test("a machine that another run is making is told of at once, and is waited for no more when its node answers", async () => {
  const usable = Promise.withResolvers<void>();
  const on = memory();
  const theirs = made(machine(), "working");
  on.there.set(theirs.id, theirs);
  void on.clock.sleep(2500).then(() => usable.resolve());
  const told: (Live | undefined)[] = [];
  const options = { cluster: "c", observed: theirs, usable: usable.promise, onAccepted: (live?: Live) => told.push(live) };
  expect(await converge(machine(), on.tools, options)).toBe("created");
  expect(on.clock.now()).toBeLessThan(3000);
  expect(told).toEqual([theirs]);
  expect(on.events.map(({ kind }) => kind)).toEqual(["waiting", "done"]);
  expect(on.verbs()).not.toContain("put");
});

test("one that is being deleted is not told of as accepted until it is made again", async () => {
  const on = memory();
  on.there.set(machine().id, made(machine(), "deleting"));
  void on.clock.sleep(3000).then(() => on.there.delete(machine().id));
  const told: (Live | undefined)[] = [];
  expect(
    await converge(machine(), on.tools, {
      cluster: "c",
      observed: made(machine(), "deleting"),
      onAccepted: (live) => told.push(live),
    }),
  ).toBe("created");
  expect(told).toEqual([undefined]);
});

test("what happens is told in order, and its beginning once, however often it is sent", async () => {
  const on = await brought(network(), undefined, { put: [busy, reset] });
  expect(on.events.map(({ kind, change }) => change ?? kind)).toEqual(["started", "retrying", "retrying", "waiting", "created"]);
  const nothing = await brought(network(), made(stamped(network()), "succeeded"));
  expect(nothing.events).toMatchObject([{ kind: "unchanged" }]);
  expect(nothing.events[0]).not.toHaveProperty("change");
});

const key: AnyResource = {
  kind: "sshKey",
  id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/k",
  label: "SSH public key",
  dependsOn: [],
  body: { location: "westus", tags: { "managed-by": "azure-coreos-cluster", "aoc-cluster": "c" }, publicKey: "ssh-ed25519 AAAA" },
};
const THEIRS: Live = { ...made(key, "succeeded"), tags: { owner: "somebody" } };

test.each<[string, number, string[]]>([
  ["an old one", 5000, ["get"]],
  ["one of a moment ago", 500, ["put"]],
])("what has no etag is made on the word of a look unless that is %s", async (_what, age, verbs) => {
  const on = memory();
  on.there.set(key.id, THEIRS);
  await on.clock.sleep(age);
  const outcome = await converge(key, on.tools, { cluster: "c", observed: null, observedAt: 0 }).catch((error: unknown) => error);
  expect(on.verbs().slice(0, 1)).toEqual(verbs);
  if (age < 3000) return;
  expect(outcome).toMatchObject({ exit: 7 });
  expect(on.there.get(key.id)).toBe(THEIRS);
});

test.each([
  ["a creation", undefined],
  ["a change", made(network("10.1.0.0/16"), "succeeded")],
])("after the first Ctrl-C %s that Azure has refused is not asked for again", async (_, live) => {
  const on = memory({ put: [azureError("AnotherOperationInProgress", { status: 409 })] });
  if (live !== undefined) on.there.set(network().id, live);
  const reason = new Error("interrupted");
  void on.clock.sleep(500).then(() => on.soft.abort(reason));
  await expect(converge(network(), on.tools, { cluster: "c" })).rejects.toBe(reason);
  expect([on.verbs().filter((verb) => verb === "put").length, on.clock.now()]).toEqual([1, 500]);
});

test("and what it has accepted is waited for, and not made again when that fails", async () => {
  const on = memory({ ends: [azureError("InternalExecutionError", { operation: true })] });
  void on.clock.sleep(500).then(() => on.soft.abort(new Error("interrupted")));
  const unfinished: unknown[] = [];
  const work = converge(machine(), on.tools, { cluster: "c", observed: null, onUnfinished: (how) => unfinished.push(how) });
  await expect(work).rejects.toThrow("InternalExecutionError");
  expect(on.verbs().filter((verb) => verb === "put" || verb === "delete")).toEqual(["put"]);
});
