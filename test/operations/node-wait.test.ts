/** One node on its way up: who is asked over SSH first, who is let into etcd and brought a certificate, and whose power is asked for. */
import { expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import type { PlannedNode } from "../../src/core/plan/cluster.ts";
import { type NodeWaiting, waitForPlanned } from "../../src/operations/create/node-wait.ts";
import { nodeMoments } from "../../src/operations/create/machine-news.ts";
import { type NodeWatch, begunWatch, machineStateOf, startedNodes } from "../../src/operations/create/node-watch.ts";
import type { Run } from "../../src/operations/run.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";

const WATCH = {} as NodeWatch;
function rejected(error: Error): Promise<NodeWatch> {
  const promise = Promise.reject<NodeWatch>(error);
  promise.catch(() => undefined);
  return promise;
}

interface Given {
  readonly joins?: boolean;
  readonly uncertified?: boolean;
  readonly level?: NodeWaiting["level"];
  readonly refused?: boolean;
  readonly userData?: string;
  readonly power?: string;
}

/** What was asked of the node, in its order. */
async function walked({ joins = false, uncertified = false, level = "etcd", refused = false, userData = "x", power }: Given) {
  const clock = createVirtualClock(0);
  const asked: string[] = [];
  const stopped = new Set<number>();
  const node = {
    index: 4,
    name: "n4",
    address: "10.0.0.8",
    userData,
    hostKey: "k",
    ...(uncertified && { uncertified }),
  } as PlannedNode;
  const waiting = {
    cluster: { name: "abc", platform: "flatcar" },
    groupName: "abc",
    level,
    azure: { hasFailed: () => false, settled: () => Promise.resolve() },
    joining: {
      has: () => joins,
      join: () => {
        asked.push("join");
        return refused ? Promise.reject(new ClusterError("EtcdRefused", "no")) : Promise.resolve();
      },
      ended: () => void asked.push("ended"),
    },
    stopped,
    targetOf: () => ({ hostKeys: ["k"] }),
    wait: () => ({
      one: async (_: unknown, until: string) => {
        asked.push(until);
        await clock.sleep(10_000);
        return { index: 4, name: "n4", state: "ready", timings: {}, attempts: 1 };
      },
    }),
  } as unknown as NodeWaiting;
  const signal = new AbortController().signal;
  const throttle = { through: (_: unknown, __: unknown, request: () => unknown) => request() };
  const run = {
    simulated: false,
    clock,
    tools: { signal, clock, throttle, random: () => 0.5, emit: () => undefined },
    lookups: { powerState: () => Promise.resolve(power) },
  } as unknown as Run;
  const { state, code } = await waitForPlanned(run, waiting, node);
  return { asked, state, code, stopped: [...stopped] };
}

test.each<[string, Given, string[]]>([
  ["a node that needs nothing", {}, ["etcd", "ended"]],
  ["one that joins", { joins: true }, ["ssh", "join", "etcd", "ended"]],
  ["one that joins, with SSH enough", { joins: true, level: "ssh" }, ["ssh", "join", "ssh", "ended"]],
  ["one that lacks a certificate, with SSH enough", { uncertified: true, level: "ssh" }, ["ssh", "ended"]],
  ["nobody is asked where machines are enough", { joins: true, level: "machines" }, ["ended"]],
])("%s", async (_, given, asked) => expect((await walked(given)).asked).toEqual(asked));

test("one that is refused by etcd is not waited for any longer, and says why", async () => {
  expect(await walked({ joins: true, refused: true })).toMatchObject({
    asked: ["ssh", "join", "ended"],
    state: "ssh",
    code: "EtcdRefused",
  });
});

test.each<[string, string, number[]]>([
  ["", "deallocated", [4]],
  ["", "stopped", [4]],
  ["", "running", []],
  ["made by this run", "stopped", []],
])("user-data %j and power %s: switched off are %j", async (userData, power, stopped) => {
  expect((await walked({ userData, power })).stopped).toEqual(stopped);
});

test.each<[boolean, boolean, boolean, string]>([
  [false, false, false, "unknown"],
  [true, true, true, "failed"],
  [false, true, true, "stopped"],
  [false, false, true, "cut off"],
])("a machine that failed %s, is stopped %s, whose network is cut off %s: %s", (failed, off, cut, state) => {
  const azure = { hasFailed: (index: number) => failed && index === 4, settled: () => Promise.resolve() };
  expect(machineStateOf({ azure, stopped: new Set(off ? [4] : [5]) }, cut ? { isCutOff: () => true } : undefined)(4)).toBe(state);
});

test.each<[string, Error, boolean]>([
  ["a refusal", new ClusterError("EtcdRefused", "no"), false],
  ["the end of the run's time", new Error("time limit"), true],
])("a node whose wait ends with %s was not ready in time", async (_, error, aborted) => {
  expect((await watched(error, aborted)).get(4)).toMatchObject({ state: "unreachable", reason: "was not ready in time" });
});

test("a bug met while a node is watched is told as one, and not as a node that is late", async () => {
  await expect(watched(new TypeError("x is no function"), false)).rejects.toThrow("x is no function");
});

test.each<[string, Promise<NodeWatch> | undefined, boolean, unknown]>([
  ["nothing was begun", undefined, false, undefined],
  ["it is there", Promise.resolve(WATCH), false, WATCH],
  ["the address may not be read", rejected(new ClusterError("AuthorizationFailed", "no")), false, undefined],
  ["the time is over", rejected(new Error("time limit")), true, undefined],
  ["it met a bug", rejected(new TypeError("x is no function")), false, "x is no function"],
])("the watch of the nodes, where %s", async (_, watching, aborted, found) => {
  const signal = aborted ? AbortSignal.abort() : new AbortController().signal;
  const run = { tools: { signal } } as unknown as Run;
  expect(await begunWatch(run, watching).catch((error: Error) => error.message)).toBe(found);
});

/** What comes of two nodes, of which the first one's wait ends so. */
function watched(error: Error, aborted: boolean) {
  const signal = aborted ? AbortSignal.abort(error) : new AbortController().signal;
  const one = ({ index }: { index: number }) =>
    index === 4 ? Promise.reject(error) : Promise.resolve({ index, name: "n5", state: "ready", timings: {}, attempts: 1 });
  const waiting = {
    level: "ssh",
    joining: { has: () => false, ended: () => undefined },
    targetOf: ({ index }: PlannedNode) => ({ index, hostKeys: ["k"] }),
    wait: () => ({ one }),
  } as unknown as NodeWaiting;
  const started = startedNodes({ simulated: false, tools: { signal } } as unknown as Run, waiting, nodeMoments());
  for (const index of [4, 5]) started.start({ index, userData: "x" } as PlannedNode);
  return started.all();
}
